"""Profiles by being told of every call and return, on the CPU clock of each thread; the standard library's way.

It does what cProfile does, in a function of our own: cProfile itself keeps no whole stacks, and from Python 3.12 on
mixes up those of several threads. It is dear while it is on, a few microseconds for each call and return. Most of that
is left out of what it tells, but not all: what consists of small calls still looks larger than it is. py-spy has
neither fault.

What it covers: from Python 3.12 on all threads. On 3.11 the thread that starts it, and threads that begin later; so a
profile asked for by a control file there does not see the main thread.
"""

import sys
import threading
from time import thread_time_ns
from types import CodeType, FrameType

from bench_runner.instrument import registry
from bench_runner.instrument.probe import of_the_program
from bench_runner.instrument.stacks import Stack, add

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import Any

MOST_NODES = 100_000  # of one profile; the time of what is called beyond them counts for its caller
_ALL_THREADS = hasattr(threading, "setprofile_all_threads")


class _Node:
    """A place in the tree of calls: what was called from where, and the ns in it without its callees."""

    __slots__ = ("callees", "caller", "kept", "ns", "what")

    def __init__(self, what: object, caller: "_Node | None") -> None:
        self.what, self.caller, self.ns, self.kept = what, caller, 0, True
        self.callees: dict[object, _Node] = {}


class _Thread:
    """Where one thread is, since which moment of its clock, and its whole tree."""

    __slots__ = ("here", "root", "since_ns")

    def __init__(self) -> None:
        self.root = self.here = _Node(None, None)
        self.since_ns = 0


class Calls:
    """A profile of every call; of other threads the last step is cut off when it stops."""

    covers = "every call of all threads" if _ALL_THREADS else "every call of this thread and of those begun later"

    def __init__(self) -> None:
        self._local, self._threads, self._nodes, self._over = threading.local(), list[_Thread](), 0, False

    def start(self) -> None:
        """Begin; RuntimeError where somebody else profiles."""
        if sys.getprofile() or threading.getprofile():
            raise RuntimeError("another profiler is on: its function would be lost")
        threading.setprofile(self._told)
        if _ALL_THREADS:
            threading.setprofile_all_threads(self._told)  # type: ignore[attr-defined, unused-ignore]
        else:
            sys.setprofile(self._told)

    @staticmethod
    def ended() -> bool:
        """Return False: it does not end by itself."""
        return False

    def stop(self) -> dict[Stack, int]:
        """Return the stacks in ns; other threads of Python 3.11 let go at their next call."""
        self.forget()
        return add(_flat(one.root, ()) for one in tuple(self._threads))

    def forget(self) -> None:
        """End it."""
        self._over = True
        if threading.getprofile() == self._told:
            threading.setprofile(None)
            if _ALL_THREADS:
                threading.setprofile_all_threads(None)  # type: ignore[attr-defined, unused-ignore]
        if sys.getprofile() == self._told:
            sys.setprofile(None)

    def _told(self, frame: FrameType, event: str, what: "Any") -> None:
        """Hear of a call or return; called by the interpreter, in the middle of the program."""
        now_ns = thread_time_ns()
        try:
            if self._over:
                sys.setprofile(None)
                return
            thread = getattr(self._local, "thread", None) or self._enter(frame, event)
            self._step(thread, frame, event, what, now_ns)
            thread.since_ns = thread_time_ns()
        except Exception as error:
            self._over = True
            if of_the_program(error):
                raise
            registry.failed("profile", error)

    def _enter(self, frame: FrameType, event: str) -> _Thread:
        """Begin with a thread, in which calls are on their way already."""
        above = frame.f_back if event == "call" else frame
        codes: list[CodeType] = []
        while above is not None:
            codes.append(above.f_code)
            above = above.f_back
        thread = _Thread()
        for code in reversed(codes):
            thread.here = self._callee(thread.here, code)
        thread.since_ns = thread_time_ns()
        self._local.thread = thread
        self._threads.append(thread)
        return thread

    def _step(self, thread: _Thread, frame: FrameType, event: str, what: "Any", now_ns: int) -> None:
        here = thread.here
        here.ns += max(0, now_ns - thread.since_ns)
        if event == "call":
            thread.here = self._callee(here, frame.f_code)
        elif event == "c_call":
            thread.here = self._callee(here, getattr(what, "__qualname__", "?"))
        elif here.caller is not None and (event != "return" or here.what is frame.f_code):
            if not here.kept:
                here.caller.ns += here.ns
            thread.here = here.caller

    def _callee(self, here: _Node, what: object) -> _Node:
        found = here.callees.get(what)
        if found is None:
            found = _Node(what, here)
            self._nodes += 1
            found.kept = here.kept and self._nodes <= MOST_NODES
            if found.kept:
                here.callees[what] = found
        return found


def _flat(top: _Node, stack: Stack) -> dict[Stack, int]:
    """Return a tree as stacks; without recursion, for programs may be deep."""
    found: dict[Stack, int] = {}
    left = [(top, stack)]
    while left:
        node, above = left.pop()
        here = above if node.what is None else (*above, _name(node.what))
        if node.ns and here:
            found[here] = found.get(here, 0) + node.ns
        left.extend((one, here) for one in tuple(node.callees.values()))
    return found


def _name(what: object) -> str:
    if isinstance(what, CodeType):
        return f"{what.co_qualname} ({what.co_filename}:{what.co_firstlineno})"
    return f"{what} (C)"
