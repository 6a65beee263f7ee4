"""Readings beside those of psutil, and what makes them rise."""

import mmap
import os
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from bench_runner.instrument import resources
from bench_runner.instrument.resources import LEVELS, SUMS, Resources, ResourceSampler, read

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells all")


def burn(cpu_s: float) -> None:
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass


@linux
def test_a_reading_is_what_psutil_finds() -> None:
    found, other = read(), psutil.Process()
    assert found.cpu_s == pytest.approx(sum(other.cpu_times()[:2]), abs=2)
    assert found.rss_bytes == pytest.approx(other.memory_info().rss, rel=0.1)
    assert found.peak_rss_bytes is not None
    assert found.rss_bytes is not None
    assert found.peak_rss_bytes >= found.rss_bytes * 0.99
    assert found.threads == other.num_threads()
    assert found.open_files == other.num_fds() - 1  # it counts the one through which it looks
    assert found.load1 == pytest.approx(os.getloadavg()[0], abs=5)
    for name in ("minor_faults", "major_faults", "voluntary_switches", "involuntary_switches"):
        assert getattr(found, name) >= 0


@linux
def test_what_is_done_is_what_rises(tmp_path: object) -> None:
    before = read()
    burn(0.05)
    held = mmap.mmap(-1, 64 << 20)
    held.write(b"x" * (64 << 20))
    reading, writing = os.pipe()
    for _ in range(20):
        time.sleep(0.001)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    after = read()
    done.set()
    thread.join()
    os.close(reading)
    os.close(writing)
    since = after.since(before)
    assert 0.05 <= since.cpu_s < 30
    assert since.minor_faults is not None
    assert since.minor_faults >= 1  # a kernel with huge pages takes few for 64 MB
    assert since.voluntary_switches is not None
    assert since.voluntary_switches >= 20
    assert (after.open_files or 0) - (before.open_files or 0) == 2
    assert (after.threads or 0) - (before.threads or 0) == 1
    assert (after.rss_bytes or 0) - (before.rss_bytes or 0) > 50 << 20
    assert since.rss_bytes == after.rss_bytes
    held.close()


def test_sums_are_told_apart_from_levels_and_nothing_is_left_out() -> None:
    assert set(SUMS) | set(LEVELS) == set(read().to_dict())
    assert not set(SUMS) & set(LEVELS)


def test_what_the_system_does_not_tell_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*args: object) -> list[str]:
        raise OSError

    monkeypatch.setattr(resources, "resource", None)
    monkeypatch.setattr(resources, "open", nothing, raising=False)
    monkeypatch.setattr(resources.os, "listdir", nothing)
    monkeypatch.setattr(resources.os, "getloadavg", nothing)
    found = read()
    assert found == Resources(cpu_s=found.cpu_s)
    assert found.since(Resources(1.0, minor_faults=5)) == Resources(cpu_s=found.cpu_s - 1.0)


@pytest.fixture
def sampler() -> Iterator[ResourceSampler]:
    with ResourceSampler(interval_s=0.01) as made:
        yield made


def test_a_sampler_reads_while_it_runs(sampler: ResourceSampler) -> None:
    first, deadline = sampler.latest(), time.monotonic() + 30
    while sampler.latest() == first and time.monotonic() < deadline:
        burn(0.001)
    assert sampler.latest().cpu_s > first.cpu_s


def test_one_that_does_not_run_reads_when_asked() -> None:
    resting = ResourceSampler(interval_s=1000)
    first = resting.latest()
    burn(0.01)
    assert resting.latest().cpu_s >= first.cpu_s + 0.01
    with resting:
        first = resting.latest()
        burn(0.01)
        assert resting.latest() is first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_has_readings_of_its_own(sampler: ResourceSampler) -> None:
    burn(0.2)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        first = sampler.latest()
        deadline = time.monotonic() + 30
        while sampler.latest() == first and time.monotonic() < deadline:
            burn(0.001)
        os.write(writing, f"{first.cpu_s < 0.2} {sampler.latest() != first}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"True True"
    os.close(reading)
    os.close(writing)
