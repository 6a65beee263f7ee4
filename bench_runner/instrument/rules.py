"""Decides by patterns which functions are timed."""

from collections.abc import Iterable, Sequence

from bench_runner.instrument.targets import matches


class Label:
    """What a function goes by: the name it records under, its path, and whether it is timed when no rule says."""

    __slots__ = ("enabled", "name", "path")

    def __init__(self, name: str, path: str, *, enabled: bool = False) -> None:
        self.name, self.path, self.enabled = name, path, enabled


class Rules:
    """Patterns that switch on or off, one rule for each pattern; the last that matches a name or path decides."""

    def __init__(self) -> None:
        self._rules: dict[str, bool] = {}

    def add(self, pattern: str, *, on: bool) -> None:
        """Add a rule that overrules those before it."""
        _texts(pattern)
        kept = {known: was for known, was in self._rules.items() if pattern not in {known, "*"}}
        self._rules = {**kept, pattern: on}

    def replace(self, patterns: Iterable[str]) -> None:
        """Switch on by these patterns and nothing else, not even what is enabled where it is decorated."""
        self._rules = {"*": False, **dict.fromkeys(_texts(*patterns), True)}

    def wanted(self, label: Label) -> bool:
        """Return whether a function is to be timed."""
        for pattern in reversed(self._rules):
            if matches(label.name, pattern) or matches(label.path, pattern):
                return self._rules[pattern]
        return label.enabled

    def switching_on(self) -> Sequence[str]:
        """Return the patterns that switch on."""
        return [pattern for pattern, on in self._rules.items() if on]


def _texts(*given: str) -> Sequence[str]:
    """Return patterns; TypeError for what is no text, which would fail again at each use."""
    for text in given:
        if not isinstance(text, str):
            raise TypeError(f"a pattern is text, not {type(text).__name__}")
    return given
