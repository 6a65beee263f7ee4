"""`machine`: show or set under which name this machine's results are stored, or give stored ones another."""

from typing import Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.errors import UsageError
from bench_runner.hostile import plain

Name = Annotated[str | None, typer.Option("--name", help="Use this name from now on.", show_default=False)]
Rename = Annotated[
    tuple[str, str] | None,
    typer.Option("--rename", metavar="OLD NEW", help="Rename a machine in results/.", show_default=False),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="With --rename: say what it would change.")]
Yes = Annotated[bool, typer.Option("--yes", help="Accepted for asv's habit; nothing is asked.")]


def machine(
    context: typer.Context,
    *,
    name: Name = None,
    rename: Rename = None,
    dry_run: DryRun = False,
    yes: Yes = False,  # noqa: ARG001 - as its help says
) -> None:
    """Show what is stored about this machine, name it, or rename it in all results.

    The name is a folder below results/ and is published with them; at first it is the host's. Published too are the
    other facts shown here, and with each run the kernel, the Python build and the distributions installed in the
    environment, the variables of the matrix, and the end of what a failing build or benchmark printed. In that text the
    project's folder is ".", the home folder "~", the user's name in paths "user"; passwords in addresses, and values of
    variables named like secrets, are "***". Names of authors and variables of the surroundings are never stored.

    --rename changes the folder, every file in it, baselines and recorded changes that refer to it, and this host's
    saved name if it is the one; what was committed to git before stays in its history.

    Examples:

    ```
    bench-runner machine
    bench-runner machine --name lab-ryzen
    bench-runner machine --rename annas-laptop laptop-1 --dry-run
    ```
    """
    from bench_runner.store.machine import here, save

    if rename and name:
        raise UsageError("--name and --rename are two things: give one of them")
    if rename:
        _rename(Project.of(context), *rename, dry_run=dry_run)
        return
    facts = here(name) if name else Project.of(context).machine
    if name:
        save(facts)
    for key, value in facts.fields().items():
        typer.echo(f"{key:8} {value}")


def _rename(project: Project, old: str, new: str, *, dry_run: bool) -> None:
    """Rename a machine in all results, or say what that would change."""
    from bench_runner.store.rename import plan, rename

    planned = plan(project.store, old, new)
    if not dry_run:
        rename(project.store, planned)
    done = "would be renamed to" if dry_run else "renamed to"
    parts = [units.count(planned.files, "file"), f"{planned.size / 1e6:.1f} MB"]
    parts += [f"baseline {one}" for one in planned.baselines]
    parts += [units.count(len(planned.entries), "recorded change")] if planned.entries else []
    parts += ["the name of this host from now on"] if planned.here else []
    typer.echo(f"{plain(old)} {done} {plain(new)}: {', '.join(parts)}")


def tell_name(project: Project) -> None:
    """Say before the first results of a host that nobody has named that its own name is going to be published."""
    from bench_runner.store.machine import unnamed

    name = project.machine.machine
    if project.chosen is None and not (project.config.results_dir / name).exists() and unnamed():
        typer.echo(
            f"results are stored, and published, under this host's name {plain(name)!r}: for another one say"
            " `bench-runner machine --name NAME` first, or `machine --rename` later",
            err=True,
        )
