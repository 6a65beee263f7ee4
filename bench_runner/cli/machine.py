"""`machine`: show or set under which name this machine's results are stored."""

from typing import Annotated

import typer

from bench_runner.cli.project import Project


def machine(
    context: typer.Context,
    *,
    name: Annotated[str | None, typer.Option("--name", help="Use this name from now on.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accepted for asv's habit; nothing is asked.")] = False,  # noqa: ARG001
) -> None:
    """Show what is stored about this machine, or name it.

    The name is a folder below results/ and is published with them; so are the six facts shown, and nothing else.

    Examples:

    ```
    bench-runner machine
    bench-runner machine --name lab-ryzen
    ```
    """
    from bench_runner.store.machine import here, save

    facts = here(name) if name else Project.of(context).machine
    if name:
        save(facts)
    for key, value in facts.fields().items():
        typer.echo(f"{key:8} {value}")
