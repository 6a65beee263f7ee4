"""Builds commits that are wanted next at the same time as the one that is wanted now; all has ended when it returns."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import islice
from pathlib import Path

from bench_runner.envs import process
from bench_runner.envs.installation import Installation

_KILL_AGAIN_S = 0.05


def batch(installation: Installation, sha: str, then: Iterable[str], most: int) -> list[str]:
    """Return the commit with those of the next ones, `most` at the most, that are worth building beside it.

    None is when the commit needs no building, when there is no second processor, or when a build may look into the
    environment, where one commit follows the other. No more than what the cache keeps.
    """
    size = min(1 + most, installation.wheels.keep)
    if size < 2 or _processors() < 2 or not installation.isolated or installation.is_built(sha):
        return [sha]
    missing = (one for one in then if one != sha and not installation.is_built(one))
    return [sha, *islice(missing, size - 1)]


def build(installation: Installation, sources: Sequence[tuple[str, Path]]) -> None:
    """Build commits (sha, folder where it is checked out) at once, for `Installation.put` to find what came of them."""
    with ThreadPoolExecutor(min(len(sources), _processors())) as pool:
        jobs = [pool.submit(copy_context().run, installation.build, sha, folder) for sha, folder in sources]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            _end(jobs)
            raise


def _end(jobs: Sequence[Future[None]]) -> None:
    """Begin no further build, and kill what runs until none is left: a build may be between two programs."""
    for job in jobs:
        job.cancel()
    while wait(jobs, _KILL_AGAIN_S).not_done:
        process.kill_all()


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
