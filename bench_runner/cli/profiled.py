"""Profiles the command itself where the environment asks for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

VARIABLE = "BENCH_RUNNER_PROFILE"
_OFF = {"", "0"}


@contextmanager
def profiled() -> Iterator[None]:
    """Profile the block: BENCH_RUNNER_PROFILE=1 by py-spy if it is there, else by cprofile, or as it is named.

    A profile covers the first five minutes. BENCH_RUNNER_TIMED and BENCH_RUNNER_CONTROL are heeded as in any program
    that is built to be measured, so `bench-runner attach` can look into a night's run.
    """
    if {"BENCH_RUNNER_TIMED", "BENCH_RUNNER_CONTROL"} & os.environ.keys():
        from bench_runner.instrument import control

        control.from_environment()
    wanted = os.environ.get(VARIABLE, "")
    if wanted in _OFF:
        yield
        return
    from platformdirs import user_cache_path

    from bench_runner.errors import UsageError
    from bench_runner.instrument import control_file, profiling

    if wanted not in {"1", *control_file.BACKENDS}:
        raise UsageError(f"{VARIABLE}={wanted}: write 1, {' or '.join(control_file.BACKENDS)}")
    backend = _best() if wanted == "1" else wanted
    out = user_cache_path("bench-history", appauthor=False) / "profiles"
    profile = profiling.profile_when(max_seconds=control_file.MOST_SECONDS, backend=backend, out=str(out))
    try:
        with profile:
            yield
    finally:
        told = ", ".join(profile.files) or f"none: {profile.problem}"
        typer.echo(f"profile of this command: {told}", err=True)


def _best() -> str:
    """Return the backend to use when none is named."""
    from bench_runner.instrument import pyspy

    try:
        pyspy.program()
    except FileNotFoundError:
        return "cprofile"
    return "pyspy"
