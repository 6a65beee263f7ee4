"""Real programs write windows until they end; together they have all that was measured, once."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from bench_runner.instrument import registry, results
from bench_runner.instrument.counting import counter
from bench_runner.instrument.results import Results
from bench_runner.instrument.windows import Window, read

ROOT = Path(__file__).parents[2]
BEGIN = f"""
import os, sys, threading, time
sys.path.insert(0, {str(ROOT)!r})
from bench_runner.instrument import registry
from bench_runner.instrument.counting import counter
from bench_runner.instrument.results import Results

def work(n, ns=1000):
    for _ in range(n):
        registry.histogram("work").record(ns)
        counter("done").add(2)
"""


def run(program: str, *args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", BEGIN + program, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def totals(windows: list[Window]) -> tuple[int, int]:
    calls = sum(one.histograms["work"].count for one in windows if "work" in one.histograms)
    return calls, sum(int(str(one.counters["done"]["value"])) for one in windows if "done" in one.counters)


def test_windows_follow_each_other_and_the_last_comes_at_the_end(tmp_path: Path) -> None:
    done = run(
        "Results(sys.argv[1], ('shop', 'v1', 'prod'), 0.05)\nfor _ in range(20): work(50); time.sleep(0.02)", tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    windows = list(read(tmp_path))
    assert len(windows) >= 3
    assert totals(windows) == (1000, 2000)
    assert {(one.service, one.commit, one.environment) for one in windows} == {("shop", "v1", "prod")}
    assert len({one.pid for one in windows}) == len(list(tmp_path.iterdir())) == 1
    for before, after in pairwise(windows):
        assert before.start_s < before.end_s == pytest.approx(after.start_s, abs=1)
    assert sum(one.resources["cpu_s"] for one in windows) > 0
    assert abs(windows[0].start_s - time.time()) < 600


def test_what_was_measured_before_is_not_in_the_first_window(tmp_path: Path) -> None:
    run("work(5)\nResults(sys.argv[1], ('shop', 'v1', 'prod'), 60)\nwork(7)", tmp_path)
    assert totals(list(read(tmp_path))) == (7, 14)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_each_forked_worker_has_a_file_of_its_own(tmp_path: Path) -> None:
    done = run(
        """
Results(sys.argv[1], ("shop", "v1", "prod"), 0.05)
work(100)
for n in range(4):
    if os.fork() == 0:
        work(10 ** n)
        time.sleep(0.2)
        sys.exit()
for n in range(4):
    os.wait()
""",
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    windows = list(read(tmp_path))
    assert totals(windows) == (100 + 1111, 2 * (100 + 1111))
    assert len(list(tmp_path.iterdir())) == len({one.pid for one in windows}) == 5
    by_pid = [totals([one for one in windows if one.pid == pid])[0] for pid in {one.pid for one in windows}]
    assert sorted(by_pid) == [1, 10, 100, 100, 1000]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_workers_of_multiprocessing_write_their_last_window(tmp_path: Path) -> None:
    done = run(
        """
import multiprocessing
Results(sys.argv[1], ("shop", "v1", "prod"), 60)
workers = [multiprocessing.get_context("fork").Process(target=work, args=(n,)) for n in (3, 4)]
for one in workers: one.start()
for one in workers: one.join()
""",
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert totals(list(read(tmp_path))) == (7, 14)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_that_is_killed_leaves_whole_windows(tmp_path: Path) -> None:
    program = "Results(sys.argv[1], ('shop', 'v1', 'prod'), 0.01)\nprint(flush=True)\nwhile True: work(10)"
    command = [sys.executable, "-c", BEGIN + program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size > 5000 for path in tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    assert totals(list(read(tmp_path)))[0] > 0


@pytest.mark.parametrize(
    "names",
    [
        ("../x", "v1", "a"),
        ("shop", "v1", ""),
        ("shop", "", "a"),
        ("é", "v1", "a"),
        (".x", "v1", "a"),
        ("-x", "v1", "a"),
        ("x" * 101, "v1", "a"),
    ],
)
def test_names_that_no_file_could_have_are_refused_at_once(names: tuple[str, str, str], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^(service and environment|a commit) "):
        Results(str(tmp_path / "in"), names, 60)
    assert not results._open


def test_what_is_measured_may_be_called_anything(tmp_path: Path) -> None:
    with Results(str(tmp_path), ("shop-1.x_y", "\ud800\n", "prod"), 60):
        counter('../\ud800\n"').add()
    [window] = read(tmp_path)
    assert window.commit == "\ud800\n"
    assert window.counters['../\ud800\n"'] == {"unit": "1", "value": 1}


def test_what_cannot_be_written_is_counted_and_comes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_failures", {})
    (tmp_path / "in").write_text("no folder")
    with Results(str(tmp_path / "in"), ("shop", "v1", "prod"), 60) as writing:
        counter("results test 2").add(3)
        writing.write()
        assert registry.failures()["windows"].count == 1
        (tmp_path / "in").unlink()
        counter("results test 2").add(4)
    [window] = read(tmp_path / "in")
    assert window.counters["results test 2"] == {"unit": "1", "value": 7}
    assert writing not in results._open


def test_counts_that_were_cleared_meanwhile_are_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_histograms", {})
    registry.histogram("a").record(5)
    registry.histogram("a").record(5)
    with Results(str(tmp_path), ("shop", "v1", "prod"), 60):
        registry.clear()
        registry.histogram("a").record(7)
    [window] = read(tmp_path)
    assert window.histograms["a"].to_dict()["sum_ns"] == 7
