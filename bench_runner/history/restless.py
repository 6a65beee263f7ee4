"""Series that go back and forth between states of their own."""

from bench_runner.history.changes import Past
from bench_runner.history.policy import Policy
from bench_runner.model.restless import Restless
from bench_runner.stats.detector import Detector, Examiner
from bench_runner.stats.recurring import told_apart


def restless(history: Past, detector: Detector, policy: Policy) -> list[Restless]:
    """Return those whose newest stretch has states, in the order of the series; none from a detector without them."""
    if not isinstance(detector, Examiner):
        return []
    found = []
    for series in history.series:
        if series.metric.better == "neither" or not policy.judged(series.key, series.metric):
            continue
        part = series.stretches()[-1]
        own = {"low": series.low[part], "high": series.high[part]}
        states = detector.examine(series.values[part], **own, exact=series.metric.exact).states
        if states:
            levels = tuple(told_apart(states))
            found.append(Restless(series.key, series.metric, levels, len(states), series.shas[part.start]))
    return found
