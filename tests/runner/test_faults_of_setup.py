"""What goes wrong around a benchmark: setup, teardown, setup_cache and the import of its module."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_execute_hostile import gone

from bench_runner.errors import NothingMeasuredError
from bench_runner.runner.sampling import Sampling

pytestmark = pytest.mark.slow

LATE = "no answer within 1 s"
# where it happens -> what happens -> outcome, detail
HOOKS = {
    "setup": {
        "raise ValueError('x')": ("failed", "ValueError: x"),
        "raise SystemExit": ("failed", "SystemExit"),
        "raise KeyboardInterrupt": ("failed", "KeyboardInterrupt"),
        "raise NotImplementedError": ("skipped", "skipped by the suite"),
        "os._exit(0)": ("crashed", "ended with exit status 0, without an answer"),
        "os.kill(os.getpid(), 11)": ("crashed", "killed by SIGSEGV"),
        "time.sleep(60)": ("timeout", LATE),
        "start()": ("ok", ""),
    },
    "teardown": {
        "raise ValueError('x')": ("failed", "ValueError: x"),
        "os._exit(0)": ("crashed", "ended with exit status 0, without an answer"),
        "time.sleep(60)": ("timeout", LATE),
        "os.kill(os.getppid(), 9); time.sleep(60)": ("crashed", "it took the worker down, which was killed by SIGKILL"),
        "start()": ("ok", ""),
    },
    "setup_cache": {
        "raise ValueError('x')": ("failed", "setup_cache: ValueError: x"),
        "return lambda: 0": ("failed", "setup_cache: "),
        "return Unreadable()": ("failed", "ZeroDivisionError"),
        "time.sleep(60)": ("timeout", "setup_cache: " + LATE),
        "os._exit(0)": ("crashed", "setup_cache: ended with exit status 0"),
        "os.kill(os.getpid(), 11)": ("crashed", "setup_cache: killed by SIGSEGV"),
        "os.kill(os.getppid(), 9); time.sleep(60)": ("crashed", "setup_cache: it took the worker down"),
        "import shutil; shutil.rmtree(os.getcwd())": ("failed", "setup_cache: FileNotFoundError"),
        "os.chdir('/')": ("ok", ""),
        "os.write(1, b'x' * 10**7)": ("ok", ""),
        "start()": ("ok", ""),
    },
}
HEAD = """
import os, subprocess, sys, time
def start(): subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)", "{word}"], start_new_session=True)
class Unreadable:
    def __reduce__(self): return (eval, ("1/0",))
class Good:
    def setup_cache(self): return 1
    def track_good(self, cache): return cache
"""
CLASS = """
class Bad{number}:
    timeout = {timeout}
    def {hook}(self, *given):
        {body}
    def track_x(self, *given): return 1
"""


@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_a_hook_that_goes_wrong_costs_its_own_benchmark(bench: Any, write: Callable[..., Path], launch: str) -> None:
    word = f"hook-{os.getpid()}-{time.monotonic_ns()}"
    table = [(hook, body, *end) for hook, ends in HOOKS.items() for body, end in ends.items()]
    parts = [
        CLASS.format(number=number, hook=hook, body=body, timeout=1 if outcome == "timeout" else 30)
        for number, (hook, body, outcome, _) in enumerate(table)
    ]
    suite = write(one=HEAD.format(word=word) + "".join(parts))
    results = bench.results(suite, Sampling(launch=launch))
    for number, (hook, body, outcome, detail) in enumerate(table):
        result = results[f"one.Bad{number}.track_x"]
        assert (hook, body, result.outcome, detail in result.detail) == (hook, body, outcome, True), result
        assert (result.sample is None) == (outcome != "ok")
    assert results["one.Good.track_good"].sample.values == (1.0,)
    assert gone(word)
    assert gone(str(suite))


def test_a_setup_that_raises_in_one_round_only(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(
        one="""
            from pathlib import Path
            CALLS = Path(__file__).with_name("calls.txt")
            class Suite:
                rounds, repeat, number, warmup_time = 4, 1, 1, 0
                def setup(self):
                    with CALLS.open("a") as file: file.write("x")
                    if len(CALLS.read_text()) == 3: raise ValueError("now")
                def time_x(self): pass
            def track_y(): return 1
            track_y.rounds = 4
        """
    )
    results = bench.results(suite)
    bad = results["one.Suite.time_x"]
    assert (bad.outcome, bad.sample) == ("failed", None)
    assert bad.detail == "in round 3: ValueError: now"
    assert results["one.track_y"].sample.values == (1.0,) * 4


IMPORTS = {
    "raise ValueError('x')": "ValueError: x",
    "import sys; sys.exit(3)": "SystemExit: 3",
    "import os; os._exit(3)": "the interpreter ended with exit status 3 while importing it",
    "import os; os.kill(os.getpid(), 11)": "the interpreter was killed by SIGSEGV while importing it",
    "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)": "the interpreter gave no answer while importing it",
    "import time; print('here'); time.sleep(60)": "the interpreter gave no answer while importing it",
    "def": "SyntaxError",
    "import no_such_module": "ModuleNotFoundError: No module named 'no_such_module'",
    "import os; os.close(1); os.close(2)": "",
    "import sys; sys.modules.clear()": "AttributeError",
    "import os; os.chdir('/'); os.environ.clear()": "",
}


@pytest.mark.parametrize("source", IMPORTS)
def test_a_suite_that_cannot_be_imported_is_named(
    bench: Any, write: Callable[..., Path], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench_runner.runner.execute._IMPORT_S", 3.0)
    suite = write(one=f"{source}\ndef track_x(): return 1\n")
    if not IMPORTS[source]:
        assert bench.results(suite)["one.track_x"].outcome == "ok"
    else:
        with pytest.raises(NothingMeasuredError) as caught:
            bench.results(suite)
        first = str(caught.value).splitlines()[0]
        assert first.startswith(f"suite {suite} fails to import: ")
        assert IMPORTS[source] in first
    assert gone(str(suite))


def test_an_import_that_prints_and_starts_things(bench: Any, write: Callable[..., Path]) -> None:
    word = f"import-{os.getpid()}-{time.monotonic_ns()}"
    suite = write(
        one=f"""
            import os, subprocess, sys
            for _ in range(200): sys.stdout.write("x" * 100_000); os.write(2, b"y" * 100_000)
            for detached in (False, True):
                sleep = [sys.executable, "-c", "import time; time.sleep(120)", "{word}"]
                subprocess.Popen(sleep, start_new_session=detached)
            def track_x(): return 1
        """
    )
    (result,) = bench.results(suite).values()
    assert (result.outcome, result.output) == ("ok", "")
    assert gone(word)


def test_an_import_that_hangs_at_a_later_commit_costs_only_its_own_module(
    bench: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite is known, and now the project it measures hangs: no more than one timeout is spent on each class."""
    monkeypatch.setattr("bench_runner.runner.launcher._IMPORT_S", 1.0)
    many = "def track_x(n): return n\ntrack_x.params = list(range(20))\ntrack_x.timeout = 1\n"
    suite = write(good="def track_y(): return 1", bad=many)
    place = bench.place(suite)
    found = bench.processes.discover(place, suite)
    write(bad="import time; time.sleep(60)\n" + many)
    cases = [(one, list(one.cases())) for one in found]
    began = time.monotonic()
    measured = bench.processes.measure(bench.later(suite), suite, cases, Sampling(), lambda _: None)
    results = {one.case.id: one for one in measured.results}
    assert results.pop("good.track_y").outcome == "ok"
    assert {one.outcome for one in results.values()} == {"timeout"}
    assert {one.detail for one in results.values()} == {"its module was still being imported after 1 s"}
    assert time.monotonic() - began < 15
    assert gone(str(suite))
