"""Reads bench-policy.toml, the file in which a project reviews what counts as a change and what is allowed."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bench_runner.config.written import shown
from bench_runner.errors import UsageError
from bench_runner.history.policy_table import PLACES, Table, WrongError
from bench_runner.model.policy import Acceptance, Budget, Entries, Floor, Ignored, Rename, trail

NAME = "bench-policy.toml"
EXAMPLE = """\
[[floor]]                  # the smallest change worth reporting; of several that match the last one counts
benchmark = "io.*"         # a name or name(param, ...): * is any characters, ? one, the rest stands for itself
metric = "time"            # may be left out, as environment and machine
change = "5 %"

[[budget]]
benchmark = "io.time_load"
at_most = "2 s"            # or at_least = "100 rows/s"
reason = "the page has to load"

[[budget]]
benchmark = "*"
worse = "5 %"              # at most so much worse, in all,
since = "v1.0"             # than at this baseline, tag, branch or commit

[[ignore]]
benchmark = "net.*"
reason = "the network decides"

[[rename]]
from = "old.time_x"        # or "old.*" to "new.*"
to = "io.time_x"

[[accept]]
change = "1a2b3c4d"        # an id of `bench-runner changes`; `bench-runner accept` writes this
reason = "correctness costs this"
owner = "A Uthor"
until = 2027-01-31         # the last day on which it holds
"""
_SCOPE = ("benchmark", *PLACES)
KEYS = {
    "floor": (*_SCOPE, "change", "reason"),
    "budget": (*_SCOPE, "at_most", "at_least", "worse", "since", "reason"),
    "ignore": (*_SCOPE, "reason"),
    "rename": ("from", "to", "reason"),
    "accept": ("change", "reason", "owner", "until"),
}
_CALLED = {"floor": "benchmark", "budget": "benchmark", "ignore": "benchmark", "rename": "from", "accept": "change"}
_ID = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line (0: not known), in a sentence."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The entries that can be used, and what is wrong with the others."""

    path: Path = Path(NAME)
    entries: Entries = field(default_factory=Entries)
    problems: tuple[Problem, ...] = ()

    def place(self, line: int) -> str:
        """Return file and line for a message."""
        return f"{self.path}:{line}" if line else str(self.path)


def load(path: Path) -> PolicyFile:
    """Return a policy without a problem, an empty one where there is no file; UsageError names the first problem."""
    found = read(path)
    for first in found.problems[:1]:
        rest = len(found.problems) - 1
        more = f" ({rest} more: `bench-runner policy check`)" if rest else ""
        raise UsageError(f"{found.place(first.line)}: {first.message}{more}")
    return found


def read(path: Path) -> PolicyFile:
    """Return what stands in a file with all its problems; UsageError for what is no TOML at all."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return PolicyFile(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    return parse(text, path)


def parse(text: str, path: Path) -> PolicyFile:
    """Return what stands in a text; `path` is for messages."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    problems: list[Problem] = list(_strangers(document))
    found: dict[str, list[Any]] = {}
    for kind, make in _MAKERS.items():
        lines = _Lines(text, kind)
        found[kind] = list(_made(kind, document.get(kind, []), lines, make, problems))
    entries = Entries(*(tuple(found[kind]) for kind in _MAKERS))
    problems += _circles(entries.renames)
    return PolicyFile(path, entries, tuple(sorted(problems, key=lambda one: one.line)))


def _strangers(document: Mapping[str, object]) -> Iterator[Problem]:
    """Yield tables that are no kind of entry."""
    for key in document.keys() - KEYS.keys():
        near = get_close_matches(key, list(KEYS), 1)
        hint = f"did you mean [[{near[0]}]]?" if near else f"known are {', '.join(KEYS)}"
        yield Problem(0, f"unknown entry {shown(key)}: {hint}")


def _made(
    kind: str, written: object, lines: "_Lines", make: Callable[[Table], Any], problems: list[Problem]
) -> Iterator[Any]:
    """Yield the entries of one kind that can be used, and collect what is wrong with the others."""
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        problems.append(Problem(0, f"{kind} must be written as [[{kind}]], not {shown(written)}"))
        return
    for number, data in enumerate(written):
        table = Table(data, lines.of(number, len(written)))
        try:
            table.check(KEYS[kind])
            yield make(table)
        except WrongError as error:
            line = lines.of(number, len(written), error.key)
            problems.append(Problem(line, f"{kind} {shown(data.get(_CALLED[kind], number + 1))}: {error}"))


def _floor(table: Table) -> Floor:
    scope, change = table.scope(), table.share("change")
    table.text("reason")
    if change is None:
        raise WrongError('change is missing, such as "5 %"')
    return Floor(scope, change, table.line)


def _budget(table: Table) -> Budget:
    scope = table.scope()
    ways = table.has("at_most", "at_least", "worse")
    if len(ways) != 1:
        raise WrongError("write one of at_most, at_least, worse" + (f", not {' and '.join(ways)}" if ways else ""))
    if bool(table.has("worse")) != bool(table.has("since")):
        raise WrongError("worse and since go together: so much worse than at a baseline, tag or commit")
    amounts = (table.amount("at_most"), table.amount("at_least"), table.share("worse"))
    return Budget(scope, *amounts, table.text("since"), table.text("reason"), table.line)


def _ignored(table: Table) -> Ignored:
    return Ignored(table.scope(), table.needed("reason"), table.line)


def _rename(table: Table) -> Rename:
    one = Rename(table.needed("from"), table.needed("to"), table.line)
    table.text("reason")
    if one.old.count("*") != one.new.count("*") or one.old.count("*") > 1:
        raise WrongError("from and to are names, or have one * each, which stands for the same text")
    if one.of(one.new) is not None:
        raise WrongError(f"from matches {shown(one.new)} as well: name the old benchmarks one by one", "to")
    return one


def _acceptance(table: Table) -> Acceptance:
    change = table.needed("change")
    if not _ID.fullmatch(change):
        raise WrongError(f"change must be an id of `bench-runner changes`, not {shown(change)}", "change")
    return Acceptance(change, table.needed("reason"), table.text("owner"), table.day("until"), table.line)


_MAKERS: dict[str, Callable[[Table], Any]] = {
    "floor": _floor,
    "budget": _budget,
    "ignore": _ignored,
    "rename": _rename,
    "accept": _acceptance,
}


def _circles(renames: tuple[Rename, ...]) -> Iterator[Problem]:
    """Yield renames that lead back to where they began, and names that go on twice."""
    for number, one in enumerate(renames):
        names = trail(one.old, renames)
        if names[-1] in names[:-1]:
            yield Problem(one.line, f"rename {shown(one.old)}: the renames lead in a circle")
        if any(other.old == one.old for other in renames[:number]):
            yield Problem(one.line, f"rename {shown(one.old)}: stands there twice; its history goes on in one place")


class _Lines:
    """Where the entries of one kind stand; 0 where the text cannot tell (inline tables, headers inside strings)."""

    def __init__(self, text: str, kind: str) -> None:
        self._lines = text.splitlines()
        header = re.compile(rf"\s*\[\[\s*[\"']?{kind}[\"']?\s*\]\]")
        self._heads = [number for number, line in enumerate(self._lines, 1) if header.match(line)]

    def of(self, number: int, count: int, key: str = "") -> int:
        """Return the line of an entry of so many, or that of a key in it."""
        if len(self._heads) != count:
            return 0
        head = self._heads[number]
        if key:
            wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
            for line in range(head, len(self._lines)):
                if self._lines[line].lstrip().startswith("["):
                    break
                if wanted.match(self._lines[line]):
                    return line + 1
        return head
