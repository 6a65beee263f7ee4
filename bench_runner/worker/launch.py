"""Has a request worked on in a child: a fork of this process, or a new interpreter that loads nothing else."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NoReturn, Sequence, Union

from . import children, limits
from .messages import Ended, MakeCache, RunCase, encode, replace
from .outcome import answered, judge

# What programs and libraries cannot be found without, and what decides how text is read.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")
DUMPS = "BENCH_RUNNER_CALLGRIND"  # the variable that names the file, without its number, that callgrind writes to
# Options from elsewhere are not read, no pipes for debuggers are made, nothing is counted until that is asked for.
_CALLGRIND = ("--command-line-only=yes", "--tool=callgrind", "--quiet", "--vgdb=no", "--instr-atstart=no")
_NO_MEMORY = "Valgrind's memory management: out of memory"  # what it says before it ends with status 1
_OUT = "--callgrind-out-file="

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
    with _valgrind(request) as around:
        ended = forked(lambda said: answered(lambda: _become(root, request, said, around)), request, private)
    if request.memory and _NO_MEMORY in ended.output:
        told = "valgrind had no memory left, under a memory limit of %.3g GB" % (request.memory / 1e9)
        return replace(ended, detail=told)
    return ended


@contextlib.contextmanager
def _valgrind(request: Request) -> Iterator[List[str]]:
    """Yield the words before a command that is to run in callgrind, whose files are kept meanwhile; else none."""
    found = None
    if getattr(request, "valgrind", False):
        import shutil

        found = shutil.which("valgrind")
    if found is None:
        yield []
        return
    from tempfile import TemporaryDirectory

    # Beside the working directory: the host, which made that, removes what we cannot.
    with TemporaryDirectory(prefix="callgrind-", dir=str(Path(request.cwd).parent)) as folder:
        yield [found, *_CALLGRIND, _OUT + str(Path(folder, "out"))]


def _become(root: str, request: Request, said: int, around: List[str]) -> NoReturn:
    """Become a new interpreter that works on a request; returns only when that fails."""
    os.set_inheritable(said, True)
    main = Path(__file__).with_name("__main__.py")
    words = [*around, sys.executable, str(main), "once", root, str(said), encode(request).decode()]
    pinned = getattr(request, "pinned", None)
    variables = dict(os.environ) if pinned is None else _pinned(pinned)
    if around:
        variables[DUMPS] = around[-1][len(_OUT) :]
        limits.confine_valgrind(request.memory)
    os.execve(words[0], words, dict(variables, PYTHONHASHSEED=str(request.hash_seed)))  # noqa: S606 - no shell


def _pinned(names: Sequence[str]) -> Dict[str, str]:
    """Return the variables of an environment in which nothing varies; addresses do not either, from here on."""
    children.fix_addresses()
    kept = {name: os.environ[name] for name in (*_KEPT, *names) if name in os.environ}
    return dict(kept, PYTHONDONTWRITEBYTECODE="1")
