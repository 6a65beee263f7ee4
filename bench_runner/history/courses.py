"""Series that go back and forth between states of their own, or drift."""

from collections.abc import Iterator

from bench_runner.history.changes import Past
from bench_runner.history.policy import Policy
from bench_runner.model.course import Course
from bench_runner.model.series import Series
from bench_runner.stats.detector import Detector, Examiner
from bench_runner.stats.recurring import told_apart


def courses(history: Past, detector: Detector, policy: Policy) -> list[Course]:
    """Return those of the series' newest stretches, in the order of the series; none from a detector without them."""
    if not isinstance(detector, Examiner):
        return []
    judged = (one for one in history.series if one.metric.better != "neither" and policy.judged(one.key, one.metric))
    return [course for series in judged for course in _of(series, detector)]


def _of(series: Series, detector: Examiner) -> Iterator[Course]:
    """Yield what a series does by itself."""
    part = series.stretches()[-1]
    shas, revisions = series.shas[part], series.revisions[part]
    own = {"low": series.low[part], "high": series.high[part]}
    found = detector.examine(series.values[part], **own, exact=series.metric.exact)
    if found.states:
        levels = tuple(told_apart(found.states))
        yield Course(series.key, series.metric, "states", levels, shas[0], shas[-1], stretches=len(found.states))
    for one in found.drifts:
        ends = (shas[one.first], shas[one.last])
        commits = abs(revisions[one.last] - revisions[one.first])
        yield Course(series.key, series.metric, "drift", (one.before, one.after), *ends, commits=commits)
