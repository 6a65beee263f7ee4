"""Reads how busy this host is while something is measured, as far as its system tells (Linux: all of it)."""

import contextlib
import math
import os
import resource
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bench_runner.model.vitals import Vitals

# The system counts CPU time in hundredths of a second: a shorter while than this says nothing of shares.
_LEAST_S = 0.25
_MOST_CPUS = 8  # whose frequency is read; a large machine has hundreds
_IDLE, _WAIT, _STEAL, _GUEST = 3, 4, 7, 8  # places in the first line of /proc/stat


@dataclass(frozen=True, slots=True)
class _Moment:
    """Seconds of CPU time up to now, over all CPUs: in all, busy, stolen, spent by us; and pages swapped in."""

    at: float
    total: float
    busy: float
    steal: float
    ours: float
    swapped: float


class Host:
    """This host, looked at again and again; the folders are the system's, or a double's."""

    def __init__(self, proc: Path = Path("/proc"), cpus: Path = Path("/sys/devices/system/cpu/cpufreq")) -> None:
        self._proc = proc
        self._frequencies = sorted(cpus.glob("policy*/scaling_cur_freq"))[:_MOST_CPUS]
        self._tick_s = 1 / os.sysconf("SC_CLK_TCK")
        self._seen: deque[_Moment] = deque()

    def look(self, workers: Collection[int]) -> None:
        """Remember the state of things; `workers` are the ids of those children of ours that are alive."""
        self._seen.append(self._now(workers))

    def vitals(self, workers: Collection[int]) -> Vitals:
        """Look, and return what happened since the last look, or since one before it if that was only just now."""
        self.look(workers)
        now = self._seen[-1]
        while len(self._seen) > 2 and now.at - self._seen[1].at >= _LEAST_S:
            self._seen.popleft()
        then = self._seen[0]
        total, steal = now.total - then.total or math.nan, now.steal - then.steal
        wanted = now.busy - then.busy + steal or math.nan
        others = (now.busy - then.busy) - (now.ours - then.ours)
        return Vitals(
            load=self._load(),
            steal=steal / wanted,
            others=max(0.0, others / total) if math.isfinite(others) else math.nan,
            mhz=self._mhz(),
            swapped=now.swapped - then.swapped,
        )

    def _now(self, workers: Collection[int]) -> _Moment:
        """Return the state of things."""
        total, busy, steal = self._time()
        return _Moment(time.monotonic(), total, busy, steal, self._ours(workers), self._swapped())

    def _time(self) -> tuple[float, float, float]:
        """Return the seconds of all CPUs: in all, busy and stolen."""
        try:
            with (self._proc / "stat").open("rb") as file:
                ticks = [int(one) for one in file.readline().split()[1 : 1 + _GUEST]]
        except (OSError, ValueError):
            return math.nan, math.nan, math.nan
        idle, steal = ticks[_IDLE] + ticks[_WAIT], ticks[_STEAL]
        return sum(ticks) * self._tick_s, (sum(ticks) - idle - steal) * self._tick_s, steal * self._tick_s

    def _ours(self, workers: Collection[int]) -> float:
        """Return the CPU seconds of this process and of all its descendants but those now running below a worker."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used) + sum(map(self._worker, workers))

    def _worker(self, pid: int) -> float:
        """Return the CPU seconds of a process and of its children that have ended."""
        try:
            fields = (self._proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:  # it is gone, and counted among our children
            return 0.0
        return sum(map(int, fields[11:15])) * self._tick_s

    def _swapped(self) -> float:
        """Return the pages brought in from swap."""
        with contextlib.suppress(OSError, ValueError):
            return float((self._proc / "vmstat").read_bytes().partition(b"\npswpin ")[2].partition(b"\n")[0])
        return math.nan

    def _load(self) -> float:
        """Return the load average over a minute."""
        try:
            return os.getloadavg()[0]
        except (OSError, AttributeError):
            return math.nan

    def _mhz(self) -> float:
        """Return the frequency of the fastest CPU: the one that has just measured does not rest."""
        found = [math.nan]
        for path in self._frequencies:
            with contextlib.suppress(OSError, ValueError):
                found.append(int(path.read_bytes()) / 1000)
        return max(found[1:], default=math.nan)
