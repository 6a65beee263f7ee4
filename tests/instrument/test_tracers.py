"""Tracers, profilers, monitoring tools and coverage see the same of a function while it is timed."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType

import pytest

from bench_runner.instrument import registry
from bench_runner.instrument.switching import disable, enable
from bench_runner.instrument.timing import timed

pytestmark = pytest.mark.usefixtures("switches")
ROOT = Path(__file__).parents[2]


@timed(name="traced")
def work(n: int) -> int:
    total = 0
    for i in range(n):
        if i % 2:
            total += i
    return total


def traced_lines(call: Callable[[], object]) -> list[int]:
    """Return the lines of `work` that a trace function is told of, but for the one of its `def`."""
    lines = []

    def trace(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_name != "work":
            return None
        if event == "line" and frame.f_lineno > frame.f_code.co_firstlineno:
            lines.append(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def test_a_trace_function_sees_the_same_lines() -> None:
    before = traced_lines(lambda: work(4))
    assert len(before) > 8
    enable("traced")
    assert traced_lines(lambda: work(4)) == before
    assert registry.histograms()["traced"].count == 1


def test_timing_may_be_switched_while_a_tracer_is_in_the_function() -> None:
    def switch_and_work() -> None:
        work(2)
        enable("traced")
        work(2)
        disable("traced")
        work(2)

    lines = traced_lines(switch_and_work)
    assert registry.histograms()["traced"].count == 1
    assert lines == traced_lines(lambda: work(2)) * 3


def test_a_profile_function_sees_the_function_return() -> None:
    seen: Counter[tuple[str, object]] = Counter()

    def profile(frame: FrameType, event: str, argument: object) -> None:
        if frame.f_code.co_name == "work" and event == "return":
            seen[event, argument] += 1

    enable("traced")
    sys.setprofile(profile)
    try:
        work(4)
    finally:
        sys.setprofile(None)
    assert seen == {("return", 4): 2}  # its own and the stub's


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
def test_local_events_on_the_functions_code_go_on() -> None:
    monitoring = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
    tool, seen = monitoring.DEBUGGER_ID, []

    def started(code: CodeType, _: int) -> None:
        seen.append(code)

    code = work.__code__
    monitoring.use_tool_id(tool, "test")
    try:
        monitoring.register_callback(tool, monitoring.events.PY_START, started)
        monitoring.set_local_events(tool, code, monitoring.events.PY_START)
        work(1)
        enable("traced")
        work(1)
        disable("traced")
        work(1)
    finally:
        monitoring.set_local_events(tool, code, 0)
        monitoring.free_tool_id(tool)
    assert seen == [code] * 3


PROGRAM = """
import sys
from bench_runner.instrument import registry, switching

def work(n):
    total = 0
    for i in range(n):
        if i % 2:
            total += i
        elif i > 100:
            total -= 1            # never
    return total

if sys.argv[1] == "on":
    switching.enable("__main__:*")
assert work(9) == 16
assert len(registry.histograms()) == (sys.argv[1] == "on")
"""


@pytest.mark.parametrize("core", ["ctrace", "sysmon"])
def test_coverage_measures_the_same(tmp_path: Path, core: str) -> None:
    pytest.importorskip("coverage", reason="coverage is not installed")
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("coverage's sysmon needs Python 3.12")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    found = []
    for state in ("off", "on"):
        coverage = [sys.executable, "-m", "coverage"]
        environment = {"PYTHONPATH": str(ROOT), "COVERAGE_CORE": core, "PATH": ""}
        for command in (["run", "--branch", str(program), state], ["json", "-q", "-o", state]):
            subprocess.run([*coverage, *command], cwd=tmp_path, env=environment, check=True, capture_output=True)
        [one] = [
            file for name, file in json.loads((tmp_path / state).read_text())["files"].items() if "program" in name
        ]
        found.append(
            {key: one[key] for key in ("missing_lines", "missing_branches")} | {"lines": one["executed_lines"]}
        )
    off, on = found
    switch = PROGRAM.splitlines().index('    switching.enable("__main__:*")') + 1
    assert set(on["lines"]) == {*off["lines"], switch}
    assert off["missing_lines"] == sorted({*on["missing_lines"], switch})
    assert [pair for pair in off["missing_branches"] if switch not in pair] == [
        pair for pair in on["missing_branches"] if pair[0] != switch - 1
    ]
