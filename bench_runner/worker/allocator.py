"""Counts what is asked of Python's allocators, by a few machine instructions put in front of them."""

from __future__ import annotations

import contextlib
import mmap
import platform
import struct
import sys
from typing import Any, Callable, Iterator, List, Tuple

from .engine import Unavailable

# Domains of PEP 445: memory, objects. What is asked of the raw one may come from threads that run no Python.
_DOMAINS = (1, 2)
_ASKING = ("malloc", "calloc", "realloc")
_ROOM = 64  # bytes for each piece of code
_PAGES = 4096


@contextlib.contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Count what is asked for inside; yield what returns the number up to now."""
    import ctypes

    code = _encoder()

    class Allocator(ctypes.Structure):
        """PyMemAllocatorEx."""

        _fields_ = [(name, ctypes.c_void_p) for name in ("context", *_ASKING, "free")]

    try:
        memory = mmap.mmap(-1, _PAGES, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except OSError as error:
        raise Unavailable("allocations are counted by code in memory, which is not allowed here") from error
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    counter = ctypes.c_uint64.from_address(base)
    get, put = ctypes.pythonapi.PyMem_GetAllocator, ctypes.pythonapi.PyMem_SetAllocator
    own: List[Tuple[int, Any]] = []
    counted: List[Tuple[int, Any]] = []
    at = _ROOM
    for domain in _DOMAINS:
        old, new = Allocator(), Allocator()
        get(domain, ctypes.byref(old))
        get(domain, ctypes.byref(new))
        for name in _ASKING:
            text = code(base, getattr(old, name))
            memory[at : at + len(text)] = text
            setattr(new, name, base + at)
            at += _ROOM
        own.append((domain, ctypes.byref(old)))
        counted.append((domain, ctypes.byref(new)))
    _put(put, counted)
    try:
        yield lambda: int(counter.value)
    finally:
        _put(put, own)


def _put(put: Callable[[int, Any], Any], allocators: List[Tuple[int, Any]]) -> None:
    """Set the allocators of some domains."""
    for domain, allocator in allocators:
        put(domain, allocator)


def _encoder() -> Callable[[int, int], bytes]:
    """Return what writes the code: add 1 to a counter at one address, go on at another."""
    if sys.implementation.name != "cpython":
        raise Unavailable("allocations are counted in CPython only")
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        raise Unavailable("allocations are not counted without the global interpreter lock")
    if platform.machine().lower() in {"x86_64", "amd64"} and sys.platform != "win32":
        return _x86_64
    raise Unavailable("allocations are counted on x86-64 machines only, not on %s" % platform.machine())


def _x86_64(counter: int, target: int) -> bytes:
    """Return: mov r11, counter; lock inc qword [r11]; mov r11, target; jmp r11 (r11 is nobody's in a call)."""
    return (
        b"\x49\xbb"
        + struct.pack("<Q", counter)
        + b"\xf0\x49\xff\x03\x49\xbb"
        + struct.pack("<Q", target)
        + b"\x41\xff\xe3"
    )
