"""What counts as a change: asv's rules, and the entries of the project's own policy, on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from bench_runner.history.asv_rules import AsvRules
from bench_runner.history.references import Reference
from bench_runner.model.change import Change
from bench_runner.model.metric import Metric
from bench_runner.model.policy import Entries, Floor, renamed
from bench_runner.model.series import SeriesKey

# An acceptance ends these: what has recovered, or was dismissed, needs none.
_OPEN = {"pending", "confirmed"}


@dataclass(frozen=True, slots=True)
class Policy:
    """Which series are judged, which changes are reported, which are accepted; without a day nothing expires.

    `references` are the commits that budgets name, by the names they have there.
    """

    asv: AsvRules = field(default_factory=AsvRules)
    entries: Entries = field(default_factory=Entries)
    references: Mapping[str, Reference] = field(default_factory=dict)
    today: date | None = None

    def judged(self, key: SeriesKey, metric: Metric) -> bool:
        """Return whether changes are looked for in a series."""
        return self.asv.judged(key.case) and not self.ignored(key, metric)

    def ignored(self, key: SeriesKey, metric: Metric) -> bool:
        """Return whether the policy leaves a series out."""
        return any(one.scope.matches(key, metric) for one in self.entries.ignored)

    def as_now(self, key: SeriesKey) -> SeriesKey:
        """Return a series by the name under which its history goes on."""
        name = renamed(key.case.benchmark, self.entries.renames)
        return key if name == key.case.benchmark else replace(key, case=replace(key.case, benchmark=name))

    def floor(self, key: SeriesKey, metric: Metric) -> Floor | None:
        """Return the floor of a series: the last one that matches."""
        matching = (one for one in reversed(self.entries.floors) if one.scope.matches(key, metric))
        return next(matching, None)

    def keeps(self, change: Change) -> bool:
        """Return whether a change is late and large enough to be reported: by asv's rules, and by the floor."""
        floor = self.floor(change.key, change.metric)
        small = floor is not None and abs(change.step.ratio - 1) < floor.change
        return self.asv.keeps(change) and not small

    def accepted(self, change: Change) -> Change:
        """Return a change with what the policy says of it; it is accepted while the last entry with its id holds."""
        entry = next((one for one in reversed(self.entries.accepted) if one.change == change.id), None)
        if entry is None:
            return change
        holds = self.today is None or entry.holds(self.today)
        state = "accepted" if holds and change.state in _OPEN else change.state
        return replace(change, acceptance=entry, state=state)

    def expired(self, changes: Iterable[Change]) -> list[str]:
        """Return a sentence for each change that counts again, because its acceptance has expired."""
        return [
            f"{one.id} {one.key.case.id} counts again: it was accepted until {entry.until}"
            + (f" by {entry.owner}" if entry.owner else "")
            for one in changes
            if (entry := one.acceptance) and self.today and not entry.holds(self.today) and one.state in _OPEN
        ]
