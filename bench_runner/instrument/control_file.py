"""The control file: what an operator wants of running processes, checked before anybody follows it.

    {"timed": ["shop.checkout:*"], "until": 1790000060.0,
     "profile": {"backend": "pyspy", "seconds": 10, "rate_hz": 100}, "attached_until": 1790000010.0}

All keys may be missing. `until` is seconds since the epoch: without one all ends ten minutes after the file was
written, and a day after it was read at the latest. A profile is taken once by each process, not again until it reads
differently: its `id`, any text, is for that. While `attached_until` lies ahead, each process tells how it is once per
poll.

Who can write the file decides what runs slower and what lands on the disk. So it must belong to the user of the
process or to root, nobody else may be able to write it, it is no symbolic link (somebody else could choose where that
leads), no pipe (which could keep us waiting), and no larger than 64 KiB.
"""

import os
import stat
import time
from collections.abc import Mapping

from bench_runner.instrument.deadline import Deadline

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import Any

MOST_BYTES = 65_536
DEFAULT_S, LONGEST_S = 600.0, 86_400.0
BACKENDS = ("pyspy", "cprofile")
MOST_SECONDS, MOST_HZ = 300.0, 1000
_MOST_PATTERNS, _LONGEST_TEXT = 100, 500
_NOBODY_ELSE = 0o022  # group and others may not write
_KEYS = {"timed", "until", "profile", "attached_until"}
_PROFILE_KEYS = {"backend", "seconds", "rate_hz", "id"}

Mark = tuple[int, int, int, int]


class Order:
    """A profile to be taken: by which backend, for how many seconds, how many samples a second."""

    __slots__ = ("backend", "id", "rate_hz", "seconds")

    def __init__(self, backend: str = "pyspy", seconds: float = 10.0, rate_hz: int = 100, id: str = "") -> None:  # noqa: A002 - the file's key
        if backend not in BACKENDS:
            raise ValueError(f"backend {backend!r}: known are {', '.join(BACKENDS)}")
        if not 0 < _number("seconds", seconds) <= MOST_SECONDS:
            raise ValueError(f"seconds {seconds!r}: more than 0, at most {MOST_SECONDS:g}")
        if type(rate_hz) is not int or not 0 < rate_hz <= MOST_HZ:
            raise ValueError(f"rate_hz {rate_hz!r}: a whole number from 1 to {MOST_HZ}")
        self.backend, self.seconds, self.rate_hz, self.id = backend, float(seconds), rate_hz, _text("id", id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Order) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[str, float, int, str]:
        return self.backend, self.seconds, self.rate_hz, self.id


class Control:
    """What a control file asks for."""

    __slots__ = ("attached", "profile", "timed", "until")

    def __init__(self, timed: tuple[str, ...], profile: Order | None, until: Deadline, attached: Deadline) -> None:
        self.timed, self.profile, self.until, self.attached = timed, profile, until, attached


def nothing() -> Control:
    """Return what there is to follow without a file."""
    over = Deadline(0.0)
    return Control((), None, over, over)


def mark(path: str) -> Mark | None:
    """Return what tells one version of a file from another, None when there is none; 2 to 3 us."""
    try:
        seen = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - pathlib takes ten times as long
    except (FileNotFoundError, NotADirectoryError):
        return None
    return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_size


def read(path: str) -> Control:
    """Return what a file asks for; OSError or ValueError says why it is not followed."""
    data, written_s = load(path)
    return understood(data, written_s)


def load(path: str) -> "tuple[dict[str, Any], float]":
    """Return a file that may be trusted as it is, and when it was written."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    try:
        seen = os.fstat(handle)
        _trusted(seen)
        text = os.read(handle, MOST_BYTES + 1)
    finally:
        os.close(handle)
    return parsed(text), seen.st_mtime


def parsed(text: bytes) -> "dict[str, Any]":
    """Return the JSON object in a text; ValueError when it holds none."""
    import json

    if len(text) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES} bytes")
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(data, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004 - a damaged document, not a wrong call
    return data


def understood(data: Mapping[str, object], written_s: float) -> Control:
    """Return what a document asks for; ValueError names what cannot be."""
    _known(data, _KEYS, "key")
    timed = data.get("timed", [])
    if not isinstance(timed, list) or len(timed) > _MOST_PATTERNS:
        raise ValueError(f"timed is no list of at most {_MOST_PATTERNS} patterns")
    now_s = time.time()
    until_s = _number("until", data.get("until", min(written_s, now_s) + DEFAULT_S))
    attached_s = _number("attached_until", data.get("attached_until", 0))
    return Control(
        tuple(_text("pattern", one) for one in timed),
        _order(data.get("profile")),
        Deadline(min(until_s, now_s + LONGEST_S)),
        Deadline(min(attached_s, now_s + DEFAULT_S)),
    )


def write(path: str, data: Mapping[str, object]) -> None:
    """Replace a control file in one step; ValueError for what nobody would follow, OSError when it cannot be."""
    import json

    understood(data, time.time())
    text = json.dumps(data, allow_nan=False).encode()
    if len(text) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES} bytes")
    replace(path, text)


def replace(path: str, text: bytes, mode: int = 0o644) -> None:
    """Put a file in a path's place; its time is told to the nanosecond, so that no version looks like another."""
    made = f"{path}.{os.getpid()}-{time.time_ns()}.new"
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        try:
            view = memoryview(text)
            while view:
                view = view[os.write(handle, view) :]
        finally:
            os.close(handle)
        now_ns = time.time_ns()
        os.utime(made, ns=(now_ns, now_ns))
        os.replace(made, path)  # noqa: PTH105 - pathlib takes long to import
    except BaseException:
        os.unlink(made)  # noqa: PTH108 - the same
        raise


def _trusted(seen: os.stat_result) -> None:
    """See that only its reader or root can have written a file."""
    if not stat.S_ISREG(seen.st_mode):
        raise ValueError("it is no regular file")
    if hasattr(os, "geteuid") and seen.st_uid not in {os.geteuid(), 0}:
        raise ValueError(f"it belongs to user {seen.st_uid}, neither to the process's user nor to root")
    if os.name == "posix" and seen.st_mode & _NOBODY_ELSE:
        raise ValueError(f"others may write it (mode {stat.S_IMODE(seen.st_mode):o}): chmod go-w")


def _order(data: object) -> Order | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise ValueError("profile is no object")  # noqa: TRY004 - a damaged document, not a wrong call
    _known(data, _PROFILE_KEYS, "key of profile")
    return Order(**data)


def _known(data: Mapping[str, object], keys: set[str], what: str) -> None:
    for key in data:
        if key not in keys:
            raise ValueError(f"unknown {what} {key[:50]!r}: known are {', '.join(sorted(keys))}")


def _number(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not -1e15 < value < 1e15:  # not NaN either
        raise ValueError(f"{name} {value!r:.50} is no number of seconds")
    return float(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError(f"a {name} is text of at most {_LONGEST_TEXT} characters, not {value!r:.50}")
    return value
