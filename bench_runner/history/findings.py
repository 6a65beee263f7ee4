"""What a project's history has to tell: its changes by commit, beside what was seen in production."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bench_runner.history.budgets import judge
from bench_runner.history.changes import find
from bench_runner.history.grouping import Group, group, ranked
from bench_runner.history.ledger import Ledger, Reconciled, reconcile
from bench_runner.history.policy import Policy
from bench_runner.history.production import Deployed, Seen, linked
from bench_runner.history.series import History
from bench_runner.history.settled import settled
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.change import Change
from bench_runner.model.ledger import Proposal
from bench_runner.stats.detector import Detector

EMPTY: Ledger = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Findings:
    """Groups of changes, standing regressions first, and the changes of production with what moved beside them.

    What a person has dismissed stands apart from both. `proposals` are news for the ledger. `budgets` are those of the
    policy, with what became of them in each series.
    """

    groups: Sequence[Group] = ()
    seen: Sequence[Seen] = ()
    dismissed: Sequence[Change] = ()
    proposals: Sequence[Proposal] = ()
    budgets: Sequence[BudgetVerdict] = ()

    @property
    def exceeded(self) -> list[BudgetVerdict]:
        """The budgets that are surely exceeded."""
        return [one for one in self.budgets if one.verdict == "exceeded"]

    @property
    def changes(self) -> list[Change]:
        """All changes of benchmarks, in the order of their groups."""
        return [change for one in self.groups for change in one.changes]


def findings(history: History, detector: Detector, policy: Policy | None = None, ledger: Ledger = EMPTY) -> Findings:
    """Return what a detector finds in a history, as far as the policy keeps it, with what the ledger knows of it."""
    rules = policy or Policy()
    changes = find(history, detector, rules)
    groups = group(changes, history)
    deployed = find(Deployed(history.commits, history.production), detector, rules)
    every = Deployed(history.commits, [*history.series, *history.production])
    flat = [*(change for one in groups for change in one.changes), *deployed]
    told = _judged(reconcile(flat, ledger, every, today=rules.as_now), rules)
    now = settled(groups, told, history.commits)
    groups = ranked(_accepted(one, rules) for one in now.groups)
    seen = linked([rules.accepted(one) for one in now.deployed], groups)
    return Findings(groups, seen, now.dismissed, told.proposals, judge(history, rules, changes))


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
