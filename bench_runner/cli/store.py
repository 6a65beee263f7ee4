"""`store`: look after the results directory."""

import typer

from bench_runner.cli.project import Project
from bench_runner.errors import StoreError
from bench_runner.hostile import plain

app = typer.Typer(name="store", help="Look after the results directory.", no_args_is_help=True)


@app.command()
def verify(context: typer.Context) -> None:
    """Read every result file and name each that is damaged, with the reason; notes name what is merely unusual.

    Example:

    ```
    bench-runner store verify
    ```
    """
    from bench_runner.store.verify import verify as look

    results = Project.of(context).config.results_dir
    report = look(results)
    for damage in report.damages:
        typer.echo(f"{plain(str(damage.path))}: {plain(damage.reason)}")
    for note in report.notes:
        typer.echo(f"note: {plain(str(note.path))}: {plain(note.reason)}")
    typer.echo(
        f"{results}: {report.files} files, {report.size / 1e6:.1f} MB, {report.size_per_run / 1e3:.0f} kB a run",
        err=True,
    )
    if report.damages:
        raise StoreError(
            f"{len(report.damages)} damaged in {results}: do as each line says; from git is `git checkout -- FILE`"
        )
