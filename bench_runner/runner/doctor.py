"""What makes measurements differ on this host, by what its kernel tells."""

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Less free room than this and a build or a result may not fit.
ROOM = 2 * 1024**3
# More work than this share of the CPUs is somebody's.
BUSY = 0.3
STEAL = 0.01
SWAPPED_KB = 64 * 1024
# Clocks that are read without a call into the kernel.
QUICK = frozenset({"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"})
GOVERNORS = "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor"
NO_TURBO = "sys/devices/system/cpu/intel_pstate/no_turbo"
BOOST = "sys/devices/system/cpu/cpufreq/boost"


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was looked at: what was seen, whether that is fine (None: nobody can say), and what to do."""

    name: str
    seen: str
    fine: bool | None = True
    advice: str = ""


class Kernel:
    """The files that a kernel tells by; `root` is / or a double."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def read(self, path: str) -> str:
        """Return a file's text, "" where there is none."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (self.root / path).read_text().strip()
        return ""

    def each(self, pattern: str) -> list[str]:
        """Return the different texts of all files of a pattern."""
        return sorted({self.read(str(path.relative_to(self.root))) for path in self.root.glob(pattern)} - {""})


def signs(kernel: Kernel, folders: Sequence[Path]) -> list[Sign]:
    """Return all signs; `folders` are where results and environments are written."""
    looks: Sequence[Callable[[Kernel], Sign]] = (_governor, _turbo, _aslr, _load, _steal, _swap, _virtual, _clock, _smt)
    return [*(look(kernel) for look in looks), *(_room(folder) for folder in folders), _users()]


def _sign(name: str, seen: str, advice: str, *, fine: bool) -> Sign:
    """Return what was seen, with the advice where it is not fine."""
    return Sign(name, seen, fine, "" if fine else advice) if seen else Sign(name, "not to be seen here", None)


def _governor(kernel: Kernel) -> Sign:
    """Say how the frequency is chosen."""
    found = kernel.each(GOVERNORS)
    advice = "`cpupower frequency-set -g performance`, or --tune"
    return _sign("governor", ", ".join(found), advice, fine=found == ["performance"])


def _turbo(kernel: Kernel) -> Sign:
    """Say whether frequencies depend on how warm it is."""
    off, boost = kernel.read(NO_TURBO), kernel.read(BOOST)
    on = off == "0" or boost == "1"
    seen = (off or boost) and ("on" if on else "off")
    return _sign("turbo", seen, "turn it off in the firmware, or --tune", fine=not on)


def _aslr(kernel: Kernel) -> Sign:
    """Say whether memory is laid out at random: rounds average over that, so it is better on than off."""
    words = {"0": "off", "1": "in part", "2": "on"}
    seen = words.get(kernel.read("proc/sys/kernel/randomize_va_space"), "")
    advice = "turn it on (`sysctl kernel.randomize_va_space=2`): one layout says little of others"
    return _sign("address randomisation", seen, advice, fine=seen == "on")


def _load(kernel: Kernel) -> Sign:
    """Say how busy the machine is."""
    load, cpus = kernel.read("proc/loadavg").partition(" ")[0], os.cpu_count() or 1
    seen = load and f"{load} on {cpus} CPUs"
    return _sign("load", seen, "end what else runs, or wait", fine=float(load or 0) <= BUSY * cpus)


def _steal(kernel: Kernel) -> Sign:
    """Say how much of the CPU time the hypervisor gave to others, since the machine was started."""
    times = [int(word) for word in kernel.read("proc/stat").partition("\n")[0].split()[1:9]]
    if len(times) < 8:
        return _sign("steal", "", "", fine=True)
    share = times[7] / max(1, sum(times) - times[3] - times[4])
    return _sign("steal", f"{100 * share:.1f} % of busy time", "use a machine of your own", fine=share <= STEAL)


def _swap(kernel: Kernel) -> Sign:
    """Say whether memory is on the disk."""
    lines = [line.split() for line in kernel.read("proc/meminfo").splitlines()]
    sizes = {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdecimal()}
    used = sizes.get("SwapTotal:", 0) - sizes.get("SwapFree:", 0)
    seen = f"{used // 1024} MiB in use" if sizes else ""
    return _sign("swap", seen, "free memory, then `swapoff -a; swapon -a`", fine=used < SWAPPED_KB)


def _virtual(kernel: Kernel) -> Sign:
    """Say whether the machine is a virtual one."""
    flags = kernel.read("proc/cpuinfo").partition("flags")[2].partition("\n")[0].split()
    virtual = "hypervisor" in flags
    name = kernel.read("sys/class/dmi/id/product_name")
    seen = (f"yes, {name}" if name else "yes") if virtual else "no" if flags else ""
    advice = "neighbours are felt: prefer exact metrics (--metrics calls,instr), and `continuous` to `run`"
    return _sign("virtualisation", seen, advice, fine=not virtual)


def _clock(kernel: Kernel) -> Sign:
    """Say what clock the kernel reads."""
    seen = kernel.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
    return _sign("clock", seen, "slow to read: let the kernel use tsc where the machine has it", fine=seen in QUICK)


def _smt(kernel: Kernel) -> Sign:
    """Say whether cores are shared by two threads."""
    words = {"0": "one a core", "1": "two a core"}
    seen = words.get(kernel.read("sys/devices/system/cpu/smt/active"), "")
    advice = "what runs on the other thread is felt: keep it idle, or turn SMT off"
    return _sign("threads", seen, advice, fine=seen == "one a core")


def _room(folder: Path) -> Sign:
    """Say how much room a folder has."""
    free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
    return _sign(f"room in {folder.name}", f"{free / 1024**3:.1f} GiB", f"make room in {folder}", fine=free >= ROOM)


def _users() -> Sign:
    """Say who is logged in."""
    import psutil

    try:
        found = sorted({one.name for one in psutil.users()})
    except (psutil.Error, OSError, RuntimeError):
        return _sign("users", "", "", fine=True)
    return _sign("users", ", ".join(found) or "none", "ask the others to wait", fine=len(found) < 2)
