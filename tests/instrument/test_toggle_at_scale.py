"""A control file is toggled under four threads in each of four workers: no result is wrong, and all follow in time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench_runner.instrument import control_file

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")]
WORKER = """
import json, os, sys, threading, time
from bench_runner.instrument import control, registry
from toggled import Toggled, closure_of, down, fails

def a_round(a, closure, toggled):
    wrong = (closure(a) != a + 7) + (toggled.method(a) != a * 3) + (list(toggled.numbers(a)) != [a, a + 1])
    wrong += down(5) != 5
    try:
        fails(a)
    except ValueError as error:
        return wrong + (error.args != (a,))
    return wrong + 1

def work(mine):
    closure, toggled = closure_of(7), Toggled()
    while not os.path.exists(stop):
        for _ in range(50):
            try:
                mine[1] += a_round(mine[0], closure, toggled)
            except Exception as error:
                mine[1] += 1
            mine[0] += 1

path, poll_s, workers, stop = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[1] + ".stop"
{tool}
control.watch(path, poll_s)
children = []
for _ in range(workers):
    children.append(os.fork())
    if children[-1] == 0:
        break
if 0 in children:
    counts = [[0, 0] for _ in range(4)]
    threads = [threading.Thread(target=work, args=(mine,)) for mine in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timed = registry.histograms()
    told = {{"calls": 10 * sum(n for n, _ in counts), "wrong": sum(wrong for _, wrong in counts),
            "timed": sum(one.count for one in timed.values()), "failures": repr(registry.failures())}}
    with open(f"{{path}}.{{os.getpid()}}.done", "w") as file:
        json.dump(told, file)
    {tool_end}
else:
    for child in children:
        os.waitpid(child, 0)
"""
TOGGLED = """
def closure_of(n):
    def inner(a):
        return a + n
    return inner

class Toggled:
    def method(self, a):
        return a * 3

    def numbers(self, a):
        yield a
        yield a + 1

def fails(a):
    raise ValueError(a)

def down(n):
    return n and 1 + down(n - 1)
"""
PATTERN = "toggled:*"


@dataclass(frozen=True)
class Service:
    """A program with its workers, toggled from outside."""

    path: str
    process: "subprocess.Popen[bytes]"
    workers: int

    def toggle(self, *, on: bool, left_s: float = 60.0) -> int:
        """Write the file; return its time in ns."""
        control_file.write(self.path, {"timed": [PATTERN] if on else [], "until": time.time() + left_s})
        mark = control_file.mark(self.path)
        assert mark is not None
        return mark[0]

    def told(self, met: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Return what each process tells when all tell what is wanted."""
        deadline, every = time.monotonic() + 60, []
        while time.monotonic() < deadline:
            every = [json.loads(one.read_text()) for one in Path(f"{self.path}.d").glob("*.json")]
            if len(every) == self.workers + 1 and all(map(met, every)):
                return every
            time.sleep(0.002)
        raise AssertionError(every)

    def followed(self, mtime_ns: int) -> list[float]:
        """Wait until all have seen a version of the file; return the seconds that took each, by its own note."""
        every = self.told(lambda one: one["control"]["mtime_ns"] == mtime_ns)
        return [one["control"]["seen_s"] - mtime_ns / 1e9 for one in every]

    def end(self) -> list[dict[str, Any]]:
        """Have the workers end; return what each of them counted."""
        Path(f"{self.path}.stop").touch()
        assert self.process.wait(120) == 0
        return [json.loads(one.read_text()) for one in Path(self.path).parent.glob("*.done")]


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = []

    def begin(poll_s: float, workers: int, tool: str = "", tool_end: str = "", **variables: str) -> Service:
        (tmp_path / "toggled.py").write_text(TOGGLED)
        (tmp_path / "worker.py").write_text(WORKER.format(tool=tool, tool_end=tool_end))
        path = str(tmp_path / "control.json")
        paths = os.pathsep.join((str(ROOT), str(tmp_path)))
        environment = {**os.environ, "PYTHONPATH": paths, "XDG_RUNTIME_DIR": str(tmp_path), **variables}
        command = [sys.executable, str(tmp_path / "worker.py"), path, str(poll_s), str(workers)]
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True))
        return Service(path, started[-1], workers)

    yield begin
    for one in started:
        try:
            os.killpg(one.pid, signal.SIGKILL)
        except ProcessLookupError:  # all ended by themselves
            continue
        one.wait(30)


def storm(service: Service, toggles: int, calls: int) -> None:
    """Toggle, each time as soon as all have followed the last, and look at every result."""
    for number in range(toggles):
        service.followed(service.toggle(on=number % 2 == 0))
    begun = time.monotonic()
    while service.process.poll() is None and time.monotonic() - begun < calls / 100_000:
        time.sleep(0.05)
    counted = service.end()
    assert len(counted) == service.workers
    assert [one["wrong"] for one in counted] == [0] * service.workers
    assert [one["failures"] for one in counted] == ["{}"] * service.workers
    assert all(0 < one["timed"] < one["calls"] for one in counted)
    assert sum(one["calls"] for one in counted) >= calls


def test_no_result_is_wrong_in_threads_of_two_workers(start: Start) -> None:
    storm(start(0.01, 2), 40, 20_000)


@pytest.mark.drill
def test_no_result_is_wrong_in_a_million_calls_and_a_thousand_toggles(start: Start) -> None:
    storm(start(0.01, 4), 1000, 1_000_000)


def test_busy_workers_follow_within_two_seconds_and_all_is_off_in_time(start: Start) -> None:
    service = start(1.0, 4)
    service.told(lambda one: one["timed"] == 0)
    late = [second for number in range(2) for second in service.followed(service.toggle(on=number % 2 == 1))]
    assert max(late) < 2
    mtime_ns = service.toggle(on=True, left_s=3)
    service.followed(mtime_ns)
    every = service.told(lambda one: one["timed"] == 0 and one["control"]["left_s"] == 0)
    assert all(one["control"]["mtime_ns"] == mtime_ns for one in every)  # and nobody touched the file
    assert max(one["at_s"] - one["control"]["until_s"] for one in every) < 2
    assert all(one["wrong"] == 0 and one["timed"] > 0 for one in service.end())


DEBUGGER = """
lines = []
def trace(frame, event, argument):
    if frame.f_code.co_name == "method" and event == "line":
        lines.append(frame.f_lineno - frame.f_code.co_firstlineno)
    return trace
sys.settrace(trace)
threading.settrace(trace)
"""
DEBUGGED = "assert set(lines) == {1} and len(lines) == sum(n for n, _ in counts), len(lines)"
MONITOR = """
tool, monitoring, started = sys.monitoring.PROFILER_ID, sys.monitoring, []
monitoring.use_tool_id(tool, "another")
monitoring.register_callback(tool, monitoring.events.PY_START, lambda code, _: started.append(code.co_name))
monitoring.set_local_events(tool, Toggled.method.__code__, monitoring.events.PY_START)
"""
MONITORED = "assert len(started) == sum(n for n, _ in counts), len(started)"


@pytest.mark.parametrize("tool", ["debugger", "monitoring"])
def test_another_tool_on_the_same_functions_sees_every_call(start: Start, tool: str) -> None:
    if tool == "monitoring" and sys.version_info < (3, 12):
        pytest.skip("sys.monitoring came with Python 3.12")
    service = start(0.01, 1, *((DEBUGGER, DEBUGGED) if tool == "debugger" else (MONITOR, MONITORED)))
    for number in range(20):
        service.followed(service.toggle(on=number % 2 == 0))
    [counted] = service.end()
    assert (counted["wrong"], counted["failures"]) == (0, "{}")
    assert counted["timed"] > 0


def test_coverage_sees_every_line_of_what_is_toggled_under_it(start: Start, tmp_path: Path) -> None:
    pytest.importorskip("coverage", reason="coverage is not installed")
    begin = "import coverage\nunder = coverage.Coverage(data_file='data', include=['*toggled.py'])\nunder.start()"
    end = "under.stop(); under.save()"
    service = start(0.01, 1, begin, end, COVERAGE_CORE="ctrace")
    for number in range(20):
        service.followed(service.toggle(on=number % 2 == 0))
    [counted] = service.end()
    assert (counted["wrong"], counted["failures"]) == (0, "{}")
    command = [sys.executable, "-m", "coverage", "json", "-q", "--data-file=data", "-o", "found"]
    subprocess.run(command, cwd=tmp_path, check=True)
    [file] = json.loads((tmp_path / "found").read_text())["files"].values()
    bodies = {number for number, line in enumerate(TOGGLED.splitlines(), 1) if line.startswith("    ")} - {3}
    assert {4, 8, 9, 12, 13, 16, 19} & bodies <= set(file["executed_lines"])
