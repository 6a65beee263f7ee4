"""Fixtures and marker work in a real pytest, and whoever does not use them pays nothing."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

SUITE = """
import asyncio
import pytest

SEEN = []

@pytest.fixture
def shop():
    return []

def test_by_fixture(no_growth):
    no_growth(lambda: [object() for _ in range(10)], iterations=12, warmup=2)

def test_leak_by_fixture(no_growth):
    no_growth(lambda: SEEN.append(object()))  # the line

CALLS = []

@pytest.mark.no_growth(iterations=20, warmup=3)
def test_by_marker(shop, tmp_path):
    CALLS.append(1)
    assert tmp_path.is_dir()
    shop.clear()
    if len(CALLS) == 23:
        CALLS.clear()
        print("called 23 times")

@pytest.mark.no_growth
def test_leak_by_marker(shop):
    shop.append([1])  # that line

@pytest.mark.no_growth
async def test_leak_of_coroutine():
    await asyncio.sleep(0)
    SEEN.append(object())  # a third line

@pytest.mark.no_growth
def test_fails_as_ever(shop):
    assert shop == [1]

class TestMethods:
    @pytest.mark.no_growth
    @pytest.mark.parametrize("n", [1, 2])
    def test_method(self, n):
        assert n * [1]

def test_memory(memory_watch):
    with memory_watch() as watch:
        kept = bytes(1_000_000)
    assert 1_000_000 < watch.report().growth_bytes < 1_001_000
    assert len(kept) == 1_000_000
"""


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), *arguments]
    # Where CI is set, pytest tells every failure twice.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST") and name != "CI"}
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.slow
def test_fixtures_and_marker_in_a_real_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    done = run(tmp_path, "-v", "-s", "--strict-markers", "-W", "error")
    assert "called 23 times" in done.stdout
    assert done.stdout.count("  SEEN.append(object())  # a third line") == 1
    assert "shop.append([1])  # that line" in done.stdout
    assert "no_growth(lambda: SEEN.append(object()))  # the line" in done.stdout
    assert done.stdout.count("memory grows by ") >= 3
    failed = {row.split("::", 1)[1].split()[0] for row in done.stdout.splitlines() if row.startswith("FAILED")}
    assert failed == {"test_leak_by_fixture", "test_leak_by_marker", "test_leak_of_coroutine", "test_fails_as_ever"}
    assert "4 failed, 5 passed" in done.stdout
    # The traceback of a leak is the report, not our code; that of a test that fails by itself ends in the test.
    assert "def _observed" not in done.stdout
    assert "assert [] == [1]" in done.stdout


def test_it_is_found_by_its_entry_point_and_described() -> None:
    assert [one.value for one in entry_points(group="pytest11", name="bench_history")] == [
        "bench_runner.instrument.pytest_plugin"
    ]


@pytest.mark.slow
def test_marker_and_fixtures_are_listed(tmp_path: Path) -> None:
    assert (
        "@pytest.mark.no_growth(iterations=30, warmup=5, frames=1): run the test" in run(tmp_path, "--markers").stdout
    )
    listed = run(tmp_path, "--fixtures").stdout
    assert "no_growth [session scope]" in listed
    assert "memory_watch [session scope]" in listed


@pytest.mark.slow
def test_the_start_of_pytest_loads_nothing_but_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text(
        "import sys\n"
        "def test_none():\n"
        "    ours = {name for name in sys.modules if name.startswith('bench_runner')}\n"
        "    expected = {'bench_runner', 'bench_runner.instrument', 'bench_runner.instrument.pytest_plugin'}\n"
        "    assert ours == expected\n"
        "    assert 'tracemalloc' not in sys.modules\n"
    )
    done = run(tmp_path, "-q")
    assert done.returncode == 0, done.stdout


def test_everything_else_works_without_pytest() -> None:
    names = ["memory", "growth", "ledger", "snapshots"]
    imports = "; ".join(f"import bench_runner.instrument.{name}" for name in names)
    program = (
        f"import sys; sys.modules['pytest'] = None; {imports}\ntry:\n import bench_runner.instrument.pytest_plugin\n"
    )
    program += "except ImportError: print('needs pytest')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "needs pytest\n"


@pytest.mark.no_growth(iterations=12)
def test_the_marker_works_in_our_own_tests() -> None:
    assert sorted([3, 1, 2]) == [1, 2, 3]
