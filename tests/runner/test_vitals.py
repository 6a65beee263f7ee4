"""How busy this host is: read from files such as the system writes, and from the system with a real neighbour."""

import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import astuple
from pathlib import Path

import pytest

from bench_runner.runner.vitals import Host

LINUX = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="only Linux tells")
TICKS = os.sysconf("SC_CLK_TCK")
WORKER = 77


class System:
    """A /proc and a /sys that say what they are told; we ourselves spend nothing, a second passes with each look."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.proc, self.cpus = folder / "proc", folder / "cpufreq"
        (self.proc / str(WORKER)).mkdir(parents=True)
        self.times = [1000, 0, 100, 5000, 50, 10, 10, 20, 7, 7]  # user nice system idle iowait irq softirq steal guests
        self.worker, self.swapped, self.now = 0, 5, 0.0
        self.step_s = 1.0
        monkeypatch.setattr("bench_runner.runner.vitals.resource.getrusage", lambda _: Nothing)
        monkeypatch.setattr("bench_runner.runner.vitals.time.monotonic", self.clock)

    def clock(self) -> float:
        self.now += self.step_s
        return self.now

    def pass_(self, *, user: int = 0, idle: int = 0, steal: int = 0, worker: int = 0, swapped: int = 0) -> None:
        for place, ticks in ((0, user), (3, idle), (7, steal)):
            self.times[place] += ticks
        self.worker += worker
        self.swapped += swapped
        self.write()

    def write(self) -> "System":
        (self.proc / "stat").write_text(f"cpu  {' '.join(map(str, self.times))}\ncpu0 1 2 3\n")
        (self.proc / "vmstat").write_text(f"pgpgin 9\npswpin {self.swapped}\npswpout 3\n")
        own = [1, 2, self.worker - 6, 3]  # user and system, its own and its children's
        line = f"{WORKER} (a ) b) S 1 2 3 4 5 6 7 8 9 10 {' '.join(map(str, own))} 20 0 1 0"
        (self.proc / str(WORKER) / "stat").write_text(line)
        return self


class Nothing:
    """What has been spent by somebody who does nothing."""

    ru_utime = ru_stime = 0.0


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    return System(tmp_path, monkeypatch).write()


def test_shares_are_of_all_that_time_and_ours_is_not_others(system: System) -> None:
    host = Host(system.proc, system.cpus)
    host.look([WORKER])
    system.pass_(user=90, idle=90, steal=20, worker=50, swapped=3)
    found = host.vitals([WORKER])
    assert [found.others, found.steal, found.swapped] == [pytest.approx(one) for one in (0.2, 20 / 110, 3)]
    assert math.isnan(found.mhz)


def test_ours_that_ended_meanwhile_does_not_make_others_negative(system: System) -> None:
    host = Host(system.proc, system.cpus)
    host.look([WORKER])
    system.pass_(user=10, idle=90, worker=40)
    assert host.vitals([WORKER]).others == 0.0


def test_a_worker_that_is_gone_is_counted_among_our_children(system: System) -> None:
    host = Host(system.proc, system.cpus)
    host.look([])
    system.pass_(user=50, idle=50)
    assert host.vitals([404]).others == 0.5


def test_a_short_turn_is_seen_together_with_what_was_just_before(system: System) -> None:
    host = Host(system.proc, system.cpus)
    host.look([])
    system.step_s = 0.1
    seen = []
    for user in (100, 0, 0, 0, 0):
        system.pass_(user=user, idle=100 - user)
        seen.append(host.vitals([]).others)
    assert seen == [pytest.approx(one) for one in (1.0, 1 / 2, 1 / 3, 0.0, 0.0)]


def test_the_fastest_cpu_gives_the_frequency(system: System) -> None:
    for number, text in enumerate(("1200000\n", "3400000\n", "nonsense", "")):
        folder = system.cpus / f"policy{number}"
        folder.mkdir(parents=True)
        (folder / "scaling_cur_freq").write_text(text)
    host = Host(system.proc, system.cpus)
    host.look([])
    assert host.vitals([]).mhz == 3400


def test_a_system_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    host = Host(tmp_path / "proc", tmp_path / "cpus")
    host.look([1])
    found = host.vitals([1])
    assert found.load >= 0
    assert [one for one in astuple(found) if not math.isnan(one)] == [found.load]


def begin_neighbour() -> int:
    """Start a process that is not ours, busy for half a minute at most; return its id."""
    burn = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end: pass"
    # Its parent is gone at once: nobody of us will ever wait for it, nor for the pipe it would have inherited.
    start = f"import subprocess as s, sys; print(s.Popen([sys.executable, '-c', {burn!r}], stdout=s.DEVNULL).pid)"
    return int(subprocess.run([sys.executable, "-c", start], check=True, stdout=subprocess.PIPE).stdout)


@LINUX
def test_a_busy_neighbour_is_seen() -> None:
    host = Host()
    neighbour, end = begin_neighbour(), time.monotonic() + 20
    # One CPU of those there are, less what a very busy machine leaves it; some seconds pass before Python has started.
    wanted, seen = 0.5 / (os.cpu_count() or 1), 0.0
    try:
        while seen <= wanted and time.monotonic() < end:
            host.look([])
            time.sleep(1)
            seen = host.vitals([]).others
    finally:
        os.kill(neighbour, signal.SIGKILL)
    assert seen > wanted


@LINUX
def test_we_are_not_our_own_neighbour() -> None:
    """What our worker's children use is told apart from what others use, whoever these are just now."""
    burn = "import time\nend = time.process_time() + 0.6\nwhile time.process_time() < end: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin
        assert worker.stdout
        seen, alone = Host(), Host()
        seen.look([worker.pid])
        alone.look([])
        worker.stdout.readline()
        with_it, without = seen.vitals([worker.pid]), alone.vitals([])
        worker.stdin.close()
    assert without.others - with_it.others > 0.1 / (os.cpu_count() or 1)
