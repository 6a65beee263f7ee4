"""Production for the tests of the site: a service in two regions, one release slower, one trouble inside a release."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from fabricate import material

from bench_runner.history.changes import find
from bench_runner.history.production import Deployed, linked
from bench_runner.model.benchmark import Case
from bench_runner.model.commit import Commit
from bench_runner.model.metric import Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.publish.material import Material
from bench_runner.stats.changepoints import Segments

START_MS = 1_767_225_600_000 + 86_400_000
MINUTE_MS = 60_000
HOTFIX = Commit("d" * 40, (), START_MS, "Hot fix beside the branch")
TIME = Metric("production", "seconds")
RATE = Metric("production", "1/s", "neither")


def deployed(
    made: Material,
    name: str,
    parts: Sequence[tuple[int, int, float]],
    *,
    environment: str = "prod-eu",
    service: str = "prod:shop",
    metric: Metric = TIME,
) -> Series:
    """Windows of releases one after the other: (revision, -1 for the hot fix; windows; level)."""
    rng = random.Random(f"{name} {environment}")
    revisions = [revision for revision, count, _ in parts for _ in range(count)]
    levels = [level for _, count, level in parts for _ in range(count)]
    values = [float(f"{level * math.exp(rng.gauss(0, 0.01)):.4e}") for level in levels]
    return Series(
        key=SeriesKey(Case(name), environment, service),
        metric=metric,
        revisions=revisions,
        shas=[made.commits[one].sha if one >= 0 else HOTFIX.sha for one in revisions],
        values=values,
        low=[0.97 * value for value in values],
        high=[1.03 * value if at % 5 else math.inf for at, value in enumerate(values)],
        times=[START_MS + MINUTE_MS * k for k in range(len(revisions))],
    )


def with_production(made: Material) -> Material:
    """The material, of which some commits ran in production; benchmarks changed in what release 6 brought."""
    end = len(made.commits) - 1
    slow = [(2, 9, 0.02), (4, 9, 0.02), (7, 9, 0.026), (end, 12, 0.026)]
    trouble = [(2, 9, 0.02), (4, 20, 0.02), (4, 9, 0.03), (-1, 9, 0.03)]
    back = [(2, 12, 0.001), (7, 12, 0.0014), (2, 12, 0.001)]
    series = [
        deployed(made, "prod_time.shop.checkout:charge.p50", slow),
        deployed(made, "prod_time.shop.checkout:charge.p50", trouble, environment="prod-us"),
        deployed(made, "prod_time.shop.cart:add.mean", back),
        deployed(made, "prod_time.shop.cart:add.rate", [(2, 6, 3.0), (end, 6, 9.0)], metric=RATE),
        deployed(made, "prod_rss", [(2, 4, 1e8)], metric=Metric("production", "bytes"), service="prod:other"),
    ]
    seen = linked(find(Deployed(made.commits, series), Segments()), made.groups)
    return replace(made, production=series, seen=seen, releases={HOTFIX.sha: HOTFIX})


def with_both(**more: object) -> Material:
    return with_production(material(**more))  # type: ignore[arg-type]
