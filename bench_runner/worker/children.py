"""Runs one piece of work in a forked child that cannot harm the worker, and tells how it ended."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys
from os import write  # these two by name: a suite may patch the module
from pathlib import Path
from time import monotonic
from typing import Callable, Iterable, NamedTuple, Optional, Sequence, Set

KEPT_BYTES = 64 * 1024  # of what a child prints, its end
_CHUNK = 64 * 1024
_LONGEST_ANSWER = 1 << 26  # bytes; no sample is so large, but a benchmark may find the pipe
_LAST_WORDS_S = 0.5  # for one that is late to say where it is
_POLL_S = 0.1  # how long the death of a child may go unnoticed when its pipes are held open by others
# From linux/prctl.h: PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER
_PARENT_DEATH_SIGNAL = 1
_SUBREAPER = 36
_ADDRESSES_STAY = 0x0040000  # from linux/personality.h: ADDR_NO_RANDOMIZE


class Exit(NamedTuple):
    """What the child answered, the end of what it printed, its wait status, whether it was killed as late.

    An answer is a line; b" " is that of a child that had loaded its suite and said no more, b"" of one that had not.
    `usage` counts with the child those that it has waited for itself.
    """

    answer: bytes
    output: str
    status: int
    late: bool
    usage: resource.struct_rusage


class Tail:
    """Keeps the end of an endless stream."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._seen = 0

    def add(self, chunk: bytes) -> None:
        """Take a chunk in, with never more than twice the kept size in memory."""
        self._seen += len(chunk)
        self._kept += chunk
        if len(self._kept) > 2 * KEPT_BYTES:
            del self._kept[:-KEPT_BYTES]

    def text(self) -> str:
        """Return the end as text; a first line says how much is missing."""
        text = bytes(self._kept[-KEPT_BYTES:]).decode("utf-8", "replace")
        cut = self._seen - KEPT_BYTES
        return "[%d bytes before this were not kept]\n%s" % (cut, text) if cut > 0 else text


def adopt() -> None:
    """On Linux, become the parent of whatever children leave behind, so that it can be found."""
    _control(_SUBREAPER, 1)


def fix_addresses() -> None:
    """Let the program that this process becomes lie at the same addresses each time, where Linux allows it."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).personality(_ADDRESSES_STAY)


def _control(option: int, value: int) -> None:
    """Call Linux's prctl; another system, or a Python built without ctypes, does without."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def offspring() -> Set[int]:
    """Return our children's process ids, as far as the system tells."""
    try:
        return {int(one) for one in Path("/proc/self/task/%d/children" % os.getpid()).read_text().split()}
    except OSError:
        return set()


def supervise(work: Callable[[int], bytes], timeout: float, private: Sequence[int]) -> Exit:
    """Run `work` in a child in a session of its own and return its end; nothing that it started survives.

    It returns its answer, or hands the pipe it is given on to a program that will write it.
    `private` are pipes a child must not hold, the one from the host first: when that one is closed, we are done too.
    """
    known = offspring()
    _repair()
    heard, said = os.pipe()
    printed, output = os.pipe()
    flush()  # or the child would print it once more
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _die_with(parent)
        _live(work, said, output, (heard, printed, *private))
    os.close(said)
    os.close(output)
    child = _Child(pid, heard, printed, private[0])
    try:
        return child.wait(monotonic() + timeout)
    finally:
        child.close()
        sweep(known)


def _repair() -> None:
    """Undo what a suite, or who started us, may have done to this process and would do to each child."""
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:  # no wait status would be kept
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:  # closed: one of our own pipes would take its number
            os.open(os.devnull, os.O_RDWR)


def say_loaded(said: int) -> None:
    """Say, as the child, that the suite is loaded: with a blank, which JSON does not mind before a message."""
    write(said, b" ")


def flush() -> None:
    """Write out what Python still holds of the standard streams, whatever a suite has made of them."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _die_with(parent: int) -> None:
    """Die with the parent, should a benchmark manage to kill that."""
    _control(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _live(work: Callable[[int], bytes], said: int, output: int, private: Sequence[int]) -> None:
    """Do the work and answer, as the child; never returns."""
    try:
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        for pipe in (output, *private):
            os.close(pipe)
        answer = work(said)
        flush()
        while answer:
            answer = answer[write(said, answer) :]
    finally:
        os._exit(1)  # without an answer it counts as a crash


class _Child:
    """A running child, seen from its parent."""

    def __init__(self, pid: int, heard: int, printed: int, host: int) -> None:
        self._pid = pid
        self._heard = heard
        self._printed = printed
        self._host = host
        self._open = {heard, printed}
        self._answer = bytearray()
        self._tail = Tail()
        self._usage = resource.struct_rusage((0,) * 16)
        for pipe in self._open:
            os.set_blocking(pipe, False)

    def wait(self, deadline: float) -> Exit:
        """Return how the child ends; after the deadline (monotonic seconds) it is killed."""
        status = self._follow(deadline)
        late = status is None and not self._answered
        if late:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGABRT)  # at which faulthandler prints where every thread is
            status = self._follow(monotonic() + _LAST_WORDS_S)
        if status is None:
            status = self._kill()
        self._drain()
        return Exit(bytes(self._answer[:_LONGEST_ANSWER]), self._tail.text(), status, late, self._usage)

    def close(self) -> None:
        """Leave nothing behind, whatever has happened."""
        self._kill_group()
        os.close(self._heard)
        os.close(self._printed)

    @property
    def _answered(self) -> bool:
        """Whether there is an answer, or what is too long for one."""
        return self._answer.endswith(b"\n") or len(self._answer) > _LONGEST_ANSWER

    def _follow(self, deadline: float) -> Optional[int]:
        """Listen until there is an answer, the child is dead, or the deadline; return its wait status if it is dead."""
        status: Optional[int] = None
        while status is None and not self._answered:
            left = deadline - monotonic()
            if left <= 0:
                break
            self._listen(min(left, _POLL_S))
            status = self._ended()
        return status

    def _listen(self, seconds: float) -> None:
        """Take in what the child says and prints, for so long at most."""
        ready, _, _ = select.select([*self._open, self._host], [], [], seconds)
        if self._host in ready:  # it asks nothing while a child runs: this is its end
            self._kill_group()
            os._exit(1)
        for pipe in ready:
            self._take(pipe)

    def _take(self, pipe: int) -> bool:
        """Take in what a pipe holds; return whether there was anything."""
        try:
            chunk = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._open.discard(pipe)
        elif pipe == self._heard:
            self._answer += chunk
        else:
            self._tail.add(chunk)
        return bool(chunk)

    def _drain(self) -> None:
        """Take in what a dead child has left in the pipes; others may go on printing, so this is bounded."""
        for pipe in tuple(self._open):
            for _ in range(64):
                if not self._take(pipe):
                    break

    def _ended(self) -> Optional[int]:
        """Return the wait status of a child that is dead, else None."""
        return self._reap(os.WNOHANG)

    def _reap(self, options: int) -> Optional[int]:
        """Return the wait status of a child that is dead; 0 when the suite itself has waited for it."""
        try:
            pid, status, self._usage = os.wait4(self._pid, options)
        except ChildProcessError:
            return 0
        return status if pid else None

    def _kill(self) -> int:
        """Kill the child with all its group and return its wait status."""
        self._kill_group()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)  # it may not have made its group yet
        return self._reap(0) or 0

    def _kill_group(self) -> None:
        """Kill what is left of the child's process group."""
        # macOS answers EPERM for a group of which only zombies are left
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)


def sweep(known: Iterable[int] = ()) -> None:
    """Kill our children but the known ones, such as fell to us when one died; theirs fall to us in turn."""
    for _ in range(100):
        strays = offspring().difference(known)
        if not strays:
            return
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
