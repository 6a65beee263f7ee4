"""Counts the machine instructions of one call: in valgrind's callgrind, or by the processor's own counter."""

from __future__ import annotations

import mmap
import os
import platform
import struct
import sys
from collections import deque
from functools import partial
from itertools import count as numbered
from operator import methodcaller
from pathlib import Path
from typing import Any, Callable, Optional, Tuple

from .engine import Unavailable
from .launch import DUMPS

Counter = Callable[[Callable[[], Any]], int]

_MANY = 20  # calls, so that Python has made of the code what it makes of it, and one-off work counts little
_MOST = 2e8  # instructions that are counted of a benchmark: longer calls are counted less often
_LEAST_OF = 5  # what the processor counts is disturbed at times, and then it is more
_SIZES = range(30, 30 * 120, 30 * 4)  # bits of numbers that take 32, 48, 64 bytes and so on, up to 512
_CALL = methodcaller("__call__")
_NOTHING: Tuple[()] = ()
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
# Client requests, from valgrind.h and callgrind.h
_RUNNING = 0x1001
_DUMP, _ZERO, _START = (0x43540000 + number for number in (0, 1, 4))
_WORDS = 6  # of a request
_TAIL = 256  # bytes at the end of a dump that hold its total
# From linux/perf_event.h: hardware instructions of this thread outside of the kernel, not yet counting
_PERF_OPEN = {"x86_64": 298, "arm64": 241}
_PERF_ATTRIBUTES = struct.pack("<IIQQQQQIIQ", 0, 64, 1, 0, 0, 0, 1 | 1 << 5 | 1 << 6, 0, 0, 0)
_PERF_ENABLE, _PERF_DISABLE, _PERF_RESET = 0x2400, 0x2401, 0x2403


def instructions(work: Callable[[], Any], again: Callable[[], Any]) -> float:
    """Return the instructions of one call beyond those of an empty one; `again` sets up, and is not counted.

    It is the mean of 20 calls after 20 others, each after its setup; of fewer where setups and calls would take more
    than 2e8.
    """
    if not sys.platform.startswith("linux"):
        raise Unavailable("instructions are counted on Linux only")
    machine = _MACHINES.get(platform.machine().lower(), "")
    callgrind = _callgrind(machine)
    count, tries = (callgrind, 1) if callgrind else (_processor(machine), _LEAST_OF)

    def counted(one: Callable[[], Any], before: Callable[[], Any], times: int) -> int:
        return min(_sum(count, one, before, times) for _ in range(tries))

    counted(_empty, _nothing, _MANY)
    again()
    times = max(1, min(_MANY, int(_MOST // max(1, count(lambda: (work(), again()))))))
    if times > 1:
        counted(work, again, times)
    return (counted(work, again, times) - counted(_empty, _nothing, times)) / times


def _sum(count: Counter, work: Callable[[], Any], again: Callable[[], Any], times: int) -> int:
    """Return the sum over some calls, each after its setup, with a block more of each size in use.

    What it takes to get and free a block depends on how full the memory around it is, which is chance: 7 instructions
    of 190 in each turn of an empty loop. The sum is over many such states.
    """
    total, kept = 0, []
    for _ in range(times):
        again()
        total += count(work)
        kept.append([1 << bits for bits in _SIZES])
    return total


def _between(first: Callable[[], Any], work: Callable[[], Any], last: Callable[[], Any]) -> None:
    """Call three functions one after the other, from C: how Python runs this does not depend on what they are."""
    deque(map(_CALL, (first, work, last)), 0)


def _empty() -> None:
    """Call a function that does nothing, as what is counted calls a benchmark."""
    _nothing(*_NOTHING)


def _nothing() -> None:
    """Do nothing."""


def _callgrind(machine: str) -> Optional[Counter]:
    """Return what counts by callgrind; None where this process does not run in it."""
    encoded = {"x86_64": _x86_64, "arm64": _arm64}.get(machine)
    dumps = os.environ.get(DUMPS)
    if encoded is None or dumps is None:
        return None
    running, start, zero, dump = (_request(encoded(), number) for number in (_RUNNING, _START, _ZERO, _DUMP))
    if not running():
        return None
    start()
    numbers = numbered(1)

    def count(work: Callable[[], Any]) -> int:
        _between(zero, work, dump)
        return _total(Path("%s.%d" % (dumps, next(numbers))))

    return count


def _request(code: bytes, number: int) -> Callable[[], int]:
    """Return a function that makes a request of valgrind and returns its answer, 0 where there is none."""
    import ctypes

    memory = mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory[:] = code
    place = (ctypes.c_char * len(code)).from_buffer(memory)
    ask = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)(ctypes.addressof(place))
    return partial(ask, (ctypes.c_uint64 * _WORDS)(number), place)  # the code is handed itself: it must stay there


def _x86_64() -> bytes:
    """Return code that makes the request at its argument's address: rotations of rdi that cancel out, and a mark."""
    rotations = b"".join(b"\x48\xc1\xc7" + bytes([places]) for places in (3, 13, 61, 51))
    return b"\x48\x89\xf8\x31\xd2" + rotations + b"\x48\x87\xdb\x48\x89\xd0\xc3"


def _arm64() -> bytes:
    """Return the same: rotations of x12, and orr x10, x10, x10; the address goes to x4, the answer comes in x3."""
    rotations = [0x93CC018C | places << 10 for places in (3, 13, 51, 61)]
    return struct.pack("<9I", 0xAA0003E4, 0xD2800003, *rotations, 0xAA0A014A, 0xAA0303E0, 0xD65F03C0)


def _total(dump: Path) -> int:
    """Return the instructions in a dump, and delete it."""
    with dump.open("rb") as file:
        file.seek(-min(_TAIL, dump.stat().st_size), os.SEEK_END)
        _, _, total = file.read().rpartition(b"totals:")
    dump.unlink()
    return int(total)


def _processor(machine: str) -> Counter:
    """Return what counts by perf events."""
    import ctypes
    import fcntl

    if machine not in _PERF_OPEN:
        raise Unavailable("instructions are counted on x86-64 and arm64 machines only, not on %s" % platform.machine())
    system = ctypes.CDLL(None, use_errno=True)
    event = system.syscall(_PERF_OPEN[machine], _PERF_ATTRIBUTES, 0, -1, -1, 0)  # open until this process ends
    if event < 0:
        raise Unavailable(
            "valgrind is not installed, and this machine lets nobody count instructions (perf_event_open: %s): "
            "install the package valgrind" % os.strerror(ctypes.get_errno())
        )
    reset, enable, disable = (
        partial(fcntl.ioctl, event, order, 0) for order in (_PERF_RESET, _PERF_ENABLE, _PERF_DISABLE)
    )

    def count(work: Callable[[], Any]) -> int:
        reset()
        _between(enable, work, disable)
        return int.from_bytes(os.read(event, 8), sys.byteorder)

    return count
