import resource
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench_runner.envs import process
from bench_runner.errors import EnvironmentFailedError
from bench_runner.instrument.spans import Span, listening, span

# Starts a grandchild that leaves the process group, writes down both, and hangs.
HANGS = """
import os, subprocess, sys, time
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
away = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
with open("pids", "w") as file:
    file.write(f"{os.getpid()} {own.pid} {away.pid}")
os.rename("pids", "pids.ready")
print("waiting", flush=True)
time.sleep(600)
"""


def start(code: str, folder: Path, timeout: float = 60.0) -> process.Finished:
    return process.run([sys.executable, "-c", code], folder=folder, variables={"ONLY": "this"}, timeout=timeout)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids: list[int]) -> bool:
    """Whether the kernel has taken them all away, which is not instantly."""
    for _ in range(200):
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_a_program_sees_its_folder_and_nothing_but_its_variables(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ.get('HOME'), os.environ['ONLY'], len(sys.stdin.read()))"
    finished = start(code, tmp_path)
    assert (finished.code, finished.output.strip(), finished.late) == (0, f"{tmp_path} None this 0", False)


@pytest.mark.slow
def test_a_late_program_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    finished = start(HANGS, tmp_path, timeout=3.0)
    assert finished.late
    assert finished.output == "waiting\n"
    pids = [int(word) for word in (tmp_path / "pids.ready").read_text().split()]
    assert len(pids) == 3
    assert gone(pids)


def test_an_interruption_kills_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_pid: int, _seconds: float) -> None:
        time.sleep(0.01)
        if (tmp_path / "pids.ready").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(process, "_rest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(HANGS, tmp_path)
    monkeypatch.undo()
    assert gone([int(word) for word in (tmp_path / "pids.ready").read_text().split()])


@pytest.mark.slow
def test_what_a_program_and_its_children_spend_is_charged(tmp_path: Path) -> None:
    burn = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); b = bytearray(200 << 20)"
    heard: list[Span] = []
    with listening(heard.append), span("build"):
        start(code, tmp_path)
        start(burn + "time.sleep(60)", tmp_path, timeout=1.0)
    tool, late, build = heard
    assert (tool.name, tool.fields["program"]) == ("tool", Path(sys.executable).name)
    assert 0.3 <= tool.cpu_s < 2.0
    # Linux hands the record of the process that forks on to the program.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert 200 << 20 < tool.maxrss < max(300 << 20, 1.1 * ours)
    assert 0.3 <= late.cpu_s < 2.0
    assert build.cpu_s >= tool.cpu_s + late.cpu_s
    assert build.maxrss == tool.maxrss


def test_a_left_daemon_does_not_keep_us_waiting(tmp_path: Path) -> None:
    finished = start(HANGS.rpartition("time.sleep(600)")[0], tmp_path)
    pids = [int(word) for word in (tmp_path / "pids.ready").read_text().split()][1:]
    try:
        assert (finished.code, finished.output) == (0, "waiting\n")
        assert all(alive(pid) for pid in pids)
    finally:
        for pid in pids:
            psutil.Process(pid).kill()


def test_of_an_endless_output_the_end_is_kept(tmp_path: Path) -> None:
    code = "import sys\nfor i in range(300_000): print('line', i)\nsys.stdout.flush()\n"
    code += "sys.stdout.buffer.write(b'\\xff last')"
    finished = start(code, tmp_path)
    lines = finished.output.split("\n")
    assert lines[-2:] == ["line 299999", "\ufffd last"]
    assert len(finished.output) <= 1 << 20
    assert lines[0].startswith("line ")


def test_failures_are_told_in_one_line_with_the_output_apart(tmp_path: Path) -> None:
    code = "print('\\033[1mcompiling\\033[0m'); raise SystemExit('fatal error: x.h: No such file')"
    with pytest.raises(EnvironmentFailedError) as caught:
        process.must("build", [sys.executable, "-c", code], folder=tmp_path, variables={}, timeout=60.0)
    assert str(caught.value) == "build failed: fatal error: x.h: No such file"
    assert sorted(caught.value.output.split("\n")) == ["compiling", "fatal error: x.h: No such file"]
    with pytest.raises(EnvironmentFailedError, match=f"^build failed: {Path(sys.executable).name} ended with code 7$"):
        process.must("build", [sys.executable, "-c", "exit(7)"], folder=tmp_path, variables={}, timeout=60.0)
    with pytest.raises(EnvironmentFailedError, match=r"cannot start /nowhere/tool in .*: No such file"):
        process.must("build", ["/nowhere/tool"], folder=tmp_path, variables={}, timeout=60.0)
