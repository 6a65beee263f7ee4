"""`store`: look after the results directory."""

from typing import Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Project
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import StoreError, UsageError
from bench_runner.hostile import plain

app = typer.Typer(name="store", help="Look after the results directory.", no_args_is_help=True)

Kept = Annotated[
    str | None,
    typer.Option("--keep", help='"180d", "26w" or "500 commits" from the newest on.', show_default="keep_samples"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be saved, change nothing.")]


@app.command()
def verify(context: typer.Context, *, form: Format = "text") -> None:
    """Read every result file, name each that is damaged with the reason, and say how much room the results take.

    Notes name what is merely unusual. The table tells by machine the size of a run (of the newest quarter of the
    commits, of the older ones), what samples are of it, what thinning all of it would save, and what a year brings at
    the rate of the last one. A clone costs less: git packs result files to about a third.

    Examples:

    ```
    bench-runner store verify
    bench-runner store verify --format json
    ```
    """
    from bench_runner.report.growth import verified
    from bench_runner.store.verify import verify as look

    results = Project.of(context).config.results_dir
    report = look(results)
    if form == "text":
        for damage in report.damages:
            typer.echo(f"{plain(str(damage.path))}: {plain(damage.reason)}")
        for note in report.notes:
            typer.echo(f"note: {plain(str(note.path))}: {plain(note.reason)}")
    show_sheet(verified(report), form)
    if report.damages:
        raise StoreError(
            f"{len(report.damages)} damaged in {results}: do as each line says; from git is `git checkout -- FILE`"
        )


@app.command()
def thin(context: typer.Context, *, keep: Kept = None, dry_run: DryRun = False) -> None:
    """Replace the single samples of old runs by the median of each round, and costs of rounds by their median.

    Summaries, comparisons, baselines and changes stay the same to the last bit, for they rest on the rounds' medians;
    what is lost is how values spread within a round, and how costs did between rounds. Age counts from the newest run.
    Runs that a baseline refers to stay as they are. Nothing is thinned unless this is asked for; `keep_samples` in the
    configuration is its default.
    What git has stored of the old files stays in its history: a thinner clone needs a shallow one (`--depth`).

    Examples:

    ```
    bench-runner store thin --keep 180d --dry-run
    bench-runner store thin --keep "500 commits"
    ```
    """
    from bench_runner.config.keep import WRITTEN, parse
    from bench_runner.store.thin import thin as shrink

    project = Project.of(context)
    try:
        kept = project.config.keep_samples if keep is None else parse(keep)
    except ValueError as error:
        raise UsageError(f"--keep {keep}: it is {WRITTEN}") from error
    if kept.all:
        raise UsageError("all samples are to be kept: give --keep 180d, or set keep_samples in the configuration")
    tally = shrink(project.store, kept, project.cache, dry_run=dry_run)
    done = "would be thinned" if dry_run else "thinned"
    typer.echo(
        f"{units.count(tally.runs, 'run')} {done}, {tally.saved / 1e6:.2f} MB saved;"
        f" {tally.thin} thin before, {tally.spared} kept for baselines"
    )
