"""What this host runs on: its processor, its kernel and the memory it may use."""

import platform
import subprocess
from functools import cache
from pathlib import Path


def kernel() -> str:
    """Return the system with its release, without the host's name."""
    return f"{platform.system()} {platform.release()}"


@cache
def cpu() -> str:
    """Return the CPU's model, "" where it cannot be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return _cpu_of_mac() or platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model", "Hardware")))
    return next(named, platform.processor())


def memory() -> int:
    """Return the bytes that programs here may fill together: the machine's, or what a control group leaves of them."""
    import psutil

    return min([psutil.virtual_memory().total, *_group_limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])


def _group_limits(groups: Path, root: Path) -> list[int]:
    """Return the memory limits of our control groups and of those around them, by either version of cgroups."""
    try:
        lines = [line.split(":", 2) for line in groups.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    found = []
    for number, controllers, place in lines:
        if number != "0" and "memory" not in controllers.split(","):
            continue
        top, name = (root, "memory.max") if number == "0" else (root / "memory", "memory.limit_in_bytes")
        own = top / place.strip("/")
        found += [_number(folder / name) for folder in (own, *own.parents) if folder.is_relative_to(top)]
    return [one for one in found if one]


def _number(path: Path) -> int:
    """Return the number in a file, 0 when there is none ("max" is none)."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def _cpu_of_mac() -> str:
    """Return what macOS calls the CPU, "" elsewhere."""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
