"""A suite as it is discovered at the newest commit that builds, for `check` and `list`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench_runner.cli.measure import session_of
from bench_runner.cli.order import Order, understand
from bench_runner.cli.progress import Progress
from bench_runner.cli.project import Project
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.benchmark import Benchmark

# How many commits are tried before giving up.
TRIED = 5


@dataclass(frozen=True, slots=True)
class Listing:
    """The benchmarks, and one sentence for each that would not run."""

    benchmarks: list[Benchmark]
    problems: list[str]


def listing(project: Project, chosen: Sequence[str] = (), *, check: bool = False) -> Listing:
    """Discover (and check) the suite without measuring; EnvironmentFailedError when none of the commits builds."""
    order = Order(commits="HEAD", environments=tuple(chosen))
    work = understand(project, order)
    older = project.repository.commits(work.commits[0].sha, options=(f"--max-count={TRIED}",))
    with Progress() as progress, session_of(project, order, work, progress) as session:
        for commit in older:
            workspace = session.preparer.prepare(work.environments[0], commit.sha, say=progress.tell)
            if workspace.build.ok:
                suite = work.suite.at(workspace)
                found = session.executor.discover(workspace, suite)
                return Listing(found, session.executor.check(workspace, suite) if check else [])
            progress.tell(f"{commit.short} does not build: {workspace.build.detail}")
    raise EnvironmentFailedError(
        f"none of the newest {len(older)} commits builds; the oldest said", workspace.build.output
    )
