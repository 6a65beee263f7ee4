"""What this host runs on: its processor and its kernel."""

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


def _cpu_of_mac() -> str:
    """Return what macOS calls the CPU, "" elsewhere."""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
