"""Structured logging in one call: all loggers of the standard library write JSON lines.

    logs.to("shop.jsonl")
    logging.getLogger("shop").info("paid %s", "cash", extra={"order": 17})

The file may be shared by forked workers and other processes: each line is one write at its end. structlog's loggers end
in the same lines when they are made of

    structlog.configure(
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )

What fails while lines are written is counted in `failures()`, and the program goes on.
"""

import logging
import os

from bench_runner.instrument import registry
from bench_runner.instrument.log_limit import Limit
from bench_runner.instrument.log_lines import FAILURE, JsonLines

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import Protocol

    class Stream(Protocol):
        """What lines can be written to."""

        def write(self, text: str, /) -> object:
            """Take a line."""

        def flush(self) -> object:
            """Hand on what was taken."""

    Target = str | os.PathLike[str] | Stream


def to(target: "Target", *, run: str = "", level: int = logging.INFO, limit: Limit | None = None) -> "Lines":
    """Write what all loggers tell, from `level` on, to a file or stream; `run` names the run, a new id unless given.

    At most 100 alike lines a second pass unless a limit says otherwise. OSError for a file that cannot be opened.
    """
    lines = Lines(target)
    lines.setFormatter(JsonLines(run or os.urandom(6).hex()))
    lines.setLevel(level)
    lines.addFilter(limit or Limit())
    root = logging.getLogger()
    root.setLevel(min(root.level, lines.level))  # else most would not come this far
    root.addHandler(lines)
    return lines


class Lines(logging.Handler):
    """Writes each line at once, in a file by a single write; closing it ends that for all loggers."""

    def __init__(self, target: "Target") -> None:
        super().__init__()
        self._stream, self._fd, self._torn = None, -1, False
        if isinstance(target, str | os.PathLike):
            self._fd = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        else:
            self._stream = target

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            self._write(self.format(record) + "\n")
        except Exception as error:  # noqa: BLE001 - a full disk, a closed stream; the program must not know
            registry.failed(FAILURE, error)

    def close(self) -> None:
        """Write no more."""
        logging.getLogger().removeHandler(self)
        self.acquire()  # nobody is in the middle of a write
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self.release()
        super().close()

    def _write(self, line: str) -> None:
        if self._stream is not None:
            self._stream.write(line)
            self._stream.flush()
            return
        told = line.encode("ascii")
        written = os.write(self._fd, b"\n" + told if self._torn else told) - self._torn
        self._torn = written < len(told)  # the rest could land behind the line of another process
        if self._torn:
            raise OSError(f"{written} of {len(told)} bytes could be written")
