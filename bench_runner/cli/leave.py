"""Ends the process of a command without having Python take apart all that it has loaded."""

import atexit
import contextlib
import os
import sys
from typing import NoReturn


def leave(left: SystemExit) -> NoReturn:
    """End as Python would, but at once: its own way takes 0.05 CPU-s, a sixth of a command with nothing to do.

    What was registered with atexit is done, and what was printed is flushed; a reader who has gone is no error here.
    Somebody who profiles or debugs the command gets Python's own way.
    """
    if sys.getprofile() or sys.gettrace():
        raise left
    if isinstance(left.code, str):
        sys.stderr.write(f"{left.code}\n")
    atexit._run_exitfuncs()  # noqa: SLF001 - Python has no other name for it
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(left.code if isinstance(left.code, int) else int(left.code is not None))
