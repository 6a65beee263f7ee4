"""A clock that jumps: results are stored and read all the same, and what is measured does not depend on it."""

import json
import os
import subprocess
import sys

import pytest

from .conftest import Night

RUN_AT_ODD_TIMES = """
import itertools, sys, time
real, jumps = time.time, itertools.count()
# An hour back with each look at it, as if it were set again and again.
time.time = lambda: real() - 3600 * next(jumps)
sys.argv[1:] = {words!r}
from bench_runner.cli.main import run
run()
"""


@pytest.mark.slow
def test_a_clock_that_jumps_back_during_a_run(night: Night) -> None:
    for path in night.files():
        path.unlink()
    words = ["--machine", "here", "run", "ALL", "--rounds", "1"]
    command = [sys.executable, "-c", RUN_AT_ODD_TIMES.format(words=words)]
    done = subprocess.run(command, cwd=night.command.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert night.calls() == 4
    assert night.whole()
    starts = []
    for path in night.files():
        rows = json.loads(path.read_text())
        columns = rows["result_columns"]
        for row in rows["results"].values():
            assert 0 <= row[columns.index("duration")] < 60
            starts.append(row[columns.index("started_at")])
    assert max(starts) - min(starts) > 3_600_000  # the clock did jump
    for verb in ("show", "detect", "publish"):
        assert night.command(verb).code == 0
    assert "0 runs, 3 complete before" in night.run().err


@pytest.mark.slow
def test_a_file_written_in_the_past_is_read_again(night: Night) -> None:
    """What was read before is recognised by time and size: an older time is another time."""
    assert night.command("compare", "HEAD~2", "HEAD").code == 0
    path = night.files()[0]
    sha = path.name[:8]
    times = path.stat()
    text = path.read_text()
    answer = "1" if night.command.git("log", "-1", "--format=%s", sha) == "Begin" else "2"
    path.write_text(text.replace(f'"suite.track_answer":[[{answer}]', '"suite.track_answer":[[7]'))
    assert path.read_text() != text
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns - 3_600_000_000_000))
    assert "7" in night.command("compare", "HEAD~2", "HEAD").out
