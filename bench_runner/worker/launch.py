"""Has a request worked on in a child: a fork of this process, or a new interpreter that loads nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable, Dict, NoReturn, Sequence, Union

from . import children, limits
from .messages import Ended, MakeCache, RunCase, encode
from .outcome import answered, judge

# What programs and libraries cannot be found without, and what decides how text is read.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")

Request = Union[RunCase, MakeCache]


def forked(work: Callable[[int], bytes], request: Request, private: Sequence[int]) -> Ended:
    """Return how the work on a request ends in a fork; `work` takes the pipe to say things on."""

    def confined(said: int) -> bytes:
        limits.confine(request.memory)
        return work(said)

    return judge(children.supervise(confined, request.timeout, private), request.timeout)


def fresh(root: str, request: Request, private: Sequence[int]) -> Ended:
    """Return how a request ends in a new interpreter.

    Even a process that is about to measure its memory may come from a large one: Linux hands the record of the old
    program on to the new one, so it is we, who are small, and not the host, who start it.
    """
    return forked(lambda said: answered(lambda: _become(root, request, said)), request, private)


def _become(root: str, request: Request, said: int) -> NoReturn:
    """Become a new interpreter that works on a request; returns only when that fails."""
    os.set_inheritable(said, True)
    main = Path(__file__).with_name("__main__.py")
    words = [sys.executable, str(main), "once", root, str(said), encode(request).decode()]
    pinned = getattr(request, "pinned", None)
    variables = dict(os.environ) if pinned is None else _pinned(pinned)
    os.execve(sys.executable, words, dict(variables, PYTHONHASHSEED=str(request.hash_seed)))  # noqa: S606 - no shell


def _pinned(names: Sequence[str]) -> Dict[str, str]:
    """Return the variables of an environment in which nothing varies; addresses do not either, from here on."""
    children.fix_addresses()
    kept = {name: os.environ[name] for name in (*_KEPT, *names) if name in os.environ}
    return dict(kept, PYTHONDONTWRITEBYTECODE="1")
