"""`continuous`: a verdict on two commits, measured side by side."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Affinity, Bench, Launch, Memory, SuiteFrom
from bench_runner.cli.show import Format, show_sheet
from bench_runner.errors import UsageError

if TYPE_CHECKING:
    from bench_runner.model.judged import GateWord

Minutes = Annotated[float | None, typer.Option("--max-minutes", min=0.1, help="Stop measuring after so long.")]
Effect = Annotated[str, typer.Option("--target-effect", help="The change to be found, or excluded.")]
Factor = Annotated[float | None, typer.Option("--factor", "-f", help="The smallest ratio that counts, as asv's.")]
AsvCodes = Annotated[bool, typer.Option("--asv-exit-codes", help="End with 1 and not with 3, for old scripts.")]


def continuous(
    context: typer.Context,
    base: Annotated[str, typer.Argument(help="The commit, tag, branch or baseline to compare with.")],
    head: Annotated[str, typer.Argument(help="The commit, tag or branch to judge.")] = "HEAD",
    *,
    bench: Bench = None,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="By default the first one.")] = None,
    minutes: Minutes = None,
    effect: Effect = "5%",
    factor: Factor = None,
    suite_from: SuiteFrom = None,
    launch_method: Launch = None,
    cpu_affinity: Affinity = None,
    memory_limit: Memory = None,
    again: Annotated[bool, typer.Option("--again", help="Measure anew what was measured before.")] = False,
    changed: Annotated[bool, typer.Option("--only-changed", help="Leave out what is unchanged.")] = False,
    asv_exit_codes: AsvCodes = False,
    form: Format = "text",
    trace: Annotated[Path | None, typer.Option("--trace", help="Write where the time went, for Perfetto.")] = None,
) -> None:
    """Measure two commits side by side, the base twice, and say whether anything got worse.

    Every cell takes turns on both commits, each in a workspace of its own, in random order, 10 rounds of fresh
    processes each; cells that are not clear then get 20, and 40. What looks changed is measured anew before it counts.
    The base is measured beside itself in the same rounds: the certificate says what this machine makes up.

    Rounds are kept as they come: the same command goes on after Ctrl-C, a kill, or the end of --max-minutes.

    Exit codes: 0 pass, 3 regression, 4 inconclusive, 5 incomplete, 6 a commit does not build or a Python is missing.

    Examples:

    ```
    bench-runner continuous main
    bench-runner continuous v1.0 main -b join --max-minutes 20
    bench-runner continuous HEAD~1 HEAD --target-effect 3% --format md
    ```
    """
    from bench_runner.cli.gated import Wish, gated
    from bench_runner.cli.observe import traced
    from bench_runner.cli.order import Order
    from bench_runner.cli.run_ import cpus
    from bench_runner.report.gates import sheet
    from bench_runner.stats.looks import Aim

    project = Project.of(context)
    order = Order(
        commits="HEAD",
        benchmarks=tuple(bench or ()),
        environments=(environment,) if environment else (),
        suite_from=suite_from,
        launch=launch_method,
        affinity=cpus(cpu_affinity or ""),
        memory=memory_limit,
    )
    wish = Wish(base, head, Aim(effect=share(effect, "--target-effect")), checked(factor), minutes, again=again)
    with traced(trace, "continuous"):
        judged, record = gated(project, order, wish)
    show_sheet(sheet(judged, record, every=not changed), form)
    leave_by(judged.word, asv=asv_exit_codes)


def leave_by(word: "GateWord", *, asv: bool) -> None:
    """End with the exit code of a verdict."""
    from bench_runner.history.allowances import EXIT_CODES

    if EXIT_CODES[word]:
        raise typer.Exit(1 if asv and word == "REGRESSION" else EXIT_CODES[word])


def share(text: str, option: str) -> float:
    """Return the share that "3%" names; UsageError for what is none."""
    from bench_runner import units

    try:
        found = units.share(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from error
    if not 0 < found < math.inf:
        raise UsageError(f"{option} {text}: it has to be more than nothing")
    return found


def checked(factor: float | None) -> float | None:
    """Return a factor from which on a change counts; UsageError for one that is none."""
    if factor is not None and not 1 < factor < math.inf:
        raise UsageError(f"--factor {factor:g}: a ratio above 1, as 1.05 for 5 %")
    return factor
