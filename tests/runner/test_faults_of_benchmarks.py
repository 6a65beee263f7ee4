"""Benchmarks that do their worst to their process, its parents and the machine: all are recorded, others go on."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_execute_hostile import gone, marked

from bench_runner.runner.sampling import Sampling

HEAD = """
import builtins, gc, json, os, resource, shutil, signal, subprocess, sys, tempfile, threading, time
SLEEP = [sys.executable, "-c", "import time; time.sleep(120)", "{word}"]
class Odd(BaseException): pass
def deep(n): return deep(n + 1)
def nested(n):
    sys.setrecursionlimit(10 * n)
    found = []
    for _ in range(n): found = [found]
    return len(repr(found))
def handle_all(how):
    for number in (1, 2, 6, 10, 14, 15, 17, 18): signal.signal(number, how)
def spawn_deep():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: os.execv(sys.executable, SLEEP)
        os._exit(0)
def threads(daemon):
    for _ in range(8): threading.Thread(target=time.sleep, args=(120,), daemon=daemon).start()
def into_pipes(what, times):
    for number in range(3, 100):
        link = "/proc/self/fd/%d" % number
        if os.path.exists(link) and os.readlink(link).startswith("pipe:"):
            for _ in range(times): os.write(number, what)
def litter():
    for _ in range(20): open(os.path.join(tempfile.mkdtemp(), "x"), "wb").write(bytes(10**6))
    open("mine", "wb").write(bytes(10**6))
def fail(text): raise ValueError(text)
"""
BAD = """
def track_bad_{number}():
    {body}
track_bad_{number}.timeout = {timeout}
def track_good_{number}(): return 1
"""
SILENT = "without an answer"
LATE = "no answer within 1 s"
TAKEN = "it took the worker down, which was killed by "
FAULTS = {
    # how a benchmark leaves
    "a base exception": ("raise Odd('x')", "failed", "Odd: x"),
    "the end of a generator": ("raise GeneratorExit", "failed", "GeneratorExit"),
    "exit by name": ("exit()", "failed", "SystemExit"),
    "recursion": ("return deep(0)", "failed", "RecursionError"),
    "recursion in C": ("return nested(10**6)", "crashed", "killed by SIGSEGV"),
    "becomes another program": ("os.execv('/bin/true', ['true'])", "crashed", "exit status 0, without an answer"),
    # signals, to itself and to others
    "kills its group": ("os.killpg(0, 9)", "crashed", "killed by SIGKILL"),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP); return 5", "timeout", LATE),
    "stops its group": ("os.kill(0, signal.SIGSTOP); return 5", "timeout", LATE),
    "terminates itself": ("os.kill(os.getpid(), 15); time.sleep(60)", "crashed", "killed by SIGTERM"),
    "terminates its parent": ("os.kill(os.getppid(), 15); time.sleep(60)", "crashed", TAKEN + "SIGTERM"),
    "hangs up on its parent": ("os.kill(os.getppid(), 1); time.sleep(60)", "crashed", TAKEN + "SIGHUP"),
    "interrupts its parent": ("os.kill(os.getppid(), 2); time.sleep(60)", "failed", "KeyboardInterrupt"),
    "an alarm": ("signal.setitimer(signal.ITIMER_REAL, 0.1); time.sleep(60)", "crashed", "killed by SIGALRM"),
    # handlers of signals
    "ignores signals": ("handle_all(signal.SIG_IGN); return 5", "ok", ""),
    "ignores signals and sleeps": ("handle_all(signal.SIG_IGN); time.sleep(60)", "timeout", LATE),
    "sleeps in its handlers": ("handle_all(lambda *_: time.sleep(60)); time.sleep(60)", "timeout", LATE),
    "blocks signals": ("signal.pthread_sigmask(0, range(1, 65)); time.sleep(60)", "timeout", LATE),
    # what the worker itself needs
    "patches clocks": ("time.perf_counter = time.monotonic = time.time = lambda: 'x'; return 5", "ok", ""),
    "stops the clock": ("time.monotonic = time.perf_counter = lambda: 0.0; return 5", "ok", ""),
    "patches json": ("json.dumps = json.loads = None; return 5", "ok", ""),
    "patches write": ("os.write = lambda *_: 0; return 5", "ok", ""),
    "patches open": ("builtins.open = None; return 5", "ok", ""),
    "patches exit": ("os._exit = sys.exit = None; return 5", "ok", ""),
    "patches str": ("builtins.str = None; return 5", "crashed", SILENT),
    "drops all builtins": ("vars(builtins).clear(); return 5", "crashed", SILENT),
    "closes everything": ("os.closerange(0, 4096); return 5", "crashed", SILENT),
    "closes standard input": ("os.close(0); sys.stdin = None; return 5", "ok", ""),
    "answers for itself": ("into_pipes(b'{}\\n', 1); return 5", "crashed", "it spoilt its answer"),
    "answers without end": ("into_pipes(b'x' * 65536, 2000); return 5", "crashed", "it spoilt its answer"),
    # its folder, its environment, what it may use
    "removes its folder": ("shutil.rmtree(os.getcwd()); return 5", "ok", ""),
    "empties its environment": ("os.environ.clear(); os.environ['PATH'] = '/nowhere'; return 5", "ok", ""),
    "lets nobody read": ("os.umask(0o777); return 5", "ok", ""),
    "allows itself no file": ("resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); return 5", "ok", ""),
    "litters": ("litter(); return 5", "ok", ""),
    "endless threads": ("threads(True); return 5", "ok", ""),
    "endless threads to wait for": ("threads(False); return 5", "ok", ""),
    "a daemon": ("spawn_deep(); return 5", "ok", ""),
    "another session": ("subprocess.Popen(SLEEP, start_new_session=True); return 5", "ok", ""),
    # what it prints, and what it returns
    "prints escapes": ("fail('<b>[red]\\x1b[31m\\u202e`|')", "failed", "ValueError: <b>[red]\u202e`|"),
    "prints no text": ("os.write(2, bytes(range(256))); fail('x')", "failed", "ValueError: x"),
    "nan": ("return float('nan')", "skipped", "returned NaN"),
    "inf": ("return float('-inf')", "failed", "ValueError: the benchmark returned -inf"),
    "nothing": ("return None", "failed", "TypeError: the benchmark returned NoneType, not a number"),
    "a complex number": ("return 1j", "failed", "TypeError: the benchmark returned complex, not a number"),
    "a string": ("return '5'", "failed", "TypeError: the benchmark returned str, not a number"),
    "a list": ("return [1, 2]", "failed", "TypeError: the benchmark returned list, not a number"),
    "true": ("return True", "ok", ""),
    "a huge integer": ("return 10**400", "failed", "OverflowError"),
    "what fails to be a number": ("return type('F', (), {'__float__': lambda _: 1/0})()", "failed", "ZeroDivision"),
}


@pytest.fixture
def hearing() -> Iterator[None]:
    """Signals as they are without nohup, which children would inherit."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
@pytest.mark.usefixtures("hearing")
@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_each_fault_is_recorded_and_all_others_are_measured(
    bench: Any, write: Callable[..., Path], tmp_path: Path, launch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every bad one has a good one beside it, in an order of the day: what harmed the worker would harm the next."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    word = f"fault-{os.getpid()}-{time.monotonic_ns()}"
    parts = [
        BAD.format(number=number, body=body, timeout=1 if outcome == "timeout" else 30)
        for number, (body, outcome, _) in enumerate(FAULTS.values())
    ]
    suite = write(one=HEAD.format(word=word) + "".join(parts))
    before = set(tmp_path.iterdir())
    results = bench.results(suite, Sampling(launch=launch))
    for number, (name, (_, outcome, detail)) in enumerate(FAULTS.items()):
        bad, good = results[f"one.track_bad_{number}"], results[f"one.track_good_{number}"]
        late = outcome == "timeout" and launch == "spawn"  # a busy host may take all the time to start
        assert (name, bad.outcome, detail in bad.detail or late) == (name, outcome, True), bad
        assert bool(bad.detail) == (outcome != "ok")
        assert "\x1b" not in bad.detail + bad.output
        assert (bad.sample is None) == (outcome != "ok")
        assert (name, good.outcome, good.sample and good.sample.values) == (name, "ok", (1.0,)), good
    assert gone(word)
    assert gone(str(suite))
    assert not marked(str(suite))
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_one_that_hangs_says_where(bench: Any, write: Callable[..., Path], launch: str) -> None:
    suite = write(one="def inner():\n import time; time.sleep(60)\ndef track_x(): inner()\ntrack_x.timeout = 1")
    result = bench.results(suite, Sampling(launch=launch))["one.track_x"]
    assert (result.outcome, result.detail) == ("timeout", "no answer within 1 s")
    assert 'one.py", line 2 in inner' in result.output


@pytest.mark.slow
def test_a_worker_that_was_stopped_is_given_up(
    bench: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench_runner.runner.launcher._GRACE_S", 1.0)
    suite = write(
        one="""
            import os, signal, time
            def track_x(): os.kill(os.getppid(), signal.SIGSTOP); time.sleep(60)
            track_x.timeout = 1
            def track_y(): return 1
            track_y.rounds = 3
        """
    )
    results = bench.results(suite)
    assert results["one.track_x"].outcome == "timeout"
    assert results["one.track_y"].sample.values == (1.0,) * 3
    assert gone(str(suite))


def test_a_suite_that_patches_everything_when_imported(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import builtins, json, os, signal, sys, time
            time.monotonic = time.perf_counter = time.time = lambda: 0.0
            json.dumps = json.loads = builtins.print = None
            os.write = lambda *_: 0
            sys.stdout = sys.stderr = None
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            def track_x(): return 1
            def track_hangs():
                while True: pass
            track_hangs.timeout = 1
        """
    )
    results = bench.results(suite)
    assert results["one.track_x"].outcome == "ok", results
    assert results["one.track_hangs"].outcome == "timeout"


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark of a process is read from /proc")
@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_output_fills_neither_the_worker_nor_the_host(bench: Any, write: Callable[..., Path], launch: str) -> None:
    suite = write(
        one="""
            import os, re
            def peak(pid):
                with open("/proc/%d/status" % pid) as file:
                    return int(re.search(r"VmHWM:\\s+(\\d+)", file.read()).group(1)) * 1024
            def track_x():
                before = peak(os.getppid())
                for _ in range(1000): os.write(1, b"x" * 99_999 + b"\\n"); os.write(2, b"y")
                return peak(os.getppid()) - before
        """
    )
    before = int(Path("/proc/self/statm").read_text().split()[1])
    (result,) = bench.results(suite, Sampling(launch=launch)).values()
    assert result.sample.values[0] < 4e6
    assert (int(Path("/proc/self/statm").read_text().split()[1]) - before) * os.sysconf("SC_PAGE_SIZE") < 20e6


VALUES = {
    "np.float64(2.5)": ("ok", 2.5),
    "np.float32(2.5)": ("ok", 2.5),
    "np.int8(-3)": ("ok", -3.0),
    "np.bool_(True)": ("ok", 1.0),
    "np.array(4.0)": ("ok", 4.0),
    "np.array([1.0, 2.0])": ("failed", "TypeError"),
    "np.array([])": ("failed", "TypeError"),
    "np.array('x')": ("failed", "ValueError"),
    "np.float64('nan')": ("skipped", "returned NaN"),
    "np.float32('inf')": ("failed", "ValueError: the benchmark returned inf"),
    "np.complex64(1 + 2j)": ("failed", "TypeError: the benchmark returned complex64"),
    "np.complex128(1)": ("failed", "TypeError: the benchmark returned complex128"),
    "np.datetime64('2020-01-01')": ("failed", "TypeError"),
}


@pytest.mark.slow
def test_values_of_numpy(make_environment: Callable[..., Path], bench: Any, write: Callable[..., Path]) -> None:
    bench.python = make_environment("asv_runner==0.3.2", "numpy")
    parts = [f"def track_{number}(): return {value}\n" for number, value in enumerate(VALUES)]
    results = bench.results(write(one="import numpy as np\n" + "".join(parts)))
    for number, (value, (outcome, what)) in enumerate(VALUES.items()):
        result = results[f"one.track_{number}"]
        assert (value, result.outcome) == (value, outcome), result
        assert result.sample.values == (what,) if outcome == "ok" else str(what) in result.detail, result
