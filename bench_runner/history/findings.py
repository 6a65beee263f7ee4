"""What a project's history has to tell: its changes by commit, beside what was seen in production."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bench_runner.history.budgets import judge
from bench_runner.history.changes import Past, find
from bench_runner.history.courses import courses
from bench_runner.history.events import split
from bench_runner.history.evidence import judged
from bench_runner.history.grouping import Group, overlap, ranked
from bench_runner.history.ledger import Ledger, Reconciled, reconcile
from bench_runner.history.policy import Policy
from bench_runner.history.pooling import pooled
from bench_runner.history.production import Deployed, Seen, linked
from bench_runner.history.series import History
from bench_runner.history.settled import settled
from bench_runner.history.surroundings import Surroundings
from bench_runner.history.swings import steadied
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.change import Change
from bench_runner.model.course import Course
from bench_runner.model.event import Event
from bench_runner.model.ledger import Proposal
from bench_runner.stats.detector import Detector
from bench_runner.stats.discovery import FALSE_SHARE

EMPTY: Ledger = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Findings:
    """Groups of changes, standing regressions first, and the changes of production with what moved beside them.

    Groups that may well be luck are not among them but in `doubtful`, unless a change of theirs is recorded; no commit
    is to blame for `events`. What a person has dismissed stands apart from all. `proposals` are news for the ledger.
    `budgets` are those of the policy, with what became of them in each series. `courses` are what series do
    by themselves.
    """

    groups: Sequence[Group] = ()
    seen: Sequence[Seen] = ()
    dismissed: Sequence[Change] = ()
    proposals: Sequence[Proposal] = ()
    budgets: Sequence[BudgetVerdict] = ()
    doubtful: Sequence[Group] = ()
    events: Sequence[Event] = ()
    courses: Sequence[Course] = ()

    @property
    def exceeded(self) -> list[BudgetVerdict]:
        """The budgets that are surely exceeded."""
        return [one for one in self.budgets if one.verdict == "exceeded"]

    @property
    def changes(self) -> list[Change]:
        """All changes of benchmarks, in the order of their groups."""
        return [change for one in self.groups for change in one.changes]


def findings(
    history: History, detector: Detector, policy: Policy | None = None, ledger: Ledger = EMPTY, project: str = ""
) -> Findings:
    """Return what a detector finds in a history, as far as the policy keeps it, with what the ledger knows of it.

    `project` is the measured distribution: that its version changes is no difference of an environment.
    """
    rules = policy or Policy()

    steady = steadied(history, detector)

    def look(past: Past) -> list[Change]:
        return [steady.told(one) for one in find(past, detector, rules)]

    changes = look(steady)
    parts = split(steady, changes, detector, Surroundings.of(history, project), look)
    groups = judged(pooled(parts.changes, parts), parts, parts.events)
    unsure = frozenset(change for one in groups if one.q > FALSE_SHARE for change in one.changes)
    every = Deployed(history.commits, [*history.series, *history.production])
    flat = [*(change for one in groups for change in one.changes), *look(Deployed(history.commits, history.production))]
    told = _judged(reconcile(flat, ledger, every, today=rules.as_now, unsure=unsure), rules)
    told = replace(told, kept=tuple(_laid(one, parts.events) for one in told.kept))
    now = settled(groups, told, history.commits)
    groups = ranked(_accepted(one, rules) for one in now.groups if _sure(one))
    return Findings(
        groups,
        linked([rules.accepted(one) for one in now.deployed], groups),
        now.dismissed,
        told.proposals,
        judge(history, rules, changes),
        [one for one in now.groups if not _sure(one)],
        parts.events,
        courses(parts, detector, rules),
    )


def _sure(one: Group) -> bool:
    """Whether a group is more than luck, or was once taken for more and is recorded."""
    return one.q <= FALSE_SHARE or any(change.known_as for change in one.changes)


def _laid(one: Change, events: Sequence[Event]) -> Change:
    """Return a recorded change that is not seen any more, with the event that it is laid to now."""
    for event in events:
        if any(other.key == one.key and other.worse == one.worse and overlap(other, one) for other in event.changes):
            return replace(one, warnings=(*one.warnings, f"laid to {event.name}: {event.reason}"))
    return one


def _accepted(one: Group, policy: Policy) -> Group:
    """Return a group with what the policy says of its changes."""
    return replace(one, changes=tuple(policy.accepted(change) for change in one.changes))


def _judged(told: Reconciled, policy: Policy) -> Reconciled:
    """Return what the policy keeps of the changes that are no longer seen: it is why some of them are not."""
    gone = {one.id for one in told.kept if not (policy.judged(one.key, one.metric) and policy.keeps(one))}
    return replace(
        told,
        kept=tuple(one for one in told.kept if one.id not in gone),
        proposals=tuple(one for one in told.proposals if one.id not in gone),
    )
