"""Finds what became slower between two profiles: functions by the change of their share of the time.

    for one in changes(before, after, ours=("shop/",))[:3]:
        print(one.told())           # +31.2 % own, +33.0 % in all  words (shop/search.py), line 34 +30.9 %

A share is of all that was sampled in its profile, so both may be of different lengths and loads. What becomes slower
takes share from everything else: falling shares are no news while one rises by as much.

Time in the code of others (`ours` says which files are the program's own) is charged to the line of ours that called
it, however deep: a pattern compiled per call is no fault of the compiler. Comprehensions, generator expressions and
lambdas count for the function around them, as far as the profile tells it. A recursive function counts once per stack.
"""

import re
from collections.abc import Mapping, Sequence

from bench_runner.instrument.nouns import noun
from bench_runner.instrument.stacks import Stack, Stacks, place, total

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import TypeVar

    K = TypeVar("K")

_NAMELESS = re.compile(r"(?:\.<locals>\.<\w+>)+$")
Function = tuple[str, str]  # name, and file: "" where the profile tells none


@noun
class Change:
    """How the shares of one function changed, parts of 1: `own` without what it calls of ours, `whole` with it.

    `lines` has (line, change of its own share), those that rose most first.
    """

    name: str
    file: str
    own: float
    whole: float
    lines: tuple[tuple[int, float], ...]

    def told(self) -> str:
        """Return it as a line of text."""
        where = f"{self.name} ({self.file})" if self.file else self.name
        line = f", line {self.lines[0][0]} {100 * self.lines[0][1]:+.1f} %" if self.lines else ""
        return f"{100 * self.own:+6.1f} % own, {100 * self.whole:+6.1f} % in all  {where}{line}"


def changes(before: Stacks, after: Stacks, *, ours: Sequence[str] = ()) -> list[Change]:
    """Return the functions of both, the one whose own share rose most first; none where a profile is empty.

    `ours` are beginnings of file names; without any, all files count as the program's own.
    """
    if not total(before) or not total(after):
        return []
    then, now = _Shares(before, tuple(ours)), _Shares(after, tuple(ours))
    own, whole = _rises(then.own, now.own), _rises(then.whole, now.whole)
    found = [Change(*one, own.get(one, 0.0), rise, _lines(then, now, one)) for one, rise in whole.items()]
    return sorted(found, key=lambda one: (-one.own, -one.whole, one.name, one.file))


class _Shares:
    """The shares of functions and of their lines in one profile."""

    def __init__(self, stacks: Stacks, ours: tuple[str, ...]) -> None:
        self.own: dict[Function, float] = {}
        self.whole: dict[Function, float] = {}
        self.lines: dict[Function, dict[int, float]] = {}
        whole = total(stacks)
        for stack, weight in stacks.items():
            self._add(_folded(stack, ours), weight / whole)

    def _add(self, frames: Sequence[tuple[Function, int]], share: float) -> None:
        """Count a stack, the outermost first."""
        for function in {function for function, _ in frames}:
            self.whole[function] = self.whole.get(function, 0.0) + share
        if frames:
            function, line = frames[-1]
            self.own[function] = self.own.get(function, 0.0) + share
            lines = self.lines.setdefault(function, {})
            lines[line] = lines.get(line, 0.0) + share


def _folded(stack: Stack, ours: tuple[str, ...]) -> list[tuple[Function, int]]:
    """Return function and line of each frame of ours, those without a name as their function."""
    places = [place(frame) for frame in stack]
    kept = [one for one in places if not ours or one[1].startswith(ours)]
    found: list[tuple[Function, int]] = []
    around: dict[str, str] = {}  # file -> the innermost function of it that has a name
    for told, file, line in kept:
        name = _NAMELESS.sub("", told)  # "find.<locals>.<lambda>" from Python 3.11 on, "<lambda>" before
        if not name.startswith("<") or file not in around:
            around[file] = name
        found.append(((around[file], file), line))
    return found


def _lines(then: _Shares, now: _Shares, function: Function) -> tuple[tuple[int, float], ...]:
    """Return the lines of a function; line 0 is a place that the profile does not tell."""
    rises = _rises(then.lines.get(function, {}), now.lines.get(function, {}))
    known = [(line, rise) for line, rise in rises.items() if line]
    return tuple(sorted(known, key=lambda one: (-one[1], one[0])))


def _rises(then: "Mapping[K, float]", now: "Mapping[K, float]") -> "dict[K, float]":
    """Return by how much each share rose."""
    return {key: now.get(key, 0.0) - then.get(key, 0.0) for key in {**then, **now}}
