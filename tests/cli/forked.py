"""The command line in processes forked from one that has loaded it, which spares each of them the loading.

Such a process differs from a new one in what is loaded, and in nothing else. That each verb loads what it needs is
tested with interpreters of their own.
"""

import atexit
import functools
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LATE = ("asv.step_detect", "git", "jinja2", "json5", "matplotlib.backends.backend_svg", "pandas", "pyarrow.parquet",
        "rich.live", "rich.progress", "rich.table", "scipy.special", "scipy.stats")  # fmt: skip
ISLANDS = ("bench_runner.worker", "bench_runner.instrument.__main__")


class Forking:
    """The process that has loaded the command line, as its user sees it."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            handle = theirs.fileno()
            self.process = subprocess.Popen([sys.executable, __file__, str(handle)], pass_fds=[handle])
        self.told = self.socket.makefile("r", encoding="ascii")
        atexit.register(self.close)

    def close(self) -> None:
        """End the process, which has nobody to serve any more."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.process.wait(60)

    def run(self, words: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
        """Run a command to its end; return its exit code and what it and all that it started have written."""
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        socket.send_fds(self.socket, [b"!"], [their_out, their_err])
        os.close(their_out)
        os.close(their_err)
        asked = {"words": words, "folder": str(folder), "environment": dict(environment)}
        self.socket.sendall(json.dumps(asked).encode("ascii") + b"\n")
        child = int(self.told.readline())
        with ThreadPoolExecutor(2) as pool:
            try:
                written = list(pool.map(_whole, (out, err), timeout=240))
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                raise
        return int(self.told.readline()), written[0], written[1]


@functools.cache
def forking() -> Forking:
    """Return the one of this process."""
    return Forking()


def _whole(handle: int) -> str:
    with open(handle, encoding="utf-8") as file:
        return file.read()


def _serve(given: socket.socket) -> None:
    """Fork for each command that is asked for, until nobody is there to ask; return in the process of a command."""
    lines = given.makefile("r", encoding="ascii")
    while True:
        _, streams, _, _ = socket.recv_fds(given, 1, 2)
        if not streams:
            os._exit(0)
        asked = json.loads(lines.readline())
        child = os.fork()
        if child == 0:
            given.close()
            return _become(streams, **asked)
        for one in streams:
            os.close(one)
        given.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        given.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(streams: list[int], words: list[str], folder: str, environment: dict[str, str]) -> None:
    for one, number in zip(streams, (1, 2), strict=True):
        os.dup2(one, number)
        os.close(one)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    sys.argv[:] = ["-c", *words]
    sys.path[0] = ""


def _load() -> None:
    import bench_runner

    for one in pkgutil.walk_packages(bench_runner.__path__, "bench_runner."):
        if not one.name.startswith(ISLANDS):
            importlib.import_module(one.name)
    for name in LATE:
        importlib.import_module(name)


if __name__ == "__main__":
    _load()
    with socket.socket(fileno=int(sys.argv[1])) as given_:
        _serve(given_)
    from bench_runner.cli.main import run

    run()
