"""`run`: measure commits and store what comes of it."""

from typing import Annotated

import typer

from bench_runner.cli.project import Project

Range = Annotated[str, typer.Argument(metavar="[RANGE|NEW|EXISTING|ALL]", help="Any range git rev-list takes.")]
Bench = Annotated[list[str] | None, typer.Option("--bench", "-b", help="Only cases in which this pattern is found.")]
Env = Annotated[list[str] | None, typer.Option("--environment", "-E", help="uv:3.12, existing, or a whole name.")]
Steps = Annotated[int | None, typer.Option("--steps", "-s", min=1, help="At most so many commits, spread evenly.")]
Rounds = Annotated[int | None, typer.Option("--rounds", min=1, help="Fresh processes per benchmark; default 5.")]
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
ShowStderr = Annotated[bool, typer.Option("--show-stderr", "-e", help="Show what failing benchmarks printed.")]


def run(
    context: typer.Context,
    commits: Range = "",
    *,
    bench: Bench = None,
    environment: Env = None,
    steps: Steps = None,
    rounds: Rounds = None,
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
) -> None:
    """Measure commits in their environments and store the results.

    What is stored already is not measured again, so the same command goes on where it was interrupted. Ctrl-C ends
    after the commit in hand, a second one at once.

    Examples:

    ```
    bench-runner run                     # the tip of the default branch
    bench-runner run NEW                 # what came since the last measured commit
    bench-runner run v1.0..main --steps 20
    bench-runner run HEAD^! -b join --quick
    bench-runner run ALL --dry-run       # what it would do, and for how long
    ```
    """
    from bench_runner.cli.measure import Order, measure
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
        environments=tuple(environment or ()),
        steps=steps,
        rounds=rounds,
        quick=quick,
        skip=next((word for word, given in flags.items() if given), Skip.ALL),
        suite_from=suite_from,
        launch=launch_method,
        set_commit=set_commit_hash,
    )
    measure(Project.of(context), order, dry_run=dry_run, show_output=show_stderr)
