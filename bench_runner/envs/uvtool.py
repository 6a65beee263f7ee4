"""Calls the uv program of the PyPI package, so that none need be on PATH."""

import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bench_runner.envs import process
from bench_runner.envs.variables import inherited
from bench_runner.errors import EnvironmentFailedError

_FINDING = threading.Lock()


def command(*arguments: str) -> list[str]:
    """Return a uv command line that prints plainly; EnvironmentFailedError when the uv package holds no program."""
    with _FINDING:
        return [_program(), *arguments, "--no-progress", "--color", "never"]


@cache
def _program() -> str:
    """Return where uv is. One thread at a time: sysconfig, which is asked, shows others what it has half filled."""
    import uv

    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentFailedError(
            'the uv program is missing: reinstall the package uv, or write environment_type = "venv"'
        ) from error


def asked(*arguments: str, folder: Path, timeout: float = 60.0) -> str:
    """Return what uv answers to a question that needs no network, "" when it has no answer."""
    settings = inherited({"UV_PYTHON_DOWNLOADS": "never"})
    finished = process.run(command(*arguments, "--quiet"), folder=folder, variables=settings, timeout=timeout)
    return "" if finished.code else finished.output.strip()


def must(what: str, *arguments: str, folder: Path, timeout: float, variables: Mapping[str, str] | None = None) -> str:
    """Return the output of a uv call that has to succeed; EnvironmentFailedError names `what` failed.

    A call that finds no network is repeated once from uv's cache alone.
    """
    environment = inherited({"UV_NO_WRAP": "1", **(variables or {})})
    try:
        return process.must(what, command(*arguments), folder=folder, variables=environment, timeout=timeout)
    except EnvironmentFailedError as error:
        if not unreachable(error.output):
            raise
        again = process.run(command(*arguments, "--offline"), folder=folder, variables=environment, timeout=timeout)
        if again.code or again.late:
            raise
        return again.output


def unreachable(output: str) -> bool:
    """Return whether uv's output says that the network, not the request, was at fault."""
    return "error sending request" in output or "Failed to fetch" in output or "dns error" in output
