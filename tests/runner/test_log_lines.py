"""Lines of the runner's log: documented, whole, harmless, and read back after the worst."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.errors import UsageError
from bench_runner.instrument.spans import charge, listening, note, span
from bench_runner.runner import logged
from bench_runner.runner.log import KEYS, LONGEST, LONGEST_OUTPUT, MORE, SCHEMA, STEPS, Log

HOSTILE = 'suite.time_x("a\n\x1b]0;title\x07\x1b[31m\u202e\U0001f525\ud800</script>")'


def work() -> None:
    """Do what a night does, in small."""
    with span("run"):
        with span("start", version="1", words="run"):
            pass
        with span("job", commit="a" * 40, environment="uv-py3.11"):
            with span("prepare"):
                with span("build"), span("tool", program="uv"):
                    charge(2.0, 50 << 20)
                note(outcome="failed", error="does not build", output="o" * 9000 + "end")
            with span("round", round=1), span("case", benchmark=HOSTILE):
                charge(0.5, 9 << 20, alone=True)
                note(outcome="timeout", error="no answer within 1 s")


def written(path: Path, run: str = "r1") -> list[dict[str, Any]]:
    log = Log(path, run)
    with listening(log.ended, log.began):
        work()
    log.close()
    assert log.lost == 0
    return [json.loads(line) for line in path.read_bytes().decode("ascii").splitlines()]


def test_every_line_has_the_documented_keys_and_no_others(tmp_path: Path) -> None:
    for line in written(tmp_path / "log"):
        assert line.keys() >= KEYS.keys()
        assert line.keys() - KEYS.keys() <= MORE.keys()
        assert line["step"] in STEPS
        assert (line["schema"], line["run"]) == (SCHEMA, "r1")
        assert line["time"].endswith("+00:00")
        assert line["load"] >= 0


def test_a_step_is_a_line_and_foreign_code_has_one_before_it(tmp_path: Path) -> None:
    lines = written(tmp_path / "log")
    ended = [line["step"] for line in lines if line["outcome"] != "begun"]
    assert ended == ["start", "tool", "build", "prepare", "case", "round", "job", "run"]
    begun = [(line["step"], line["dur_s"], line["cpu_s"]) for line in lines if line["outcome"] == "begun"]
    assert begun == [("build", None, None), ("case", None, None)]


def test_what_a_line_says_of_a_step(tmp_path: Path) -> None:
    lines = {line["step"]: line for line in written(tmp_path / "log")}
    case, prepare, job = lines["case"], lines["prepare"], lines["job"]
    assert (case["outcome"], case["error"], case["cpu_s"], case["maxrss"]) == (
        "timeout",
        "no answer within 1 s",
        0.5,
        9 << 20,
    )
    assert (case["commit"], case["environment"], case["round"]) == ("a" * 40, "uv-py3.11", 1)
    assert (prepare["outcome"], prepare["error"], prepare["benchmark"]) == ("failed", "does not build", None)
    assert prepare["output"].endswith("end")
    assert len(prepare["output"]) == LONGEST_OUTPUT + len("[...]")
    assert (job["outcome"], job["error"]) == ("ok", "")
    assert 2.5 <= job["cpu_s"] < 4
    assert lines["case"]["parent"] == lines["round"]["id"]
    assert lines["round"]["at_s"] <= lines["case"]["at_s"]


def test_hostile_names_stay_on_their_line_and_out_of_the_terminal(tmp_path: Path) -> None:
    lines = written(tmp_path / "log")
    content = (tmp_path / "log").read_bytes()
    assert content.isascii()
    assert b"\x1b" not in content
    (case,) = [line for line in lines if line["outcome"] == "timeout"]
    assert case["benchmark"] == HOSTILE.replace("\ud800", "?")


@given(st.text(st.characters(), max_size=2000))
def test_any_text_becomes_one_ascii_line_that_any_reader_takes(text: str) -> None:
    read, write = os.pipe()
    try:
        log = Log(Path(f"/dev/fd/{write}"), "r")
        with listening(log.ended), span("case", benchmark=text):
            pass
        log.close()
        content = os.read(read, 1 << 16)
    finally:
        os.close(read)
        os.close(write)
    assert content.isascii()
    assert content.count(b"\n") == 1
    found = json.loads(content)["benchmark"]
    found.encode()  # no half characters
    assert found == text.encode(errors="replace").decode() or found.endswith("[...]")
    assert len(found) <= LONGEST + len("[...]")


def test_steps_are_read_back(tmp_path: Path) -> None:
    written(tmp_path / "log")
    spans = logged.spans(logged.read(tmp_path / "log"))
    assert [one.name for one in spans] == ["start", "tool", "build", "prepare", "case", "round", "job", "run"]
    case = spans[4]
    assert (case.cpu_s, case.maxrss, case.error) == (0.5, 9 << 20, "no answer within 1 s")
    assert case.fields["environment"] == "uv-py3.11"
    assert case.fields["round"] == 1
    assert "step" not in case.fields


def test_of_several_runs_in_a_file_the_last_is_read(tmp_path: Path) -> None:
    written(tmp_path / "log", "r1")
    log = Log(tmp_path / "log", "r2")
    with listening(log.ended), span("run"):
        pass
    log.close()
    assert [line["run"] for line in logged.read(tmp_path / "log")] == ["r2"]


def test_whatever_is_cut_is_left_out_and_a_new_line_follows_it(tmp_path: Path) -> None:
    whole = len(written(tmp_path / "log"))
    content = (tmp_path / "log").read_bytes()
    (tmp_path / "log").write_bytes(b"\xff\0[]\n{}\n" + content[:-30])
    assert len(logged.read(tmp_path / "log")) == whole - 1
    log = Log(tmp_path / "log", "r1")
    with listening(log.ended), span("run"):
        pass
    log.close()
    assert len(logged.read(tmp_path / "log")) == whole


def test_what_has_begun_and_never_ended_is_told(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", "r1")
    with listening(log.ended, log.began), span("run"), span("select"):
        pass
    kept = (tmp_path / "log").read_bytes()
    with listening(log.ended, log.began), span("case", benchmark="time_x"):
        begun = (tmp_path / "log").read_bytes()
    log.close()
    assert begun.startswith(kept)
    (tmp_path / "log").write_bytes(begun)  # as after a kill in the case
    last = logged.spans(logged.read(tmp_path / "log"))[-1]
    assert (last.name, last.error, last.fields["benchmark"]) == ("case", "never ended", "time_x")


def test_logs_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing"):
        logged.read(tmp_path / "nothing")
    (tmp_path / "log").write_text('{"schema": 99}\n')
    with pytest.raises(UsageError, match="newer bench-runner"):
        logged.read(tmp_path / "log")
    (tmp_path / "log").write_text("no log\n")
    with pytest.raises(UsageError, match="holds no step"):
        logged.read(tmp_path / "log")


FULL = """
import resource, sys
from pathlib import Path
from bench_runner.instrument.spans import failures, listening, span
from bench_runner.runner.log import Log

log = Log(Path(sys.argv[1]), "r1")
def step(number):
    with listening(log.ended), span("round", round=number):
        pass
step(1)
resource.setrlimit(resource.RLIMIT_FSIZE, (Path(sys.argv[1]).stat().st_size + 100, resource.RLIM_INFINITY))
step(2)
step(3)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
step(4)
print(log.lost, failures())
"""


def test_a_full_disk_costs_lines_and_never_the_run(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path / "log"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "0"]
    assert [line["round"] for line in logged.read(tmp_path / "log")] == [1, 4]


ENDLESS = """
import sys
from pathlib import Path
from bench_runner.instrument.spans import listening, span
from bench_runner.runner.log import Log

log = Log(Path(sys.argv[1]), "r1")
with listening(log.ended, log.began):
    while True:
        with span("round", round=1), span("case", benchmark="time_x" * 50):
            pass
"""


def test_a_log_is_readable_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", ENDLESS, path]) as process:
        while not path.exists() or path.stat().st_size < 1 << 16:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    lines = logged.read(path)
    assert len(lines) >= path.read_bytes().count(b"\n")
    assert {one.name for one in logged.spans(lines)} == {"round", "case"}
