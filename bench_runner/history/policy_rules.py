"""Lists what a policy says of each series."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench_runner.history.policy import Policy
from bench_runner.model.budget import BudgetVerdict
from bench_runner.model.change import Change
from bench_runner.model.policy import Rule
from bench_runner.model.series import Series, SeriesKey

ASV = "asv's regressions_thresholds"


def rules(
    policy: Policy, series: Sequence[Series], budgets: Sequence[BudgetVerdict], changes: Sequence[Change]
) -> Iterator[Rule | BudgetVerdict]:
    """Yield what applies to each series: why it is ignored, its floor, its budgets, the changes that are accepted."""
    held: dict[SeriesKey, list[BudgetVerdict]] = defaultdict(list)
    for verdict in budgets:
        held[verdict.key].append(verdict)
    for one in series:
        yield from _ignored(policy, one)
        yield from _floor(policy, one)
        yield from held[one.key]
        yield from _accepted(one, changes)


def _ignored(policy: Policy, series: Series) -> Iterator[Rule]:
    for entry in policy.entries.ignored:
        if entry.scope.matches(series.key, series.metric):
            yield Rule(series.key, "ignored", entry.reason, line=entry.line)


def _floor(policy: Policy, series: Series) -> Iterator[Rule]:
    """Yield the floor that counts: the larger one of ours and asv's."""
    ours, theirs = policy.floor(series.key, series.metric), policy.asv.floor(series.key.case)
    if ours is not None and ours.change >= theirs:
        yield Rule(series.key, "floor", f"{100 * ours.change:g} %", line=ours.line)
    elif theirs:
        yield Rule(series.key, "floor", f"{100 * theirs:g} % ({ASV})")


def _accepted(series: Series, changes: Sequence[Change]) -> Iterator[Rule]:
    for one in changes:
        if one.key == series.key and one.acceptance:
            state = "accepted" if one.state == "accepted" else f"{one.state}, the acceptance has ended"
            yield Rule(series.key, f"accept {one.id}", one.acceptance.words, state, one.acceptance.line)
