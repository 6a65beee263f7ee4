"""`baseline`: hold a commit's values fast under a name."""

from typing import Annotated

import typer

from bench_runner.cli.compare import Across
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.cli.show import Format, show_sheet

app = typer.Typer(name="baseline", help="Named, stored references to compare with.", no_args_is_help=True)
Allow = Annotated[
    list[str] | None, typer.Option("--allow", help="By how much a metric may get worse: time=5%, or 5% for all.")
]


@app.command(name="set")
def set_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="For instance release-2.0.")],
    commit: Annotated[str, typer.Argument(help="A measured commit, tag or branch.")] = "HEAD",
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why, for those who come later.")] = "",
    by: Annotated[str | None, typer.Option("--by", help="Who sets it.", show_default="git's user")] = None,
    allow: Allow = None,
    force: Annotated[bool, typer.Option("--force", help="Replace one of this name, which is kept as history.")] = False,
) -> None:
    """Store the values of a measured commit under a name.

    Examples:

    ```
    bench-runner baseline set release-2.0 v2.0 -m "shipped"
    bench-runner baseline set release-2.0 v2.0.1 -m "shipped again" --force --allow time=5% --allow memory=1%
    bench-runner compare release-2.0 HEAD
    ```
    """
    from bench_runner.history.allowances import read
    from bench_runner.hostile import plain
    from bench_runner.report.baselines import size
    from bench_runner.store.baselines import set_ as keep

    project = Project.of(context)
    sha = project.repository.resolve(commit)
    who = plain(project.repository.user if by is None else by)
    kept = keep(project.store, name, sha, reason=reason, by=who, allowance=read(allow or ()), force=force)
    typer.echo(f"baseline {name}: {size(kept)} cases of {sha[:8]}")


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Without one: all of them.", show_default=False)] = None,
    *,
    form: Format = "text",
) -> None:
    """Show one baseline with its values, or list all.

    Examples:

    ```
    bench-runner baseline show
    bench-runner baseline show release-2.0
    ```
    """
    from bench_runner.report.baselines import listed, one

    project = Project.of(context)
    if name is None:
        show_sheet(listed(project.baselines.every()), form)
    else:
        show_sheet(one(project.baselines.get(name), project.store.benchmarks()), form)


@app.command(name="list")
def list_(context: typer.Context, *, form: Format = "text") -> None:
    """List all baselines: the stored ones, and the measured tags that `baseline_tags` makes ones.

    Examples:

    ```
    bench-runner baseline list
    bench-runner baseline list --format json
    ```
    """
    show(context, None, form=form)


@app.command()
def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The baseline.")],
    commit: Annotated[str, typer.Argument(help="A measured commit, tag or branch.")] = "HEAD",
    *,
    bench: Bench = None,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="Only this environment.")] = None,
    allow: Allow = None,
    across: Across = False,
    form: Format = "text",
) -> None:
    """Hold a measured commit against a baseline, and say whether anything is worse than that allows.

    Ends with 0 (pass), 3 (worse than allowed), 5 (a case is missing or failed) or 4 (nothing that could be compared).

    Examples:

    ```
    bench-runner baseline check release-2.0
    bench-runner baseline check release-2.0 main --allow 10%
    ```
    """
    from bench_runner.history.allowances import checked, read
    from bench_runner.history.baselines import compare_baseline
    from bench_runner.history.rows import Terms
    from bench_runner.report.comparisons import sheet
    from bench_runner.runner.session import selector

    project, chosen = Project.of(context), selector(bench or ())
    held, sha = project.baselines.get(name), project.repository.resolve(commit)
    renames = project.policy_file.entries.renames
    terms = Terms(environment, project.chosen, project.config.project, renames, across=across)
    rows = [one for one in compare_baseline(project.store, held, sha, terms) if chosen(one.case)]
    found = checked(rows, {**held.allowance, **read(allow or ())})
    show_sheet(sheet(rows, name, sha[:8]), form)
    typer.echo(f"{name}: {found.told}", err=form != "text")
    if found.exit_code:
        raise typer.Exit(found.exit_code)


@app.command()
def rm(context: typer.Context, name: Annotated[str, typer.Argument(help="The baseline.")]) -> None:
    """Delete a baseline with what the name stood for before.

    Examples:

    ```
    bench-runner baseline rm release-1.0
    ```
    """
    from bench_runner.store.baselines import remove

    remove(Project.of(context).store, name)
    typer.echo(f"baseline {name} is gone; git has it as it was last committed")
