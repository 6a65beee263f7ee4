"""Makes the output of build tools fit to be kept: no terminal escapes, nothing private, only its end."""

import errno
import os
import re

from bench_runner.hostile import without_sequences
from bench_runner.private import hide

KEPT_LINES = 60
_OF_HOST = tuple(os.strerror(one) for one in (errno.ENOSPC, errno.EROFS, errno.EDQUOT))
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FRAME = re.compile(r"^[\s│├╰─▶\u00d7]*(?:(?:error|cause|ERROR|E):\s+)?")
# An exception's line says most, then why a resolver gave up, an error of a compiler; tools' own words are the least.
_EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|NotFound)\b(?::|$)")
_CONFLICT = re.compile(r"^Because ")
_ERROR = re.compile(r"\b(?:fatal )?error\b", re.IGNORECASE)
_NOISE = re.compile(
    r"^(?:$|hint:|note:|\[notice\]|\[end of output\]|exit code: \d+$|See above for output|subprocess-exited-with-error"
    r"|Failed to build |Failed building |The build backend returned|Call to `|.*CalledProcessError\b"
    r"|Getting requirements to build wheel|Building wheel)"
)


def clean(text: str) -> str:
    """Return text as a plain log: the last state of lines that were redrawn, nothing a terminal would obey."""
    lines = (_redrawn(line) for line in without_sequences(text).split("\n"))
    return hide(_CONTROL.sub("", "\n".join(lines)))


def tail(text: str, lines: int = KEPT_LINES) -> str:
    """Return the last lines of a cleaned text."""
    return "\n".join(text.rstrip().split("\n")[-lines:])


def reason(text: str, width: int = 300) -> str:
    """Return the line of a cleaned text that most likely says why it failed, "" when there is none."""
    lines = [_FRAME.sub("", line).strip() for line in text.split("\n")]
    telling = [line for line in lines if not _NOISE.match(line)]
    for pattern in (_EXCEPTION, _CONFLICT, _ERROR):
        found = next((line for line in reversed(telling) if pattern.search(line)), "")
        if found:
            return found[:width]
    return telling[-1][:width] if telling else ""


def of_host(text: str) -> bool:
    """Return whether a reason is a full or read-only disk, and nothing that a commit could be blamed for."""
    return any(word in text for word in _OF_HOST)


def _redrawn(line: str) -> str:
    """Return what a line shows in the end when a progress display has drawn it several times."""
    return line.rstrip("\r").rpartition("\r")[2]
