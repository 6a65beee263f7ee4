"""What a project's history has to tell: its changes by commit, beside what was seen in production."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench_runner.history.budgets import judge
from bench_runner.history.changes import find
from bench_runner.history.grouping import Group, group, ranked
from bench_runner.history.policy import Policy
from bench_runner.history.production import Deployed, Seen, linked
from bench_runner.history.series import History
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.change import Change
from bench_runner.stats.detector import Detector


@dataclass(frozen=True, slots=True)
class Findings:
    """Groups of changes, standing regressions first, and the changes of production with what moved beside them.

    `budgets` are those of the policy, with what became of them in each series.
    """

    groups: Sequence[Group] = ()
    seen: Sequence[Seen] = ()
    budgets: Sequence[BudgetVerdict] = ()

    @property
    def exceeded(self) -> list[BudgetVerdict]:
        """The budgets that are surely exceeded."""
        return [one for one in self.budgets if one.verdict == "exceeded"]

    @property
    def changes(self) -> list[Change]:
        """All changes of benchmarks, in the order of their groups."""
        return [change for one in self.groups for change in one.changes]


def findings(history: History, detector: Detector, policy: Policy | None = None) -> Findings:
    """Return what a detector finds in a history, as far as the policy keeps it."""
    rules = policy or Policy()
    changes = find(history, detector, rules)
    groups = ranked(_accepted(one, rules) for one in group(changes, history))
    deployed = [rules.accepted(one) for one in find(Deployed(history.commits, history.production), detector, rules)]
    return Findings(groups, linked(deployed, groups), judge(history, rules, changes))


def _accepted(one: Group, policy: Policy) -> Group:
    """Return a group with what the policy says of its changes."""
    return replace(one, changes=tuple(policy.accepted(change) for change in one.changes))
