"""What this process takes of the machine: CPU, memory, faults, switches, threads, open files, load.

    with ResourceSampler(interval_s=1.0) as sampler:
        ...
        sampler.latest().rss_bytes

What the system does not tell without other packages is None: on macOS `rss_bytes` and `threads`, on Windows nearly all.
"""

import os
import sys
import time

from bench_runner.instrument.nouns import noun
from bench_runner.instrument.ticking import Ticker

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

# Unit of each number, those that only rise first: of these a window has the difference, of the others the last.
SUMS = {
    "cpu_s": "s",
    "minor_faults": "1",
    "major_faults": "1",
    "voluntary_switches": "1",
    "involuntary_switches": "1",
}
LEVELS = {"rss_bytes": "By", "peak_rss_bytes": "By", "threads": "1", "open_files": "1", "load1": "1"}
_USAGE = {
    "minor_faults": "ru_minflt",
    "major_faults": "ru_majflt",
    "voluntary_switches": "ru_nvcsw",
    "involuntary_switches": "ru_nivcsw",
}
_RSS = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
_STATUS = {b"VmRSS": ("rss_bytes", 1024), b"VmHWM": ("peak_rss_bytes", 1024), b"Threads": ("threads", 1)}


@noun
class Resources:
    """One reading: sums over all threads since the process began, and levels now.

    `peak_rss_bytes` is the most memory the process ever held; `load1` is the machine's, over a minute.
    """

    cpu_s: float
    minor_faults: int | None = None
    major_faults: int | None = None
    voluntary_switches: int | None = None
    involuntary_switches: int | None = None
    rss_bytes: int | None = None
    peak_rss_bytes: int | None = None
    threads: int | None = None
    open_files: int | None = None
    load1: float | None = None

    def to_dict(self) -> dict[str, float | None]:
        """Return the numbers by name."""
        return {name: getattr(self, name) for name in (*SUMS, *LEVELS)}

    def since(self, earlier: "Resources") -> "Resources":
        """Return the sums since an earlier reading of the same process, and the levels as they are."""
        last = self.to_dict()
        return Resources(**{**last, **_differences(last, earlier.to_dict())})  # type: ignore[arg-type] # as they were


def read() -> Resources:
    """Return what the process takes, in 0.1 ms and more where many files are open; never raises."""
    return Resources(cpu_s=time.process_time(), **{**_usage(), **_kernel()}, open_files=_open_files(), load1=_load1())


class ResourceSampler:
    """Takes a reading every `interval_s` seconds while it runs, in forked children, too."""

    def __init__(self, interval_s: float = 1.0) -> None:
        self._ticker = Ticker(interval_s, self._sample, "resource sampler")
        self._latest = 0, read()

    def latest(self) -> Resources:
        """Return the last reading, or where none is being taken in this process a new one."""
        pid, found = self._latest
        if pid != os.getpid() or not self._ticker.running():
            return self._sample()
        return found

    def start(self) -> None:
        """Begin to take readings."""
        self._sample()
        self._ticker.start()

    def stop(self) -> None:
        """Take no more."""
        self._ticker.stop()

    def __enter__(self) -> "Self":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: "TracebackType | None"
    ) -> None:
        self.stop()

    def _sample(self) -> Resources:
        found = read()
        self._latest = os.getpid(), found
        return found


def _differences(last: "Mapping[str, float | None]", first: "Mapping[str, float | None]") -> dict[str, float | None]:
    """Return what the sums have risen by; None where one is not known."""
    pairs = {name: (last[name], first[name]) for name in SUMS}
    return {name: None if new is None or old is None else new - old for name, (new, old) in pairs.items()}


def _usage() -> dict[str, int]:
    """Return what POSIX tells of a process."""
    return {} if resource is None else _named(resource.getrusage(resource.RUSAGE_SELF))


def _named(usage: "resource.struct_rusage") -> dict[str, int]:
    return {name: getattr(usage, field) for name, field in _USAGE.items()} | {"peak_rss_bytes": usage.ru_maxrss * _RSS}


def _kernel() -> dict[str, int]:
    """Return what Linux tells besides; its VmHWM is this program's own, ru_maxrss may be that of what started it."""
    try:
        with open("/proc/self/status", "rb") as file:  # noqa: PTH123 - pathlib takes time to import
            rows = dict(line.split(b":", 1) for line in file.read().splitlines() if b":" in line)
        found = {name: int(rows[key].split()[0]) * factor for key, (name, factor) in _STATUS.items()}
    except (OSError, LookupError, ValueError):
        return {}
    return found


def _open_files() -> int | None:
    """Return how many file handles are open, without the one that it takes to look."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return len(os.listdir(folder)) - 1  # noqa: PTH208 - pathlib takes time to import
        except OSError:
            continue
    return None


def _load1() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows; a container that hides it
        return None
