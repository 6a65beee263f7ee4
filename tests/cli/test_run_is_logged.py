"""What a real run tells of itself: its log, its trace, its steps on the screen."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench_runner.runner.log import KEYS, MORE, STEPS

from .conftest import Command

pytestmark = pytest.mark.slow

HANGS = """
import os, time

def time_hangs():
    open(os.environ["ASV_CONF_DIR"] + "/hanging", "w").close()
    time.sleep(600)
time_hangs.timeout = 600
time_hangs.version = "1"
"""


def logs(project: Command) -> list[Path]:
    return sorted((project.folder / ".bench_runner" / "env" / "logs").glob("*.jsonl"))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def kill(process_id: int) -> None:
    """Kill a process and everything below it at once, as a power cut would."""
    root = psutil.Process(process_id)
    for one in [root, *root.children(recursive=True)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)


def complete(trace: Path) -> list[dict[str, Any]]:
    return [one for one in json.loads(trace.read_text())["traceEvents"] if one["ph"] == "X"]


def check_counters(trace: Path) -> None:
    """Hold the last of each counter in the trace to what three commits, one of which does not build, come to."""
    events = [one for one in json.loads(trace.read_text())["traceEvents"] if one["ph"] == "C"]
    last = {one["name"]: one["args"]["count"] for one in events}
    assert last["wheels built"] == 2
    assert last["cases"] == 2 * (2 + 1 + 2)  # commits, time_spin twice, track_answer and both of mem_list once
    assert last["interpreters"] >= 4
    assert last["bytes stored"] > 1000


def check_work(project: Command) -> None:
    """Hold what each result file says of its measuring to what was done, and see it on the site."""
    (oldest,) = project.folder.glob(f"results/here/{project.git('rev-parse', 'HEAD~2')[:8]}-*.json")
    work = json.loads(oldest.read_text())["bench_runner"]["work"]
    assert work["counts"]["cases"] == 5
    assert work["steps"]["case"][0] == 5
    assert work["steps"]["prepare"][0] == 1
    assert 0 < sum(seconds for _, seconds, _ in work["steps"].values()) <= work["wall_s"]
    assert project("publish").code == 0
    page = (project.folder / "site/runs.html").read_text()
    assert "What measuring took" in page
    assert "<bdi>cases</bdi> 5" in page


def test_the_runner_profiles_itself_when_asked(tiny: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_RUNNER_PROFILE", "cprofile")
    done = tiny("list")
    assert done.code == 0, done.err
    told = next(line for line in done.err.splitlines() if line.startswith("profile of this command: "))
    collapsed, speedscope = told.partition(": ")[2].split(", ")
    assert "bench_runner" in Path(collapsed).read_text()
    assert json.loads(Path(speedscope).read_text())["profiles"]
    monkeypatch.setenv("BENCH_RUNNER_PROFILE", "yes")
    done = tiny("list")
    assert (done.code, done.err) == (2, "error: BENCH_RUNNER_PROFILE=yes: write 1, pyspy or cprofile\n")


def test_a_run_is_logged_traced_and_shown(tiny: Command) -> None:
    words = ("run", "ALL", "--rounds", "2", "--retry-budget", "0", "-v", "--trace", "trace.json")
    done = tiny("--machine", "here", *words)
    assert done.code == 0, done.err
    (path,) = logs(tiny)
    told = lines(path)
    check_keys(told)
    check_order(tiny, told)
    check_sums(told)
    check_failure(tiny, told, done.err)
    check_counters(tiny.folder / "trace.json")
    check_work(tiny)
    ended = [line for line in told if line["outcome"] != "begun"]
    assert sorted(one["name"] for one in complete(tiny.folder / "trace.json")) == sorted(one["step"] for one in ended)
    assert "went: environments and builds" in done.err
    again = tiny("log", "trace", "-o", "again.json")
    assert again.code == 0, again.err
    assert len(complete(tiny.folder / "again.json")) == len(ended)
    check_nothing_to_do(tiny, path)


def check_keys(told: list[dict[str, Any]]) -> None:
    for line in told:
        assert line.keys() >= KEYS.keys()
        assert line.keys() - KEYS.keys() <= MORE.keys(), line
        assert line["step"] in STEPS
    assert len({line["run"] for line in told}) == 1


def check_order(tiny: Command, told: list[dict[str, Any]]) -> None:
    """Each commit's steps come in the order of its work, the first one's after those of the whole run."""
    begun = {(line["id"], line["step"]): line["at_s"] for line in told}
    names = [step for (_, step), _ in sorted(begun.items(), key=lambda one: one[1])]
    assert names[:3] == ["run", "start", "select"]
    assert names.index("environment") < names.index("discover") < names.index("job")
    for ref in ("HEAD", "HEAD~2"):
        sha = tiny.git("rev-parse", ref)
        own = [line for line in told if line["commit"] == sha and line["outcome"] != "begun"]
        first = {step: min(line["at_s"] for line in own if line["step"] == step) for step in {x["step"] for x in own}}
        order = ["prepare", "checkout", "build", "install", "round", "preload", "case", "save"]
        assert [first[step] for step in order] == sorted(first[step] for step in order)
        cases = {line["benchmark"] for line in own if line["step"] == "case"}
        assert cases >= {"suite.time_spin", "suite.track_answer", "suite.Pairs.mem_list(1)"}
        assert {line["environment"] for line in own} == {own[0]["environment"]}


def check_sums(told: list[dict[str, Any]]) -> None:
    """What a step's own thread does in it is not longer, nor dearer, than the step."""
    ended = [line for line in told if line["outcome"] != "begun"]
    for around in ended:
        inside = [line for line in ended if (line["parent"], line["thread"]) == (around["id"], around["thread"])]
        assert sum(line["dur_s"] for line in inside) <= around["dur_s"] + 1e-3
        assert sum(line["cpu_s"] for line in inside if line["step"] != "case") <= around["cpu_s"] + 0.02, around
    (whole,) = [line for line in ended if line["step"] == "run"]
    assert whole["cpu_s"] > sum(line["cpu_s"] for line in ended if line["step"] in {"tool", "preload"})
    assert all(line["maxrss"] > 1 << 20 for line in ended)


def check_failure(tiny: Command, told: list[dict[str, Any]], shown: str) -> None:
    """A commit that does not build says so in its log, with what was printed, and on the screen as it happens."""
    sha = tiny.git("rev-parse", "HEAD~1")
    failed = {line["step"]: line for line in told if line["commit"] == sha and line["outcome"] not in {"ok", "begun"}}
    assert failed.keys() == {"build", "prepare"}
    assert "flit_core.nowhere" in failed["prepare"]["error"]
    assert "Traceback" in failed["prepare"]["output"]
    assert "ModuleNotFoundError: No module named 'flit_core.nowhere'\n" in shown
    asked = tiny("log", "show", "--failed")
    assert asked.code == 0, asked.err
    assert [asked.out.count(f"  {step}  {sha[:8]} uv-") for step in ("build", "prepare", "install")] == [1, 1, 0]
    assert "Traceback" in asked.out


def check_nothing_to_do(tiny: Command, path: Path) -> None:
    """Runs that find nothing to do leave the last log where it is; --no-log keeps none at all."""
    for _ in range(2):  # the first may still look for itself
        done = tiny("--machine", "here", "run", "ALL", "--rounds", "2", "--no-log")
        assert done.code == 0, done.err
    assert logs(tiny) == [path]
    assert tiny("--machine", "here", "run", "ALL", "--rounds", "2").code == 0
    assert logs(tiny) == [path]
    done = tiny("--machine", "here", "run", "HEAD^!", "--rounds", "1", "--again", "-b", "answer", "--log", "-")
    assert any(json.loads(line)["step"] == "case" for line in done.err.splitlines() if line.startswith("{"))
    assert logs(tiny) == [path]


def wait_for(path: Path) -> None:
    end = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_after_a_kill_the_log_names_what_was_going_on(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", HANGS)
    with tiny.start("--machine", "here", "run", "HEAD^!", "--trace", "trace.json", "--log", "night.jsonl") as process:
        wait_for(tiny.folder / "hanging")
        kill(process.pid)
    asked = tiny("log", "show", "night.jsonl", "--failed")
    assert asked.code == 0, asked.err
    assert "...  case  suite.time_hangs  begun: never ended" in asked.out
    traced = tiny("log", "trace", "night.jsonl", "-o", "killed.json")
    assert traced.code == 0, traced.err
    (case,) = [one for one in complete(tiny.folder / "killed.json") if one["name"] == "case"]
    assert case["args"]["error"] == "never ended"


def test_an_interruption_leaves_a_whole_trace_and_says_so_in_the_log(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", HANGS)
    with tiny.start("--machine", "here", "run", "HEAD^!", "--trace", "trace.json") as process:
        wait_for(tiny.folder / "hanging")
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        process.communicate(timeout=60)
    assert process.returncode == 130
    case = next(one for one in complete(tiny.folder / "trace.json") if one["name"] == "case")
    assert "KeyboardInterrupt" in case["args"]["error"]
    (path,) = logs(tiny)
    last = lines(path)[-1]
    assert (last["step"], last["outcome"]) == ("run", "interrupted")


def test_publish_and_bisect_are_traced(measured: Command) -> None:
    assert measured("publish", "--trace", "publish.json").code == 0
    steps = {one["name"] for one in complete(measured.folder / "publish.json")}
    assert steps == {"publish", "load", "detect", "layout", "render", "write"}
    assert measured("--machine", "here", "bisect", "HEAD~2..HEAD", "-b", "answer", "--trace", "bisect.json").code == 0
    events = complete(measured.folder / "bisect.json")
    looks = [one for one in events if one["name"] == "look"]
    assert {one["args"]["commit"] for one in looks} >= {measured.git("rev-parse", ref) for ref in ("HEAD", "HEAD~2")}
    assert {one["name"] for one in events} >= {"bisect", "prepare", "discover", "round", "case", "save"}


def test_places_that_cannot_be_written_are_refused_before_anything_is_done(tiny: Command) -> None:
    for option in ("--trace", "--log"):
        done = tiny("--machine", "here", "run", option, "no/such/folder/file")
        assert done.code == 2
        assert f"{option} no/such/folder/file: No such file or directory" in done.err
    assert not (tiny.folder / "results").exists()
