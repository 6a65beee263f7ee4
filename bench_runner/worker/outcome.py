"""Says how a piece of work ended, from inside and from outside of the process that did it."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional

from .children import flush
from .limits import release
from .messages import Ended, decode, encode, replace
from .meter import RSS_UNIT

if TYPE_CHECKING:
    from types import TracebackType

    from .children import Exit

_SPARE_BYTES = 1 << 22
_LONGEST = 300  # characters of a sentence
_INNER = (str(Path(__file__).absolute().parent), os.sep + "asv_runner" + os.sep)


def answered(work: Callable[[], Ended], memory: int = 0) -> bytes:
    """Do the work, within `memory` bytes, and return how it ended as a message; what it raises is printed."""
    spare = bytes(_SPARE_BYTES)  # not touched: no page of it counts as peak memory
    try:
        ended = work()
    except BaseException as error:  # noqa: BLE001 - a benchmark may raise anything, SystemExit included
        del spare  # where all memory is taken, there would be none to lift the cap with
        release()
        flush()
        with contextlib.suppress(Exception):  # the suite may have spoilt what it takes to print it
            traceback.print_exception(type(error), error, _outer(error))
        cap = ", under a memory limit of %.3g GB" % (memory / 1e9)
        ended = Ended("failed", sentence(error) + (cap if memory and isinstance(error, MemoryError) else ""))
    return encode(ended)


def sentence(error: BaseException) -> str:
    """Return an exception in one line: "ValueError: no such thing"."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - it is the suite's code that makes the text
        text = "(its message cannot be shown)"
    text = " ".join(text.split())
    return (type(error).__name__ + (": " + text if text else ""))[:_LONGEST]


def judge(end: Exit, timeout: float) -> Ended:
    """Return how a child ended, seen from its parent; what it printed is kept unless all went well."""
    usage = end.usage
    spent_cpu_s, maxrss = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT
    return replace(_judged(end, timeout), spent_cpu_s=spent_cpu_s, maxrss=maxrss)


def _judged(end: Exit, timeout: float) -> Ended:
    """Return how a child ended, without its cost."""
    if end.late:
        if not end.answer:
            detail = "its module was still being imported after %g s" % timeout
            return Ended("timeout", detail, end.output, importing=True)
        return Ended("timeout", "no answer within %g s" % timeout, end.output)
    if end.answer.strip():
        try:
            ended: Ended = decode(end.answer)
        except ValueError as error:
            return Ended("crashed", "it spoilt its answer: %s" % error, end.output)
        return ended if ended.outcome == "ok" else replace(ended, output=end.output)
    if os.WIFSIGNALED(end.status):
        return Ended("crashed", "killed by " + _signal(os.WTERMSIG(end.status)), end.output)
    return Ended("crashed", "ended with exit status %d, without an answer" % os.WEXITSTATUS(end.status), end.output)


def _signal(number: int) -> str:
    """Return the name of a signal, with what is often behind it."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "signal %d" % number
    return name + ", perhaps for want of memory" if name == "SIGKILL" else name


def _outer(error: BaseException) -> Optional[TracebackType]:
    """Return the traceback from where the suite's own code begins, or its last frame when it never got there."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and _inner(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


def _inner(file: str) -> bool:
    """Return whether a frame is the worker's or the engine's."""
    return any(inner in file for inner in _INNER)
