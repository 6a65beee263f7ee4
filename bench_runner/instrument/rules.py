"""Decides by patterns which functions are timed."""

from collections.abc import Iterable, Sequence

from bench_runner.instrument.targets import matches


class Label:
    """What a function goes by: the name it records under, its path, and whether it is timed when no rule says."""

    __slots__ = ("enabled", "name", "path")

    def __init__(self, name: str, path: str, *, enabled: bool = False) -> None:
        self.name, self.path, self.enabled = name, path, enabled


class Rules:
    """Patterns that switch on or off, one rule for each pattern; the last that matches a name or path decides.

    What an operator asks for lies on top of them: it switches on only, and leaves them as they were when it is gone.
    """

    def __init__(self) -> None:
        self._rules: dict[str, bool] = {}
        self._on_top: Sequence[str] = ()

    def add(self, pattern: str, *, on: bool) -> None:
        """Add a rule that overrules those before it."""
        _texts(pattern)
        kept = {known: was for known, was in self._rules.items() if pattern not in {known, "*"}}
        self._rules = {**kept, pattern: on}

    def replace(self, patterns: Iterable[str]) -> None:
        """Switch on by these patterns and nothing else, not even what is enabled where it is decorated."""
        self._rules = {"*": False, **dict.fromkeys(_texts(*patterns), True)}

    def lay_on_top(self, patterns: Iterable[str]) -> None:
        """Switch on by these patterns too, in place of those that lay on top before."""
        self._on_top = _texts(*patterns)

    def wanted(self, label: Label) -> bool:
        """Return whether a function is to be timed."""
        if any(_fits(label, pattern) for pattern in self._on_top):
            return True
        for pattern in reversed(self._rules):
            if _fits(label, pattern):
                return self._rules[pattern]
        return label.enabled

    def switching_on(self) -> Sequence[str]:
        """Return the patterns that switch on."""
        return [*(pattern for pattern, on in self._rules.items() if on), *self._on_top]


def _fits(label: Label, pattern: str) -> bool:
    return matches(label.name, pattern) or matches(label.path, pattern)


def _texts(*given: str) -> Sequence[str]:
    """Return patterns; TypeError for what is no text, which would fail again at each use."""
    for text in given:
        if not isinstance(text, str):
            raise TypeError(f"a pattern is text, not {type(text).__name__}")
    return given
