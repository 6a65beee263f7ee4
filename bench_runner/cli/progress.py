"""What people see while a session runs: a line for each job, a bar with the time left."""

from collections import Counter
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from bench_runner import hostile, units
from bench_runner.envs.base import Doing
from bench_runner.hostile import plain
from bench_runner.model.run import Run
from bench_runner.runner.execute import Event
from bench_runner.runner.plan import Job, Plan

COLOURS = {"ok": "green", "skipped": "dim", "failed": "red", "timeout": "yellow", "crashed": "red"}


class Progress:
    """A session's Watcher on stderr; without a terminal only the lines are printed."""

    def __init__(self, *, show_output: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, soft_wrap=True, highlight=False)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("preparing", total=None, left="")
        self._show_output = show_output
        self.runs: list[Run] = []
        self._plan, self._finished, self._began, self._job_began = Plan(()), 0, monotonic(), monotonic()

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop drawing."""
        self._bar.stop()

    def expect(self, plan: Plan) -> None:
        """Learn how much there is to do."""
        self._plan, self._began = plan, monotonic()
        self._bar.update(self._task, total=len(plan.jobs), completed=0, left=self._left())

    def start(self, job: Job) -> None:
        """Show the job in the bar."""
        self._job_began = monotonic()
        self._bar.update(self._task, description=f"{job.commit.short} {escape(plain(job.environment.name))}")

    def tell(self, news: str | Event) -> None:
        """Print a sentence; show in the bar what is going on."""
        if isinstance(news, Doing):
            self._bar.update(self._task, description=escape(plain(news))[:60])
        elif isinstance(news, str):
            self.console.print(f"         {escape(plain(news))}", style="dim")
        else:
            self._bar.update(self._task, left=f"{self._left()}  {escape(plain(str(news)))[:60]}")

    def at(self, done: int, total: int, doing: str) -> None:
        """Show in the bar how far something is that is no job, and about how long it still takes."""
        if not done:
            self._began = monotonic()
        passed = (monotonic() - self._began) / done if done else 0.0
        left = f"about {units.duration(passed * (total - done))} left" if done else ""
        self._bar.update(self._task, description=escape(plain(doing)), total=total, completed=done, left=left)

    def done(self, job: Job, run: Run) -> None:
        """Print a line that sums the job up."""
        self._finished += 1
        self.runs.append(run)
        self._bar.update(self._task, completed=self._finished, left=self._left())
        where = (
            f"{self._finished:>3}/{len(self._plan.jobs):<3} {job.commit.short} {escape(plain(job.environment.name))}"
        )
        spent = units.duration(monotonic() - self._job_began)
        self.console.print(f"{where}  {spoken(run)}  {spent}  [dim]{escape(plain(job.commit.subject)[:60])}[/dim]")
        if self._show_output:
            self._outputs(run)

    def _outputs(self, run: Run) -> None:
        """Print what failing benchmarks and builds printed."""
        for result in run.results:
            if result.outcome not in {"ok", "skipped"}:
                self.console.print(f"{escape(plain(result.case.id))}: {escape(plain(result.detail))}", style="red")
                self.console.print(escape(hostile.lines(result.output)))
        if not run.build.ok:
            self.console.print(escape(hostile.lines(run.build.output)))

    def _left(self) -> str:
        """Return the time left: at first the plan's guess, then from what has passed."""
        jobs = len(self._plan.jobs) - self._finished
        if not jobs:
            return ""
        passed = (monotonic() - self._began) / self._finished if self._finished else self._plan.jobs[0].expected_s
        return f"about {units.duration(jobs * passed)} left"


def spoken(run: Run) -> str:
    """Return the outcomes of a run in words, coloured for a terminal."""
    if not run.build.ok:
        return f"[red]does not build[/red]: {escape(plain(run.build.detail)[:80])}"
    if not run.results and run.build.detail:
        return f"[yellow]no results[/yellow]: {escape(plain(run.build.detail)[:80])}"
    counts = Counter(result.outcome for result in run.results)
    words = [f"[{COLOURS[word]}]{number} {word}[/{COLOURS[word]}]" for word, number in counts.most_common()]
    return ", ".join(words) or "nothing left to measure"
