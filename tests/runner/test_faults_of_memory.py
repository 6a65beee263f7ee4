"""Benchmarks that fill the memory or leave a core: the cap, the kernel's own end of it, and what is not counted."""

import os
import resource
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench_runner.runner.sampling import Sampling

CAP = 400_000_000
CAPPED = "under a memory limit of 0.4 GB"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds programs to RLIMIT_DATA")
FILL = """
    import mmap, os, subprocess, sys
    def fill(kept):
        while True: kept.append(bytearray(10**7))
    def track_fills(): fill([])
    class Kept:
        def setup(self): self.kept = []
        def time_fills(self): fill(self.kept)
    class Cached:
        def setup_cache(self): fill([])
        def track_cached(self, cache): return 1
    def track_small_pieces():
        kept = None
        while True: kept = (kept, str(id(kept)))
    def track_at_once(): return len(bytearray(10**12))
    def track_in_a_child():
        done = subprocess.run([sys.executable, "-c", "bytearray(10**9)"], stderr=subprocess.PIPE)
        assert b"MemoryError" in done.stderr
        return done.returncode
    def track_reserved():
        return len(mmap.mmap(-1, 8 * 10**9, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ))
    def peakmem_below(): return bytearray(10**8)
    def track_raises(): raise MemoryError
"""


@pytest.mark.slow
@linux
@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_what_fills_the_memory_is_stopped_at_the_cap(bench: Any, write: Callable[..., Path], launch: str) -> None:
    results = bench.results(write(one=FILL), Sampling(launch=launch, memory=CAP, rounds=1))
    for name in ("track_fills", "Kept.time_fills", "track_small_pieces", "track_at_once", "track_raises"):
        result = results[f"one.{name}"]
        assert (name, result.outcome, result.detail) == (name, "failed", f"MemoryError, {CAPPED}")
        assert "Traceback" in result.output
    assert results["one.Cached.track_cached"].detail == f"setup_cache: MemoryError, {CAPPED}"
    assert results["one.track_in_a_child"].sample.values == (1.0,)
    assert results["one.track_reserved"].sample.values == (8e9,)
    assert results["one.peakmem_below"].outcome == "ok"


@linux
def test_a_measured_process_is_the_first_that_the_kernel_would_kill(bench: Any, write: Callable[..., Path]) -> None:
    own = Path("/proc/self/oom_score_adj").read_text()
    (result,) = bench.results(write(one="def track_x(): return int(open('/proc/self/oom_score_adj').read())")).values()
    assert result.sample.values == (1000.0,)
    assert Path("/proc/self/oom_score_adj").read_text() == own


def test_no_cap(bench: Any, write: Callable[..., Path]) -> None:
    suite = write(one="import resource\ndef track_x(): return resource.getrlimit(resource.RLIMIT_DATA)[0]")
    before = resource.getrlimit(resource.RLIMIT_DATA)[0]
    (result,) = bench.results(suite, Sampling(memory=0)).values()
    assert result.sample.values == (float(before),)
    (result,) = bench.results(suite, Sampling(memory=CAP)).values()
    assert result.sample.values == (float(CAP),)


@pytest.fixture
def cores() -> Iterator[None]:
    """Cores of any size, where they may be had and go into a file of the process's folder."""
    if Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/")):
        pytest.skip("the kernel hands cores to a program, or puts them elsewhere")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] != resource.RLIM_INFINITY:
        pytest.skip("cores are forbidden here")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@linux
@pytest.mark.parametrize("launch", ["auto", "spawn"])
def test_no_core_is_left(cores: None, bench: Any, write: Callable[..., Path], tmp_path: Path, launch: str) -> None:
    suite = write(one=f"import os\ndef track_x():\n os.chdir({str(tmp_path)!r})\n os.kill(os.getpid(), 11)")
    before = set(tmp_path.iterdir())
    (result,) = bench.results(suite, Sampling(launch=launch)).values()
    assert result.detail == "killed by SIGSEGV"
    assert set(tmp_path.iterdir()) == before


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group of 300 MB inside the one we are in; returns the file that takes processes in."""
    root, mine = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup").read_text().splitlines()
    parts = {two: three for _, two, three in (line.split(":", 2) for line in mine)}
    first = "memory" in parts
    top = root / "memory" if first else root
    folder = top / parts["memory" if first else ""].strip("/") / f"bench-{secrets.token_hex(4)}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text("300000000")
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    yield folder / "cgroup.procs"
    folder.rmdir()


@linux
@pytest.mark.slow
def test_what_the_kernel_kills_for_want_of_memory_is_the_benchmark(
    group: Path, bench: Any, write: Callable[..., Path], tmp_path: Path
) -> None:
    suite = write(one=FILL, two="def track_after(): return 1\ntrack_after.rounds = 3")
    host = tmp_path / "host.py"
    host.write_text(
        f"""
import os, sys
from pathlib import Path
Path({str(group)!r}).write_text(str(os.getpid()))
sys.path.insert(0, {str(Path(__file__).parent)!r})
from conftest import Bench
from bench_runner.runner.sampling import Sampling
measure = Bench(Path({str(bench.python)!r})).results
for result in measure(Path({str(suite)!r}), Sampling(seed=1), only="track_").values():
    print(result.case.benchmark, result.outcome, result.detail, sep="|")
"""
    )
    paths = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, host], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths}, check=True
    )
    assert "one.track_fills|crashed|killed by SIGKILL, perhaps for want of memory" in done.stdout
    assert "two.track_after|ok|" in done.stdout
