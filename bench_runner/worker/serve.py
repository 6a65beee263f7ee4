"""Answers requests: the host's, one after the other until its pipe is closed, or a single one in a fresh process."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
from os import _exit, write  # by name: a suite may patch the module
from typing import TYPE_CHECKING, Any, Callable, List, Sequence, Tuple

from . import canary, children, kinds, launch
from .messages import ASV_RUNNER, PROTOCOL, Canary, Hello, Refused, decode, encode
from .outcome import sentence

if TYPE_CHECKING:
    from .suite import Suite


def serve(root: str, requests: str, answers: str) -> None:
    """Greet, then answer with the suite in `root`; with another asv_runner than ours there is only the greeting."""
    pipes = (int(requests), int(answers))
    for pipe in pipes:
        os.set_inheritable(pipe, False)  # programs that a benchmark starts have no part in this
    engine = _engine_version()
    _say(pipes[1], encode(Hello(PROTOCOL, "%d.%d.%d" % sys.version_info[:3], engine)))
    if engine != ASV_RUNNER:
        return
    children.adopt()
    atexit.register(children.sweep)  # first in, last out: what the suite has registered itself comes before
    answer = _answering(root, pipes)
    with os.fdopen(pipes[0], "rb", closefd=False) as lines:
        for line in lines:
            _say(pipes[1], encode(answer(decode(line))))
    _leave()


def once(root: str, said: str, request: str) -> None:
    """Answer one request in this process, which was made for it and ends with it."""
    os.set_inheritable(int(said), False)
    answer = _suite(root, ()).here(decode(request.encode()), int(said))
    children.flush()
    _say(int(said), answer)
    _leave()


def _answering(root: str, pipes: Tuple[int, int]) -> Callable[[Any], Any]:
    """Return what answers requests; the engine is loaded for the first one that wants it in this process."""
    loaded: List[Suite] = []

    def worked(request: Any) -> Any:
        if isinstance(request, Canary):
            return canary.take(request)
        if getattr(request, "hash_seed", None) is not None:
            return launch.fresh(root, request, pipes)
        if not loaded:
            loaded.append(_suite(root, pipes))
        return loaded[0].answer(request)

    def answer(request: Any) -> Any:
        try:
            return worked(request)
        except BaseException as error:  # noqa: BLE001 - importing a suite can raise anything
            return Refused(sentence(error), traceback.format_exc())

    return answer


def _suite(root: str, pipes: Sequence[int]) -> Suite:
    """Load the engine, and return the suite, of which nothing is loaded yet; from here on garbage is collected."""
    kinds.load()
    from .suite import Suite

    gc.enable()
    return Suite(root, pipes)


def _leave() -> None:
    """End this process: what was registered with atexit is done, all else is left to the system, which is quicker."""
    atexit._run_exitfuncs()  # noqa: SLF001 - Python has no other name for it
    children.flush()
    _exit(0)


def _engine_version() -> str:
    """Return the version of asv_runner in this environment, "" for none."""
    try:
        import asv_runner
    except ImportError:
        return ""
    return str(asv_runner.__version__)


def _say(pipe: int, line: bytes) -> None:
    """Send one message."""
    while line:
        line = line[write(pipe, line) :]
