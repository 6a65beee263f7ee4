"""What a project's history has to tell: its changes by commit, beside what was seen in production."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bench_runner.history.changes import find
from bench_runner.history.grouping import Group, group
from bench_runner.history.ledger import Ledger, Reconciled, reconcile
from bench_runner.history.policy import Policy
from bench_runner.history.production import Deployed, Seen, linked
from bench_runner.history.series import History
from bench_runner.history.settled import settled
from bench_runner.model.change import Change
from bench_runner.model.ledger import Proposal
from bench_runner.stats.detector import Detector

EMPTY: Ledger = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Findings:
    """Groups of changes, standing regressions first, and the changes of production with what moved beside them.

    What a person has dismissed stands apart from both. `proposals` are news for the ledger.
    """

    groups: Sequence[Group] = ()
    seen: Sequence[Seen] = ()
    dismissed: Sequence[Change] = ()
    proposals: Sequence[Proposal] = ()

    @property
    def changes(self) -> list[Change]:
        """All changes of benchmarks, in the order of their groups."""
        return [change for one in self.groups for change in one.changes]


def findings(history: History, detector: Detector, policy: Policy | None = None, ledger: Ledger = EMPTY) -> Findings:
    """Return what a detector finds in a history, as far as the policy keeps it, with what the ledger knows of it."""
    groups = group(find(history, detector, policy), history)
    deployed = find(Deployed(history.commits, history.production), detector, policy)
    every = Deployed(history.commits, [*history.series, *history.production])
    told = reconcile([*(change for one in groups for change in one.changes), *deployed], ledger, every)
    told = _judged(told, policy or Policy())
    now = settled(groups, told, history.commits)
    return Findings(now.groups, linked(now.deployed, now.groups), now.dismissed, told.proposals)


def _judged(told: Reconciled, policy: Policy) -> Reconciled:
    """Return what the policy keeps of the changes that are no longer seen: it is why some of them are not."""
    gone = {one.id for one in told.kept if not (policy.judged(one.key.case) and policy.keeps(one))}
    return replace(
        told,
        kept=tuple(one for one in told.kept if one.id not in gone),
        proposals=tuple(one for one in told.proposals if one.id not in gone),
    )
