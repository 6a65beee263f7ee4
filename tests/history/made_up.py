"""Made-up histories whose every number is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.series import Series, SeriesKey

COUNT = Metric("count", "unit", exact=True)
SPEED = Metric("rate", "1/s", better="higher")


@dataclass(frozen=True)
class Past:
    commits: Sequence[Commit]
    series: Sequence[Series]


def sha(revision: int) -> str:
    return f"{revision:040x}"


def commits(count: int) -> list[Commit]:
    return [Commit(sha(k), (sha(k - 1),) if k else (), 1000 * k, f"commit {k}") for k in range(count)]


def series(
    values: Sequence[float],
    *,
    name: str = "time_a",
    every: int = 1,
    metric: Metric = TIME,
    segments: tuple[int, ...] = (0,),
) -> Series:
    revisions = [every * k for k in range(len(values))]
    low, high = [value * 0.99 for value in values], [value * 1.01 for value in values]
    key = SeriesKey(Case(name), "env", "lab")
    return Series(key, metric, revisions, [sha(one) for one in revisions], list(values), low, high, segments)


def level(*parts: tuple[int, float], seed: int = 1, sd: float = 0.01) -> list[float]:
    noise = np.exp(np.random.default_rng(seed).normal(0, sd, sum(size for size, _ in parts)))
    return [float(value) for value in noise * np.repeat([v for _, v in parts], [size for size, _ in parts])]
