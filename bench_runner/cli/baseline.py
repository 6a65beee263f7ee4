"""`baseline`: hold a commit's values fast under a name."""

from typing import Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.cli.show import Format, show_sheet

app = typer.Typer(name="baseline", help="Named, stored references to compare with.", no_args_is_help=True)


@app.command(name="set")
def set_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="For instance release-2.0.")],
    commit: Annotated[str, typer.Argument(help="A measured commit, tag or branch.")] = "HEAD",
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why, for those who come later.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a baseline of this name.")] = False,
) -> None:
    """Store the values of a measured commit under a name.

    Examples:

    ```
    bench-runner baseline set release-2.0 v2.0 -m "shipped"
    bench-runner compare release-2.0 HEAD
    ```
    """
    from bench_runner.report.baselines import size
    from bench_runner.store.baselines import set_ as keep

    project = Project.of(context)
    sha = project.repository.resolve(commit)
    kept = keep(project.store, name, sha, reason=reason, force=force)
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
    from bench_runner.store.baselines import list_
    from bench_runner.store.baselines import show as read

    project = Project.of(context)
    if name is None:
        show_sheet(listed(list_(project.store)), form)
    else:
        show_sheet(one(read(project.store, name), project.store.benchmarks()), form)
