"""`bisect`: which commit of a range changed a benchmark."""

from pathlib import Path
from typing import Annotated

import typer

from bench_runner.cli.project import Project

# Both ways are looked for, samples are kept, errors are shown.
BY_ASV = ("--invert", "-i", "--show-stderr", "-e")


def bisect(
    context: typer.Context,
    what: Annotated[list[str], typer.Argument(metavar="CHANGE|A..B ...", help="Ids of changes, or a range.")],
    *,
    bench: Annotated[str | None, typer.Option("--bench", "-b", help="Of a range: a pattern of one case.")] = None,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="By default the first one.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say how much it is expected to take.")] = False,
    trace: Annotated[Path | None, typer.Option("--trace", help="Write where the time went, for Perfetto.")] = None,
) -> None:
    """Find the commit that changed a benchmark, by measuring a few commits of the range several times.

    A change of the history (`bench-runner changes` lists their ids) says itself which case, environment and commits;
    where something exact moved with it, as the number of calls, that is what is measured. A range wants -b.

    Both ends are measured first: when they do not differ, that is the answer. Commits that do not build are passed
    over. When it was a merge, the commits that it brought in are searched too. What is measured is stored.

    Exit codes: 0 found, 4 no change reproduced or not sure, 6 nothing could be built.

    Examples:

    ```
    bench-runner bisect 3f2a9c1b --plan
    bench-runner bisect 3f2a9c1b
    bench-runner bisect v1.0..main -b 'time_sort.1000'
    bench-runner bisect 1a2b3c4d..5e6f7a8b -b Join.time_inner -E uv:3.12
    ```
    """
    from bench_runner.bisect.target import beside
    from bench_runner.cli.bisect_plan import planned
    from bench_runner.cli.bisecting import search
    from bench_runner.cli.observe import traced
    from bench_runner.cli.to_bisect import targets

    project = Project.of(context)
    if plan:
        for target in targets(project, what, bench, environment):
            typer.echo(planned(project, target))
        return
    code, named = 0, list[str]()
    with traced(trace, "bisect"):
        for target in targets(project, what, bench, environment):
            found = search(project, beside(target, named))
            code = max(code, found.exit_code)
            named += [found.first_new.sha] if found.exactly else []
    if code:
        raise typer.Exit(code)


def find(
    context: typer.Context,
    commits: Annotated[str, typer.Argument(metavar="A..B", help="The last good commit and a bad one.")],
    bench: Annotated[str, typer.Argument(help="A pattern of one case.")],
    *,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="By default the first one.")] = None,
    asv_option: Annotated[bool, typer.Option(*BY_ASV, hidden=True)] = False,
) -> None:
    """Find the commit that changed a benchmark: `bisect` with the arguments of `asv find`.

    It may have become slower or faster: asv's --invert is not needed, and does nothing.

    Example:

    ```
    bench-runner find v1.0..main time_sort
    ```
    """
    del asv_option
    bisect(context, [commits], bench=bench, environment=environment)
