"""What the entries of a project's policy say: floors, budgets, ignored series, renames, accepted changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from bench_runner.model.metric import Metric
from bench_runner.model.series import SeriesKey
from bench_runner.worker.metrics import SEPARATOR


@dataclass(frozen=True, slots=True)
class Scope:
    """Which series an entry speaks of, as globs; "" is every one.

    `benchmark` matches the whole of a benchmark's name ("suite.time_x": all its cases) or of a case as it is printed
    ("suite.time_x(1, 'a')"), `metric` its metric's name ("time", "memory", "peak memory", "track" ...), `environment`
    and `machine` their names. In a glob * stands for any characters, dots and brackets too, ? for one of them, and
    everything else for itself; upper and lower case differ.
    """

    benchmark: str = ""
    metric: str = ""
    environment: str = ""
    machine: str = ""

    def matches(self, key: SeriesKey, metric: Metric) -> bool:
        """Return whether a series is meant."""
        return (
            _is(self.benchmark, key.case.benchmark, key.case.id)
            and _is(self.metric, metric.name, metric.name.replace(" ", ""))
            and _is(self.environment, key.environment)
            and _is(self.machine, key.machine)
        )

    def __str__(self) -> str:
        rest = [(word, getattr(self, word)) for word in ("metric", "environment", "machine")]
        return " ".join([self.benchmark or "*", *(f"{word}={glob}" for word, glob in rest if glob)])


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as written: in seconds, in bytes, in a word of the suite's own, or ("") in the unit of the benchmark."""

    value: float
    unit: str = ""
    written: str = field(default="", compare=False)

    def in_unit(self, unit: str) -> float | None:
        """Return the number in a metric's unit, None where it is of another kind."""
        same = {"s": "seconds", "B": "bytes"}
        return self.value if self.unit in {"", unit} or same.get(unit) == self.unit else None


@dataclass(frozen=True, slots=True)
class Floor:
    """The smallest relative change worth reporting (0.05 is 5 %); of several that match the last one counts."""

    scope: Scope
    change: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much something may take: `at_most` or `at_least` an amount, or so much worse than at a baseline or ref.

    `worse` is relative (0.05 is 5 %), in the bad direction of the metric, and has a `since`; the others have none.
    """

    scope: Scope
    at_most: Amount | None = None
    at_least: Amount | None = None
    worse: float | None = None
    since: str = ""
    reason: str = ""
    line: int = field(default=0, compare=False)

    @property
    def limit(self) -> Amount | None:
        """The absolute limit."""
        return self.at_most or self.at_least


@dataclass(frozen=True, slots=True)
class Ignored:
    """Series in which no change is looked for, and why."""

    scope: Scope
    reason: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rename:
    """A benchmark's old name and the one under which its history goes on; a * in both is the same text in both."""

    old: str
    new: str
    line: int = field(default=0, compare=False)

    def of(self, name: str) -> str | None:
        """Return the new name of a benchmark, None for one that is not meant."""
        head, star, tail = self.old.partition("*")
        if not star:
            return self.new if name == self.old else None
        fits = name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail)
        return self.new.replace("*", name[len(head) : len(name) - len(tail)]) if fits else None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That somebody has decided to live with a change (by id): why, who, and the last day (UTC) on which it holds."""

    change: str
    reason: str
    owner: str = ""
    until: date | None = None
    line: int = field(default=0, compare=False)

    def holds(self, day: date) -> bool:
        """Return whether it holds on a day."""
        return self.until is None or day <= self.until

    @property
    def words(self) -> str:
        """Reason, owner and end in a line."""
        rest = [self.owner, f"until {self.until}" if self.until else ""]
        more = ", ".join(filter(None, rest))
        return f"{self.reason} ({more})" if more else self.reason


@dataclass(frozen=True, slots=True)
class Entries:
    """All entries, each kind in the order of the file."""

    floors: tuple[Floor, ...] = ()
    budgets: tuple[Budget, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    renames: tuple[Rename, ...] = ()
    accepted: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What one entry says of one series, and what became of it; `line` is 0 where no line of our file says so."""

    key: SeriesKey
    kind: str
    says: str
    state: str = ""
    line: int = 0


def renamed(name: str, renames: Iterable[Rename]) -> str:
    """Return the name under which a benchmark's history goes on, by as many renames as it went through."""
    return trail(name, renames)[-1]


def trail(name: str, renames: Iterable[Rename]) -> list[str]:
    """Return all names of a benchmark from one of them on; each rename is followed once.

    A further metric of a benchmark goes along with it.
    """
    base, separator, word = name.partition(SEPARATOR)
    names, left = [base], list(renames)
    while found := next(((one, new) for one in left if (new := one.of(names[-1])) is not None), None):
        left.remove(found[0])
        names.append(found[1])
    return [one + separator + word for one in names]


def _is(glob: str, *names: str) -> bool:
    """Return whether a glob is one of the names; brackets stand for themselves, since parameters hold them."""
    return not glob or any(fnmatchcase(name, glob.replace("[", "[[]")) for name in names)
