"""The word `worktree` where a commit is expected: what is in the user's hands, with results apart from the history."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from bench_runner import units
from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.hostile import plain

if TYPE_CHECKING:
    from bench_runner.cli.order import Order
    from bench_runner.cli.project import Project
    from bench_runner.repo.snapshot import Snapshot

WORD = "worktree"
KEPT = 10  # working trees of which results are kept
NAMED = 3


def placed(project: "Project", order: "Order", *, dry_run: bool) -> "tuple[Project, Order]":
    """Return an order for the working tree as one for its commit, and the project that keeps its results apart.

    Other orders come back as they are; a clean tree is HEAD, whose results belong in the history.
    """
    from bench_runner.envs.files import own_folder
    from bench_runner.envs.matrix import environments
    from bench_runner.store.apart import keep_last

    if order.commits.strip() != WORD:
        return project, order
    if any(one.backend == "existing" for one in environments(project.config, order.environments)):
        raise UsageError(f"run {WORD} builds the tree into an environment of ours: leave `existing` out of -E")
    found = seen(project)
    if not found.changed:
        return project, replace(order, commits="HEAD")
    if not dry_run:
        own_folder(project.config.env_dir)
        own_folder(project.apart.store.results)
        keep_last(project.apart.store, KEPT - 1)
    return project.apart, replace(order, commits=f"{found.commit.sha}^!")


def seen(project: "Project") -> "Snapshot":
    """Return the working tree as a commit, and tell on stderr what it is."""
    from bench_runner.repo.snapshot import take

    config = project.config
    found = take(project.repository, (config.results_dir, config.html_dir, config.env_dir))
    for one in found.left_out:
        typer.echo(f"warning: {plain(one)}, is left out of the working tree", err=True)
    if not found.changed:
        typer.echo(f"the working tree is clean: it is HEAD, {found.commit.short}", err=True)
        return found
    names = ", ".join(plain(path, 60) for path in found.changed[:NAMED])
    more = f" and {len(found.changed) - NAMED} more" if len(found.changed) > NAMED else ""
    files = units.count(len(found.changed), "changed path")
    typer.echo(f"the {plain(found.commit.subject)} is {found.commit.short}: {files}: {names}{more}", err=True)
    return found


def measured(project: "Project") -> str:
    """Return the sha of the working tree; NothingMeasuredError when that has no results."""
    found = seen(project)
    if found.changed and found.commit.sha not in project.apart.store.shas():
        raise NothingMeasuredError(
            f"the working tree as it is now has no results: measure it with `bench-runner run {WORD}`"
        )
    return found.commit.sha
