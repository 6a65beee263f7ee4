"""The ledger: what is held fast of a change once it is confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.metric import Metric
from bench_runner.model.series import SeriesKey

Held = Literal["confirmed", "recovered", "dismissed"]
News = Literal["new", "narrowed", "sharpened", "recovered", "stands again", "no longer seen", "twice", "lost"]


@dataclass(frozen=True, slots=True)
class Size:
    """How far the level went: both levels in the metric's unit, their ratio with its 95 % interval, and p."""

    before: float
    after: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it was recorded, named by commits (full shas) and not by places in a series, which move.

    It lies after `last_old` and not later than `first_new`; `span` are the first and the last commit that may have made
    it, noise considered. In production it lies between two windows (`between`, when they start, in ms). `reason` is a
    person's, of a dismissal. `unknown` are keys of the file that a newer program has written.
    """

    id: str
    key: SeriesKey
    metric: Metric
    size: Size
    last_old: str
    first_new: str
    span: tuple[str, str] | None = None
    between: tuple[int, int] | None = None
    state: Held = "confirmed"
    recovered_by: str = ""
    reason: str = ""
    unknown: Mapping[str, object] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        """Whether the number grew."""
        return self.size.after > self.size.before


@dataclass(frozen=True, slots=True)
class Proposal:
    """News of a change, and what is to be written of it: from `old` (None: no entry yet) to `new` (None: it goes).

    Both are equal where nothing is to be written: a change that is no longer seen, or whose series is lost, is kept.
    """

    news: tuple[News, ...]
    old: Entry | None
    new: Entry | None

    @property
    def id(self) -> str:
        """The entry's id."""
        return self.entry.id

    @property
    def entry(self) -> Entry:
        """What is to stand in the ledger, or what stood there."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.old is not self.new
