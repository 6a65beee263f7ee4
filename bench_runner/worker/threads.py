"""Tells whether a process forked from this one would be whole: no thread but the forking one lives on in a child."""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path


def forks_whole() -> bool:
    """Return whether a fork loses no thread.

    Libraries such as OpenBLAS end their threads before a fork and start them anew when needed; one trial shows.
    """
    if threading.active_count() > 1:
        return False
    if _threads() == 1:
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that threads are running is the question
        pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return _threads() == 1


def _threads() -> int:
    """Return how many threads run in this process, those unknown to Python included where the system tells."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return threading.active_count()
