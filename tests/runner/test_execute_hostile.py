"""Benchmarks that do their worst: each is survived, recorded, and leaves nothing behind."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench_runner.runner.sampling import Sampling

FINE = "\ndef track_fine(): return 1\n"


def marked(word: str) -> list[psutil.Process]:
    """Living processes with this word on their command line."""
    everything = psutil.process_iter(["cmdline", "status"])
    living = [one for one in everything if one.info["status"] != psutil.STATUS_ZOMBIE]
    return [one for one in living if word in (one.info["cmdline"] or [])]


def gone(word: str, within_s: float = 10.0) -> bool:
    """Whether no such process is left, or soon none."""
    end = time.monotonic() + within_s
    while marked(word):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "outcome", "detail"),
    [
        ("raise ValueError('first\\nsecond')", "failed", "ValueError: first second"),
        ("sys.exit(3)", "failed", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "failed", "KeyboardInterrupt"),
        ("raise Mute", "failed", "Mute: (its message cannot be shown)"),
        ("os._exit(0)", "crashed", "ended with exit status 0, without an answer"),
        ("os._exit(3)", "crashed", "ended with exit status 3, without an answer"),
        ("os.kill(os.getpid(), 11)", "crashed", "killed by SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "crashed", "killed by SIGKILL, perhaps for want of memory"),
        ("os.abort()", "crashed", "killed by SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "crashed", "killed by SIGSEGV"),
        ("os.kill(os.getppid(), 9); time.sleep(60)", "crashed", "it took the worker down, which was killed by SIGKILL"),
        ("time.sleep(60)", "timeout", "no answer within 0.5 s"),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "timeout", "no answer within 0.5 s"),
        ("os.closerange(0, 3); return 5", "ok", ""),
        ("os.closerange(0, 200); return 5", "crashed", "ended with exit status 1, without an answer"),
        ("sys.stdout.close(); sys.stderr.close(); return 5", "ok", ""),
        ("sys.stdout = sys.stderr = None; return 5", "ok", ""),
        ("os.chdir('/'); return 5", "ok", ""),
        ("os.rmdir(os.getcwd()); return 5", "ok", ""),
        ("os.setsid() if os.getpid() != os.getsid(0) else os.setpgid(0, 0); return 5", "failed", "PermissionError"),
        ("[signal.signal(n, signal.SIG_IGN) for n in (2, 15, 1, 17)]; return 5", "ok", ""),
        ("sys.modules.clear(); return 5", "ok", ""),
    ],
)
def test_it_is_recorded_and_the_others_go_on(
    bench: Any, write: Callable[..., Path], body: str, outcome: str, detail: str
) -> None:
    suite = write(
        one=f"""
            import os, signal, sys, time
            class Mute(Exception):
                def __str__(self): raise RuntimeError
            def track_bad(): {body}
            track_bad.timeout = {0.5 if outcome == "timeout" else 20}
            track_bad.rounds = 3
            def track_fine(): return 1
            track_fine.rounds = 3
        """
    )
    results = bench.results(suite, Sampling(seed=5))
    bad = results["one.track_bad"]
    assert (bad.outcome, bad.detail[: len(detail)]) == (outcome, detail)
    assert (bad.sample is None) == (outcome != "ok")
    assert results["one.track_fine"].sample.values == (1.0,) * 3
    assert gone(str(suite))


def test_a_failing_case_is_not_tried_again_and_says_where(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            from pathlib import Path
            CALLS = Path(__file__).with_name("calls.txt")
            def track_x():
                with CALLS.open("a") as file: file.write("x")
                if len(CALLS.read_text()) == 2:
                    print("on the way")
                    raise ValueError("second")
                return 1
            track_x.rounds = 5
        """
    )
    result = bench.results(suite)["one.track_x"]
    assert (result.outcome, result.detail) == ("failed", "in round 2: ValueError: second")
    assert result.sample is None
    assert (suite / "calls.txt").read_text() == "xx"
    assert result.output.startswith("on the way\nTraceback")
    assert "asv_runner" not in result.output
    assert str(Path.home()) not in result.output


@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_a_hundred_megabytes_of_output(bench: Any, write: Callable[..., Path], launch: str) -> None:
    suite = write(
        one="""
            import os, sys
            LINE = "x" * 99_999 + "\\n"
            def track_loud():
                for _ in range(1000): sys.stdout.write(LINE)
                return 1
            def track_loud_and_bad():
                for _ in range(1000): os.write(2, LINE.encode())
                sys.stdout.write("the end")
                raise ValueError("last words")
        """
    )
    before = psutil.disk_usage("/tmp").free
    results = bench.results(suite, Sampling(launch=launch))
    assert results["one.track_loud"].outcome == "ok"
    assert results["one.track_loud"].output == ""
    output = results["one.track_loud_and_bad"].output
    assert len(output) < 70_000
    assert "bytes before this were not kept]" in output.splitlines()[0]
    assert "the end" in output
    assert output.endswith("ValueError: last words")
    assert before - psutil.disk_usage("/tmp").free < 80_000_000


STRAYS = """
    import os, subprocess, sys, time
    WORD = "{word}"
    SLEEP = [sys.executable, "-c", "import time; time.sleep(120)", WORD]
    def track_child():
        subprocess.Popen(SLEEP)
        return 1
    def track_daemon():
        subprocess.Popen(SLEEP, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return 1
    def track_forked():
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                os.execv(sys.executable, SLEEP)
            os._exit(0)
        os.wait()
        return 1
    def track_hangs():
        subprocess.Popen(SLEEP, start_new_session=True)
        subprocess.Popen(SLEEP)
        time.sleep(120)
    track_hangs.timeout = 1
    def track_dies():
        subprocess.Popen(SLEEP)
        os.kill(os.getpid(), 9)
    def track_after():
        found = []
        for pid in os.listdir("/proc") if os.path.isdir("/proc") else []:
            try:
                with open("/proc/%s/cmdline" % pid) as file: text = file.read()
            except OSError:
                continue
            if WORD in text: found.append(text)
        return len(found)
"""


@pytest.mark.slow
@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_nothing_a_benchmark_started_lives_on(
    bench: Any, write: Callable[..., Path], launch: str, tmp_path: Path
) -> None:
    word = f"stray-{os.getpid()}-{launch}-{time.monotonic_ns()}"
    suite = write(one=STRAYS.format(word=word))
    for seed in (1, 2):  # two orders: what is left by one case would be seen by another
        results = bench.results(suite, Sampling(launch=launch, seed=seed))
        outcomes = {name.removeprefix("one.track_"): one.outcome for name, one in results.items()}
        assert outcomes == {
            "child": "ok", "daemon": "ok", "forked": "ok", "hangs": "timeout", "dies": "crashed", "after": "ok",
        }  # fmt: skip
        if sys.platform.startswith("linux"):
            assert results["one.track_after"].sample.values == (0.0,)
        assert not marked(word)


@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_not_even_when_the_worker_is_killed(bench: Any, write: Callable[..., Path], launch: str) -> None:
    word = f"stray-{os.getpid()}-{launch}-{time.monotonic_ns()}"
    suite = write(
        one=f"""
            import os, subprocess, sys, time
            def track_x():
                sleep = [sys.executable, "-c", "import time; time.sleep(120)", "{word}"]
                subprocess.Popen(sleep, start_new_session=True)
                os.kill(os.getppid(), 9)
                time.sleep(120)
        """
    )
    assert bench.results(suite, Sampling(launch=launch))["one.track_x"].outcome == "crashed"
    assert gone(word)
    assert gone(str(suite))


def test_a_helper_of_the_whole_suite_stays_until_the_end(bench: Any, write: Callable[..., Path]) -> None:
    word = f"helper-{os.getpid()}-{time.monotonic_ns()}"
    suite = write(
        one=f"""
            import subprocess, sys
            HELPER = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)", "{word}"])
            def track_a(): return HELPER.pid
            def track_b(): import os; os.kill(HELPER.pid, 0); return 1
            track_a.rounds = track_b.rounds = 2
        """
    )
    results = bench.results(suite)
    assert {one.outcome for one in results.values()} == {"ok"}
    assert gone(word)


def test_names_and_parameters_of_every_sort(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            class Suite:
                params = [["new\\nline", "'\\"<script>", "🙂" * 3, "x" * 10_000, "a-b", {"k": 1}, len]]
                param_names = ["na<b>me\\n"]
                def track_it(self, value): return 1
            def track_plain(): raise ValueError("<b>🙂\\x1b[31m" + "y" * 10_000)
            track_plain.benchmark_name = "one.Track_a-1 🙂\\n<i>" + "z" * 10_000
            def time_größe(): pass
        """
    )
    results = bench.results(suite)
    bad = results.pop("one.Track_a-1 🙂\n<i>" + "z" * 10_000)
    assert bad.outcome == "failed"
    assert len(bad.detail) < 400
    assert "\x1b" not in bad.detail + bad.output
    assert "🙂" in bad.detail
    assert {one.outcome for one in results.values()} == {"ok"}
    assert len(results) == 8


def test_an_import_that_crashes_costs_only_its_own_module(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(good="def track_x(): return 1", bad="def track_x(): return 1")
    place = bench.place(suite)
    found = bench.processes.discover(place, suite)
    write(bad="import os; os._exit(9)")
    cases = [(one, list(one.cases())) for one in found]
    measured = bench.processes.measure(bench.later(suite), suite, cases, Sampling(), lambda _: None)
    results = {one.case.id: one for one in measured.results}
    assert measured.launch == "exec"
    assert results["good.track_x"].outcome == "ok"
    assert (results["bad.track_x"].outcome, results["bad.track_x"].detail) == (
        "crashed",
        "ended with exit status 9, without an answer",
    )


def test_a_cache_that_cannot_be_read_fails_its_cases(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            import os
            class Suite:
                def setup_cache(self): return 1
                def track_x(self, cache): os.remove("cache.pickle"); return cache
                track_x.rounds = 2
        """
    )
    result = bench.results(suite)["one.Suite.track_x"]
    assert result.outcome == "failed"
    assert "in round 2: FileNotFoundError" in result.detail


def test_an_interruption_ends_everything(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    """As Ctrl-C in a terminal: the host alone is told, since workers have sessions of their own."""
    before = set(psutil.Process().children(recursive=True))  # of other tests, a browser perhaps
    word = f"interrupted-{os.getpid()}-{time.monotonic_ns()}"
    started = tmp_path / "started"
    suite = write(
        one=f"""
            import subprocess, sys, time
            def track_x():
                sleep = [sys.executable, "-c", "import time; time.sleep(120)", "{word}"]
                subprocess.Popen(sleep, start_new_session=True)
                open({str(started)!r}, "w").close()
                time.sleep(120)
        """
    )

    def interrupt() -> None:
        while not started.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), 2)

    killer = threading.Thread(target=interrupt)
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        bench.results(suite)
    killer.join()
    assert gone(word)
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [one for one in left if one.status() != psutil.STATUS_ZOMBIE]


def test_a_host_that_is_killed_leaves_nothing(bench: Any, write: Callable[..., Path], tmp_path: Path) -> None:
    word = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    started = tmp_path / "started"
    suite = write(
        one=f"""
            import os, sys
            def track_x():
                open({str(started)!r}, "w").close()
                os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(120)", "{word}"])
        """
    )
    host = tmp_path / "host.py"
    host.write_text(
        f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from conftest import Bench
Bench(Path({str(bench.python)!r})).results(Path({str(suite)!r}))
"""
    )
    with subprocess.Popen([sys.executable, host]) as process:
        end = time.monotonic() + 60
        while not (started.exists() and marked(word)) and time.monotonic() < end:
            time.sleep(0.02)
        assert marked(word)
        process.kill()
    assert gone(word)
