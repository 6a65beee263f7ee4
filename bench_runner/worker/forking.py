"""Tells whether a process forked from this one would be whole: a child has the forking thread only, and no GPU."""

from __future__ import annotations

import os
import re
import sys
import threading
import warnings
from pathlib import Path
from typing import Iterator

# Drivers of CUDA, ROCm and Level Zero: what they hold is of no use in a child (CUDA: "initialization error").
# Not the runtimes above them (libcudart, libtorch_cuda), which open a driver only when it is needed.
_DRIVER = re.compile(r"/(libcuda|libamdhip64|libhsa-runtime64|libze_loader|libze_intel_gpu|libnvidia-[^/]+)\.so[^/]*$")
_DEVICE = re.compile(r"^/dev/(nvidia|kfd$|dri/render)")
# Where the system does not tell what is mapped: modules that open a driver as they are imported, or soon after.
_BINDINGS = ("cupy", "mlx", "pycuda", "pynvml", "pyopencl")


def forks_whole() -> bool:
    """Return whether a fork loses no thread and no GPU.

    Libraries such as OpenBLAS end their threads before a fork and start them anew when needed; one trial shows.
    """
    if threading.active_count() > 1 or has_gpu():
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


def has_gpu() -> bool:
    """Return whether this process has opened the driver of a GPU."""
    try:
        return any(map(is_gpu, _opened()))
    except OSError:
        return any(name in sys.modules for name in _BINDINGS)


def is_gpu(path: str) -> bool:
    """Return whether a file is the driver of a GPU, or one of its devices."""
    return bool(_DRIVER.search(path) or _DEVICE.match(path))


def _opened() -> Iterator[str]:
    """Yield the files that are mapped into this process, and those that it holds open; OSError where nobody tells."""
    own = Path("/proc/self")
    with (own / "maps").open(errors="replace") as lines:
        for line in lines:  # addresses, permissions, offset, device, inode, and perhaps a path
            yield "".join(line.split(None, 5)[5:]).rstrip("\n")
    for one in (own / "fd").iterdir():
        yield str(one.resolve())


def _threads() -> int:
    """Return how many threads run in this process, those unknown to Python included where the system tells."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return threading.active_count()
