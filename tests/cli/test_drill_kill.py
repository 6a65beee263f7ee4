"""Drill: `run` is killed with all that it started, at many moments, and gone on with."""

import os
import signal
import time

import psutil
import pytest

from .conftest import Command

MOMENTS = [0.3 + 0.45 * number for number in range(20)]


def kill(process_id: int) -> None:
    """Kill a process and everything below it at once, as a power cut would."""
    root = psutil.Process(process_id)
    for one in [root, *root.children(recursive=True)]:
        try:
            os.kill(one.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@pytest.mark.drill
def test_a_run_killed_at_any_moment_is_gone_on_with(tiny: Command) -> None:
    for number in range(6):
        tiny.write("notes.txt", str(number))
        tiny.commit(f"Note {number}")
    kept: set[str] = set()
    for moment in MOMENTS:
        with tiny.start("--machine", "here", "run", "ALL", "--rounds", "2") as process:
            time.sleep(moment)
            if process.poll() is None:
                kill(process.pid)
        files = {path.name for path in (tiny.folder / "results" / "here").glob("*-uv-*.json")}
        assert kept <= files
        kept = files
        done = tiny("--machine", "here", "store", "verify")
        assert done.code == 0, done.out + done.err
    assert tiny("--machine", "here", "run", "ALL", "--rounds", "2").code == 0
    assert "9 runs" in tiny("show").out
    assert "0 runs, 9 complete before" in tiny("--machine", "here", "run", "ALL", "--rounds", "2").err
