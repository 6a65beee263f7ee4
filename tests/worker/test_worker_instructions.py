"""How instructions are counted, outside of valgrind: which calls, and what is asked of whom."""

import platform
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench_runner.worker import instructions
from bench_runner.worker.engine import Unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="they are counted on Linux only")
SOFTWARE_CLOCK = struct.pack("<IIQQQQQIIQ", 1, 64, 1, 0, 0, 0, 1, 0, 0, 0)  # counted by the kernel on any machine


@pytest.mark.parametrize(("cost", "calls"), [(1000, 1 + 2 * 20), (20_000_000, 1 + 2 * 9), (300_000_000, 1 + 1)])
def test_calls_are_counted_each_after_its_setup(monkeypatch: pytest.MonkeyPatch, cost: int, calls: int) -> None:
    spent, done = [0], []

    def spend(what: str, some: int) -> None:
        done.append(what)
        spent[0] += some

    def count(work: Callable[[], object]) -> int:
        before = spent[0]
        work()
        return 77 + spent[0] - before

    monkeypatch.setattr(instructions, "_callgrind", lambda _: count)
    assert instructions.instructions(lambda: spend("call", cost), lambda: spend("setup", 500)) == cost
    assert done.count("call") == calls
    assert all(done[at - 1] == "setup" for at, what in enumerate(done) if what == "call")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other code")
def test_a_request_outside_of_valgrind_does_nothing() -> None:
    assert instructions._request(instructions._x86_64(), instructions._RUNNING)() == 0


def test_the_total_of_a_dump_is_read_once(tmp_path: Path) -> None:
    for text in ("fn=(1) f\n+3 5\n" * 100 + "\ntotals: 1234\n", "totals: 1234"):
        (tmp_path / "out.1").write_text(text)
        assert instructions._total(tmp_path / "out.1") == 1234
        assert not list(tmp_path.iterdir())


def test_a_counter_of_the_kernel_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "_PERF_ATTRIBUTES", SOFTWARE_CLOCK)
    try:
        count = instructions._processor(instructions._MACHINES[platform.machine()])
    except Unavailable as reason:
        pytest.skip(str(reason))
    few, many = (min(count(lambda n=n: sum(range(n))) for _ in range(5)) for n in (1_000, 1_000_000))
    assert 0 < 20 * few < many


def test_other_machines_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(Unavailable, match="x86-64 and arm64 machines only, not on riscv64"):
        instructions.instructions(int, int)
