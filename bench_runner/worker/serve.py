"""Answers requests: the host's, one after the other until its pipe is closed, or a single one in a fresh process."""

from __future__ import annotations

import atexit
import os
import platform
from os import write  # by name: a suite may patch the module

from . import children
from .messages import ASV_RUNNER, PROTOCOL, Hello, decode, encode


def serve(root: str, requests: str, answers: str) -> None:
    """Greet, then answer with the suite in `root`; with another asv_runner than ours there is only the greeting."""
    pipes = (int(requests), int(answers))
    for pipe in pipes:
        os.set_inheritable(pipe, False)  # programs that a benchmark starts have no part in this
    engine = _engine_version()
    _say(pipes[1], encode(Hello(PROTOCOL, platform.python_version(), engine)))
    if engine != ASV_RUNNER:
        return
    from .suite import Suite

    children.adopt()
    atexit.register(children.sweep)  # first in, last out: what the suite has registered itself comes before
    suite = Suite(root, pipes)
    with os.fdopen(pipes[0], "rb", closefd=False) as lines:
        for line in lines:
            _say(pipes[1], encode(suite.answer(decode(line))))


def once(root: str, said: str, request: str) -> None:
    """Answer one request in this process, which was made for it and ends with it."""
    from .suite import Suite

    os.set_inheritable(int(said), False)
    answer = Suite(root, ()).here(decode(request.encode()), int(said))
    children.flush()
    _say(int(said), answer)


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
