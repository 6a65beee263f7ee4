"""Keeps the logs of the last runs in a folder, so that what happened last night can still be asked."""

from pathlib import Path
from time import perf_counter

from bench_runner.envs.files import own_folder
from bench_runner.instrument.spans import Span
from bench_runner.runner.log import Log

FOLDER = "logs"  # below the folder of environments, which is nobody's but ours and unseen by git
KEPT = 20
KEPT_BYTES = 256 << 20
_WORK = "prepare"


class Kept:
    """A log that begins with the first real work, or with a failure before it: runs with nothing to do leave none."""

    def __init__(self, environments: Path, run: str) -> None:
        """Keep it beside the environments; nothing is written yet."""
        self._environments, self._run = environments, run
        self._since_s = perf_counter()
        self._early: list[Span] = []
        self._log: Log | None = None
        self.problem = ""

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._environments / FOLDER / f"{self._run}.jsonl"

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._log.lost if self._log else 0

    def began(self, span: Span) -> None:
        """Note that a step has begun."""
        if span.name == _WORK:
            self._open()
        if self._log is not None:
            self._log.began(span)

    def ended(self, span: Span) -> None:
        """Note that a step is over."""
        if span.error:
            self._open()
        if self._log is not None:
            self._log.ended(span)
        elif not self.problem:
            self._early.append(span)

    def close(self) -> None:
        """End it."""
        if self._log is not None:
            self._log.close()

    def _open(self) -> None:
        """Begin to write, with what came before; old logs make room."""
        if self._log is not None or self.problem:
            return
        try:
            own_folder(self._environments)
            self.path.parent.mkdir(exist_ok=True)
            forget(self.path.parent, KEPT - 1)
            self._log = Log(self.path, self._run, self._since_s)
        except OSError as error:
            self.problem = f"{self.path.parent}: {error.strerror}"
            return
        for span in self._early:
            self._log.ended(span)


def logs(environments: Path) -> list[Path]:
    """Return the logs that are kept beside these environments, newest first."""
    return sorted((environments / FOLDER).glob("*.jsonl"), reverse=True)


def forget(folder: Path, keep: int) -> None:
    """Remove the oldest logs of a folder until `keep` are left, of KEPT_BYTES at most."""
    size = 0
    for number, path in enumerate(sorted(folder.glob("*.jsonl"), reverse=True)):
        size += path.stat().st_size
        if number >= keep or size > KEPT_BYTES:
            path.unlink(missing_ok=True)
