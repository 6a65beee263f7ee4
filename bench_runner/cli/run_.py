"""`run`: measure commits and store what comes of it."""

from pathlib import Path
from typing import Annotated

import typer

from bench_runner.cli.project import Project
from bench_runner.errors import UsageError

Range = Annotated[str, typer.Argument(metavar="RANGE", help="What git rev-list takes, or one of the words above.")]
Bench = Annotated[list[str] | None, typer.Option("--bench", "-b", help="Only cases in which this pattern is found.")]
Env = Annotated[list[str] | None, typer.Option("--environment", "-E", help="uv:3.12, existing, or a whole name.")]
Steps = Annotated[int | None, typer.Option("--steps", "-s", min=1, help="At most so many commits, spread evenly.")]
Period = Annotated[str, typer.Option("--date-period", help="One commit in each: 1d 2w 1M 1q 1y.", show_default=False)]
Rounds = Annotated[int | None, typer.Option("--rounds", min=1, help="Fresh processes per benchmark; default 5.")]
Metrics = Annotated[str | None, typer.Option("--metrics", help="Of each time_*: calls,bytecode,alloc,instr ...")]
Quick = Annotated[bool, typer.Option("--quick", "-q", help="One call each, shown but never stored.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show the plan and its cost, do nothing.")]
Again = Annotated[bool, typer.Option("--again", help="Measure anew what is stored already.")]
Keep = Annotated[bool, typer.Option("--skip-existing", "-k", help="Keep what is stored (as by default).")]
KeepOk = Annotated[bool, typer.Option("--skip-existing-successful", help="Measure only failures anew.")]
KeepFailed = Annotated[bool, typer.Option("--skip-existing-failed", help="Keep failures, the rest anew.")]
KeepCommits = Annotated[bool, typer.Option("--skip-existing-commits", help="Keep commits with any result at all.")]
SuiteFrom = Annotated[str | None, typer.Option("--suite-from", help="worktree: one for all; commit: each its own.")]
Launch = Annotated[str | None, typer.Option("--launch-method", help="auto, forkserver (import once) or spawn.")]
SetCommit = Annotated[str | None, typer.Option("--set-commit-hash", help="Store `existing` under this commit.")]
Python = Annotated[list[str] | None, typer.Option("--python", help="As in asv: -E :VERSION.")]
Affinity = Annotated[str | None, typer.Option("--cpu-affinity", help="CPUs for measured processes: 0 or 0,2 or 0-3.")]
Memory = Annotated[str | None, typer.Option("--memory-limit", help="For a measured process: 4 GB, 512 MiB; 0: none.")]
Retry = Annotated[float | None, typer.Option("--retry-budget", min=0, help="Share of time for disturbed rounds; .25.")]
Ahead = Annotated[int | None, typer.Option("--build-ahead", min=0, help="Next commits to build beside each build.")]
NoPull = Annotated[bool, typer.Option("--no-pull", help="Do not update the mirror of a remote repository.")]
# What asv's flags ask for is what happens anyway: samples are kept, rounds are processes, durations are shown.
HABITS = ("--record-samples", "--append-samples", "--interleave-rounds", "--no-interleave-rounds", "--durations")
Habit = Annotated[bool, typer.Option(*HABITS, hidden=True)]
Parallel = Annotated[int | None, typer.Option("--parallel", "-j", hidden=True)]
LogFile = Annotated[str | None, typer.Option("--log", help="Append each step as a JSON line; - is stderr.")]
NoLog = Annotated[bool, typer.Option("--no-log", help="Keep no log beside the environments.")]
Trace = Annotated[Path | None, typer.Option("--trace", help="Write where the time went, for Perfetto.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show each step, and what failing builds print.")]
ShowStderr = Annotated[bool, typer.Option("--show-stderr", "-e", help="Show what failing benchmarks printed.")]


def run(
    context: typer.Context,
    commits: Range = "",
    *,
    bench: Bench = None,
    environment: Env = None,
    date_period: Period = "",
    steps: Steps = None,
    rounds: Rounds = None,
    metrics: Metrics = None,
    quick: Quick = False,
    dry_run: DryRun = False,
    again: Again = False,
    skip_existing: Keep = False,
    skip_existing_successful: KeepOk = False,
    skip_existing_failed: KeepFailed = False,
    skip_existing_commits: KeepCommits = False,
    suite_from: SuiteFrom = None,
    launch_method: Launch = None,
    set_commit_hash: SetCommit = None,
    show_stderr: ShowStderr = False,
    python: Python = None,
    cpu_affinity: Affinity = None,
    memory_limit: Memory = None,
    retry_budget: Retry = None,
    build_ahead: Ahead = None,
    no_pull: NoPull = False,
    log: LogFile = None,
    no_log: NoLog = False,
    trace: Trace = None,
    verbose: Verbose = False,
    habit: Habit = False,  # noqa: ARG001 - accepted for scripts written for asv
    parallel: Parallel = None,  # noqa: ARG001 - the same; commits are measured one at a time
) -> None:
    """Measure commits in their environments and store the results.

    RANGE is anything git rev-list takes, along first parents, or a word: NEW (since the last measured commit), EXISTING
    (measured ones), ALL, TAGS, HASHFILE:FILE (one ref a line, - is standard input), worktree (what is in your hands,
    committed or not, with results apart from the history). Without one: the tip of each configured branch.

    What is stored already is not measured again, so the same command goes on where it was interrupted. Ctrl-C ends
    after the commit in hand, a second one at once.

    Examples:

    ```
    bench-runner run                     # the tip of the default branch
    bench-runner run NEW                 # what came since the last measured commit
    bench-runner run v1.0..main --steps 20
    bench-runner run ALL --date-period 1w    # at most one commit a week
    git rev-list -3 side | bench-runner run HASHFILE:-
    bench-runner run worktree && bench-runner compare worktree
    bench-runner run HEAD^! -b join --quick
    bench-runner run NEW --metrics calls,alloc   # beside the time of each time_*, unless it says what it wants
    bench-runner run ALL --dry-run       # what it would do, and for how long
    bench-runner run NEW -v --trace night.json    # each step on the screen, all of them for Perfetto
    ```
    """
    from bench_runner.cli.measure import measure
    from bench_runner.cli.observe import Wishes, observed
    from bench_runner.cli.order import Order
    from bench_runner.cli.progress import Progress
    from bench_runner.cli.worktree import placed
    from bench_runner.repo.thin import Thinning
    from bench_runner.runner.plan import Skip

    flags = {
        Skip.NONE: again,
        Skip.SUCCESSFUL: skip_existing_successful,
        Skip.FAILED: skip_existing_failed,
        Skip.COMMITS: skip_existing_commits,
        Skip.ALL: skip_existing,
    }
    order = Order(
        commits=commits,
        benchmarks=tuple(bench or ()),
        environments=(*(environment or ()), *(f":{version}" for version in python or ())),
        thinning=Thinning(date_period, steps),
        rounds=rounds,
        quick=quick,
        skip=next((word for word, given in flags.items() if given), Skip.ALL),
        suite_from=suite_from,
        launch=launch_method,
        set_commit=set_commit_hash,
        affinity=cpus(cpu_affinity or ""),
        memory=memory_limit,
        retry_budget=retry_budget,
        build_ahead=build_ahead,
        pull=not no_pull,
    )
    project, wishes = Project.of(context), Wishes(log, keep=not no_log, trace=trace, verbose=verbose)
    if metrics is not None:
        project.adjust(metrics=words(metrics))
    with observed(wishes, project.config.env_dir) as console:
        screen = Progress(show_output=show_stderr, console=console)
        project, order = placed(project, order, dry_run=dry_run)
        measure(project, order, dry_run=dry_run, screen=screen)


def words(text: str) -> tuple[str, ...]:
    """Return the metrics that "calls,alloc" names; UsageError for what is none."""
    from bench_runner.worker.metrics import WORDS, unknown

    found = tuple(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))
    if strange := unknown(found):
        raise UsageError(f"--metrics {text}: {strange[0]} is none of {', '.join(WORDS)}")
    return found


def cpus(text: str) -> tuple[int, ...]:
    """Return the CPUs that "0,2" or "0-3" names; UsageError for anything else."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            raise UsageError(f"--cpu-affinity {text}: give numbers of CPUs, as 0 or 0,2 or 0-3")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)
