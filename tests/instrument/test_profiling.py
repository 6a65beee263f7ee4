"""Both backends name what is slow, end in time, leave whole files, and never raise into the program."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench_runner.instrument import profiling, pyspy, registry, stacks
from bench_runner.instrument.profiling import Profiling, profile_when

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
BACKENDS = ["pyspy", "cprofile"]


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    registry.clear()
    yield
    assert sys.getprofile() is None
    assert threading.getprofile() is None
    assert profiling._active is None


@pytest.fixture
def out(tmp_path: Path) -> str:
    return str(tmp_path / "profiles")


def culprit(n: int) -> int:
    return sum(i * i for i in range(n))


def quick() -> int:
    return 1


def work(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        culprit(3000)
        quick()


def of(taken: Profiling) -> dict[stacks.Stack, int]:
    """Return what a profile found, from its file."""
    assert taken.problem == ""
    collapsed, speedscope = (Path(name) for name in taken.files)
    found = stacks.parse(collapsed.read_text())
    document = json.loads(speedscope.read_text())
    assert document["profiles"][0]["endValue"] == stacks.total(found) > 0
    assert [one for one in collapsed.parent.iterdir() if one not in {collapsed, speedscope}] == []
    return found


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_slow_comes_first(out: str, backend: str) -> None:
    thread = threading.Thread(target=work, args=(1.5,))
    with profile_when(out=out, backend=backend, rate_hz=200) as taken:
        thread.start()
        work(1.5)
    thread.join()
    found = of(taken)
    names = [name for name, _ in stacks.hottest(found)]
    assert any("culprit" in name for name in names[:2])
    assert not any("quick" in name for name in names[:2])
    within = sum(ns for stack, ns in found.items() if any(frame.startswith("culprit (") for frame in stack))
    assert within > 0.5 * stacks.total(found)
    assert any(stack[0].startswith("Thread._bootstrap (") for stack in found)
    assert registry.failures() == {}


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_ends_by_itself(out: str, backend: str) -> None:
    with profile_when(out=out, backend=backend, max_seconds=0.5) as taken:
        assert taken.on
        deadline = time.monotonic() + 60
        while taken.on or profiling._active:
            work(0.01)
            assert time.monotonic() < deadline
        assert of(taken)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="threading.setprofile_all_threads came with Python 3.12")
def test_every_call_of_threads_begun_before_is_seen_too(out: str) -> None:
    stop = threading.Event()

    def early() -> None:
        while not stop.is_set():
            culprit(100)

    thread = threading.Thread(target=early)
    thread.start()
    with profile_when(out=out, backend="cprofile") as taken:
        time.sleep(0.3)
    stop.set()
    thread.join()
    assert any(frame.startswith("culprit") for stack in of(taken) for frame in stack)


def test_calls_and_returns_are_kept_together_by_recursion_generators_and_exceptions(out: str) -> None:
    def down(n: int) -> int:
        return n and 1 + down(n - 1)

    def numbers() -> Iterator[int]:
        yield from range(3)

    def fails() -> None:
        raise ValueError(len(""))

    def each() -> None:
        for _ in range(50):
            assert down(5) == 5
            assert list(numbers()) == [0, 1, 2]
            with pytest.raises(ValueError, match="0"):
                fails()

    with profile_when(out=out, backend="cprofile") as taken:
        each()
    mine = [[frame.split(" (")[0].rpartition(".")[2] for frame in stack] for stack in of(taken) if "each" in str(stack)]
    below = {tuple(names[names.index("each") + 1 :][:7]) for names in mine}
    assert ("down",) * 6 in below
    assert ("down",) * 7 not in below
    assert ("numbers",) in below
    assert ("fails", "len") not in {names[:2] for names in below if names[:1] == ("down",)}
    assert all(names.count("each") == 1 for names in mine)


def test_a_place_too_many_counts_for_its_caller(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench_runner.instrument.calls.MOST_NODES", 0)
    taken = profile_when(out=out, backend="cprofile")
    taken.start()
    work(0.05)
    taken.stop()
    assert taken.problem.startswith("nothing was seen; this covers every call")
    assert taken.files == ()
    assert registry.failures() == {}


def test_another_profilers_function_is_left_alone(out: str) -> None:
    def theirs(*_: object) -> None:
        """Hear of nothing."""

    sys.setprofile(theirs)
    try:
        with profile_when(out=out, backend="cprofile") as taken:
            assert sys.getprofile() is theirs
    finally:
        sys.setprofile(None)
    assert "another profiler" in taken.problem
    assert registry.failures()["profile"].count == 1


def test_there_is_one_at_a_time(out: str) -> None:
    with profile_when(out=out, backend="cprofile") as first:
        with profile_when(out=out, backend="cprofile") as second:
            work(0.01)
        assert second.problem == "another profile is being taken"
        assert first.on
        work(0.05)
    assert of(first)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Error: Permission Denied: Try running again with elevated permissions", "SYS_PTRACE"),
        ("Error: Failed to find python version", "Failed to find python version"),
        ("", "nothing"),
    ],
)
def test_py_spys_own_failure_is_told(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    fake = tmp_path / "py-spy"
    fake.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(pyspy, "program", lambda: str(fake))
    with profile_when(out=out, max_seconds=20) as taken:
        deadline = time.monotonic() + 60
        while taken.on:
            time.sleep(0.01)
            assert time.monotonic() < deadline
            taken.step()
    assert told in taken.problem
    assert list(Path(out).iterdir()) == []
    assert registry.failures()["profile"].count == 1


def test_a_missing_py_spy_says_how_to_get_it(out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with profile_when(out=out) as taken:
        assert not taken.on
    assert taken.problem.endswith("pip install 'bench-history[profile]'")


def test_what_does_not_obey_is_killed(out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "py-spy"
    fake.write_text(f"#!{sys.executable}\nimport signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(600)\n")
    fake.chmod(0o755)
    monkeypatch.setattr(pyspy, "program", lambda: str(fake))
    monkeypatch.setattr(pyspy, "_PATIENCE_S", 0.5)
    with profile_when(out=out) as taken:
        time.sleep(0.5)
        backend = taken._backend
    assert isinstance(backend, pyspy.PySpy)
    assert backend._child is not None
    assert backend._child.returncode == -signal.SIGKILL
    assert "took no profile" in taken.problem


@pytest.mark.parametrize("where", ["file", "forbidden"])
def test_a_folder_that_cannot_be_is_a_counted_failure(tmp_path: Path, where: str) -> None:
    place = {"file": tmp_path / "file" / "profiles", "forbidden": Path("/proc/nowhere")}[where]
    (tmp_path / "file").touch()
    with profile_when(out=str(place), backend="cprofile") as taken:
        quick()
    assert taken.problem
    assert taken.files == ()
    assert registry.failures()["profile"].count == 1


@pytest.mark.parametrize("wrong", [{"backend": "gdb"}, {"max_seconds": 0}, {"rate_hz": 0}, {"max_seconds": 10**6}])
def test_wrong_arguments_are_refused_at_once(out: str, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).removeprefix("max_")):
        profile_when(out=out, **wrong)  # type: ignore[arg-type]


def test_only_the_newest_are_kept(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "KEPT", 2)
    kept: list[str] = []
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    Path(out).mkdir()
    (Path(out) / f"{dead.pid}-20260101T000000.000Z.raw").touch()
    (Path(out) / f"{dead.pid}-20260101T000000.000Z.raw.err").touch()
    for _ in range(4):
        with profile_when(out=out, backend="cprofile") as taken:
            work(0.01)
        kept.extend(taken.files)
        time.sleep(0.002)
    assert sorted(str(one) for one in Path(out).iterdir()) == sorted(kept[-4:])


@needs_fork
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_forked_child_has_no_part_in_it(out: str, backend: str) -> None:
    with profile_when(out=out, backend=backend, rate_hz=200) as taken:
        work(0.3)
        child = os.fork()
        if child == 0:
            none = not taken.on and sys.getprofile() is None and threading.getprofile() is None
            with profile_when(out=out, backend="cprofile") as own:
                work(0.05)
            os._exit(none and len(own.files) == 2 and str(os.getpid()) in own.files[0])
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
        assert taken.on
        work(0.3)
    assert taken.problem == ""
    assert len(list(Path(out).iterdir())) == 4


def test_an_exception_sent_to_the_thread_reaches_the_program(out: str) -> None:
    class Alarm(Exception):  # noqa: N818 - a program's own
        pass

    def rings(*_: object) -> None:
        raise Alarm

    caught: list[Callable[..., object]] = []
    before = signal.signal(signal.SIGALRM, rings)
    try:
        with profile_when(out=out, backend="cprofile"):
            for _ in range(20):
                signal.setitimer(signal.ITIMER_REAL, 0.005)
                try:
                    work(30)
                except Alarm:
                    caught.append(rings)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(caught) == 20
