"""What to bisect: one case in an environment over a path of commits, as it was asked for or as a change has it."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench_runner.bisect.observations import EVEN, Prior
from bench_runner.errors import UsageError
from bench_runner.history.grouping import overlap, span
from bench_runner.hostile import plain
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit
from bench_runner.model.series import Series


@dataclass(frozen=True, slots=True)
class Target:
    """Commits oldest first, the first taken for old, the last for new; `bench` is a pattern as -b has it.

    `environment` is a specifier as -E has it, None for the first one. `size` is how large the change is, as a
    share; of a range it is not known.
    """

    commits: tuple[Commit, ...]
    bench: str
    environment: str | None = None
    prior: Prior = EVEN
    size: float = 0.1


def of_change(change: Change, changes: Iterable[Change], series: Series, commits: Sequence[Commit]) -> Target:
    """Return how to bisect a change of a series: where it most likely is, by what tells most.

    An exact metric that moved with it tells in one round of a commit. The path begins a measured commit before the
    range of the change and ends one after it, where no other change of the series is: the ends shall be old and new.
    `commits` are those of the branch. UsageError for a change of production.
    """
    case = plain(change.key.case.id)
    if change.production:
        raise UsageError(f"{case} was seen in production, which cannot be measured again: see `bench-runner detect`")
    every = [*changes]
    exact = [one for one in every if one.metric.exact and one.way == change.way and overlap(one, change)]
    by = change if change.metric.exact or not exact else exact[0]
    first, last = _ends(change, [one for one in every if one.key == change.key], series)
    path = tuple(commits[first : last + 1])
    weights = tuple(change.chance(revision) or 0.0 for revision in range(first, last + 1))
    ratio = by.step.ratio
    size = abs(ratio - 1) if math.isfinite(ratio) else 1.0
    return Target(path, f"^{re.escape(by.key.case.id)}$", change.key.environment, Prior(weights=weights), size)


def _ends(change: Change, mine: Sequence[Change], series: Series) -> tuple[int, int]:
    """Return the revisions of an old and of a new point as far out as one measured commit beyond the range."""
    begin, end = span(change)
    old = [one for one in series.revisions if one < begin][-2:]
    new = [one for one in series.revisions if one >= end][:2]
    others = [one.revision for one in mine if one.id != change.id]
    first = next((one for one in old if not any(one < other <= change.revision for other in others)), begin - 1)
    last = next((one for one in new[::-1] if not any(change.revision < other <= one for other in others)), end)
    return max(first, 0), last


def beside(target: Target, named: Iterable[str]) -> Target:
    """Return a target of which commits (shas) that were named for others are likelier: one commit moves many cases."""
    known = {*named} & {one.sha for one in target.commits[1:]}
    if not known:
        return target
    even = [1.0] * len(target.commits)
    weights = target.prior.weights or even
    whole = sum(weights) or 1.0
    told = tuple(one / whole + (one_of.sha in known) for one, one_of in zip(weights, target.commits, strict=True))
    return replace(target, prior=replace(target.prior, weights=told))
