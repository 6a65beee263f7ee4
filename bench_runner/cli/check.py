"""`check` and `list`: look at the suite before measuring anything."""

from typing import Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.errors import NothingMeasuredError
from bench_runner.hostile import plain


def check(
    context: typer.Context,
    *,
    environment: Annotated[list[str] | None, typer.Option("--environment", "-E", help="In this environment.")] = None,
) -> None:
    """Check the configuration, the environment and the suite, without measuring.

    Builds the newest commit that builds, imports the suite there and checks every benchmark's arguments.

    Examples:

    ```
    bench-runner check
    bench-runner check -E uv:3.12
    ```
    """
    from bench_runner.cli.listing import listing

    project = Project.of(context)
    found = listing(project, environment or (), check=True)
    for problem in found.problems:
        typer.echo(f"problem: {plain(problem)}")
    if found.problems:
        raise NothingMeasuredError(f"{len(found.problems)} problems in {len(found.benchmarks)} benchmarks: see above")
    cases = sum(one.size for one in found.benchmarks)
    typer.echo(f"{project.config.source.name}: fine; {len(found.benchmarks)} benchmarks, {cases} cases, no problems")


def list_(
    context: typer.Context,
    *,
    bench: Annotated[list[str] | None, typer.Option("--bench", "-b", help="Only cases in which this is found.")] = None,
    cases: Annotated[bool, typer.Option("--cases", help="One line for each combination of parameters.")] = False,
) -> None:
    """List the suite's benchmarks, as the newest commit that builds has them.

    Examples:

    ```
    bench-runner list
    bench-runner list -b Sort --cases
    ```
    """
    from bench_runner.cli.listing import listing
    from bench_runner.runner.session import selector

    chosen = selector(bench or ())
    for one in listing(Project.of(context)).benchmarks:
        wanted = [case for case in one.cases() if chosen(case)]
        if wanted and cases:
            typer.echo("\n".join(plain(case.id) for case in wanted))
        elif wanted:
            typer.echo(f"{one.kind:11} {plain(one.name)}" + (f"  x {one.size}" if one.size > 1 else ""))
