"""`demo`: the whole job on a small real project whose changes are known, and what it found of them."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner import units
from bench_runner.cli.project import Place, Project
from bench_runner.cli.show import show_sheet

if TYPE_CHECKING:
    from bench_runner.demo.verdict import Verdict
    from bench_runner.report.sheet import Sheet

MACHINE = "demo"
WORDS = {
    "step": "slower",
    "memory": "more memory",
    "recovered": "slower, later mended",
    "unbuildable": "does not build",
    "timeout": "hangs",
}


def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder; the project stays there to play with.")] = Path("demo"),
    *,
    seed: Annotated[int, typer.Option("--seed", help="Where the changes are put.")] = 0,
) -> None:
    """Write a small git project with known changes, measure all its commits, and show what was found.

    Thirty commits are built in real environments and measured for a few minutes; then the changes are detected, the
    site is written, and the largest slow-down is bisected. The same command goes on where it was interrupted.

    Examples:

    ```
    bench-runner demo
    bench-runner demo /tmp/another --seed 7
    ```
    """
    from bench_runner.cli.changes import found
    from bench_runner.cli.measure import measure
    from bench_runner.cli.order import Order
    from bench_runner.cli.publish import write
    from bench_runner.demo.project import truth_of
    from bench_runner.demo.project import write as write_project
    from bench_runner.demo.verdict import judge

    began = time.monotonic()
    folder = folder.resolve()
    if (folder / ".git").exists():
        truth = truth_of(folder, seed=seed)
        typer.echo(f"going on with the project in {folder}")
    else:
        truth = write_project(folder, seed=seed)
        typer.echo(f"wrote a project of {len(truth.commits)} commits in {folder}")
    project = Project(Place(config=folder / "bench_runner.toml", machine=MACHINE))
    measure(project, Order(commits="ALL"))
    _, told = found(project, None)
    verdict = judge(truth, told.changes, project.store.runs())
    site = write(project, None, None)
    show_sheet(shown(verdict), "text")
    bisected(project, verdict)
    typer.echo(f"\nthe whole job took {units.duration(time.monotonic() - began)}; open {site / 'index.html'}")
    typer.echo(f"go on playing: cd {folder} && bench-runner changes")


def shown(verdict: "Verdict") -> "Sheet":
    """Return what was put in beside what was found."""
    from bench_runner.report.sheet import Sheet

    rows = []
    for one in verdict.findings:
        effect = one.effect
        size = units.percent(effect.ratio) if math.isfinite(effect.ratio) else ""
        name = effect.benchmark or "every benchmark"
        rows.append((WORDS[effect.kind], name, size, effect.commit[:8], "yes" if one.found else "NO", one.seen))
    alarms = [
        f"{one.key.case.id} {units.percent(one.step.ratio)} at {one.first_new[:8]}" for one in verdict.false_alarms
    ]
    return Sheet(
        title="What was put in, and what was found of it",
        columns=("put in", "benchmark", "by", "at", "found", "seen"),
        cells=tuple(rows),
        right=frozenset({"by"}),
        marks=tuple("better" if one.found else "worse" for one in verdict.findings),
        notes=(f"{units.count(len(alarms), 'change')} reported where none was made", *alarms),
        document={},
    )


def bisected(project: Project, verdict: "Verdict") -> None:
    """Bisect the first slow-down that was found, over the whole history, by what is exact where that has moved."""
    from bench_runner.bisect.target import Target
    from bench_runner.cli.bisecting import search
    from bench_runner.cli.to_bisect import path_of

    names = [one.by[-1] for one in verdict.findings if one.by and one.effect.kind == "step"]
    if not names:
        return
    first, last = project.repository.history()[0], project.repository.history()[-1]
    typer.echo(f"\nbisecting {names[0]} between {first.short} and {last.short}")
    search(project, Target(tuple(path_of(project, f"{first.sha}..{last.sha}")), f"^{names[0]}$"))
