"""Keeps a measured process from filling its host's memory and from leaving its core behind."""

from __future__ import annotations

import contextlib
import os
import resource
import sys

_LINUX = sys.platform.startswith("linux")
_OOM = "/proc/self/oom_score_adj"
# No core fits into one byte; a limit of 0 would still have Linux hand it to a program, where core_pattern names one.
_CORE_BYTES = 1 if _LINUX else 0
_VALGRIND_BYTES = 1 << 29  # what valgrind may fill itself


def confine(memory: int) -> None:
    """Cap the data of this process and of each one that it will start at so many bytes, 0 for no cap.

    Linux counts what is private and can be written to, not what is merely reserved (RLIMIT_DATA, 4.7 and later); macOS
    takes the limit and hardly minds it. Beyond the cap there is MemoryError; should the kernel run out of memory first,
    it is this process that it kills.
    """
    _lower(resource.RLIMIT_CORE, _CORE_BYTES)
    if memory:
        _lower(resource.RLIMIT_DATA, memory)
    if _LINUX:
        with contextlib.suppress(OSError):
            handle = os.open(_OOM, os.O_WRONLY)
            try:
                os.write(handle, b"1000")  # the first to go
            finally:
                os.close(handle)


def confine_valgrind(memory: int) -> None:
    """Cap the data of the valgrind that this process is about to become.

    It takes the soft limit off, in a way that has Linux mind the hard one, and what the program in it sets is no limit.
    """
    if memory:
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            most = memory + _VALGRIND_BYTES
            if hard != resource.RLIM_INFINITY:
                most = min(most, hard)
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def release() -> None:
    """Take the cap on memory off again: what is over must be reported, and its data may still be held."""
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _lower(which: int, most: int) -> None:
    """Lower a soft limit, where the system lets us."""
    with contextlib.suppress(OSError, ValueError):
        soft, hard = resource.getrlimit(which)
        if soft == resource.RLIM_INFINITY or soft > most:
            resource.setrlimit(which, (most, hard))
