"""The messages between the host and the worker in the measured environment: one JSON object on one line each."""

from __future__ import annotations

from json import dumps, loads  # by name: a suite may patch the module
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, TypeVar

PROTOCOL = 1
ASV_RUNNER = "0.3.2"  # the engine's version, which is pinned because its inner names are used


def field(*, default_factory: Callable[[], Any]) -> Any:
    """Return the default of a field that is made anew for each message."""
    return _New(default_factory)


class _New:
    """Makes a default."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


if TYPE_CHECKING:
    from typing import dataclass_transform as _fields_from_annotations
else:

    def _fields_from_annotations(**_told: Any) -> Callable[[type], type]:
        """Say nothing when it runs."""
        return lambda kind: kind


@_fields_from_annotations(eq_default=False, field_specifiers=(field,))
class Message:
    """What they have in common: fields as annotated, in that order.

    Not dataclasses: each measured process makes all these classes before it does anything, and those take ten times as
    long, most of it for a module of Python's that nothing else wants.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        kind = type(self)
        names = list(getattr(kind, "__annotations__", ()))
        fields = dict(zip(names, given), **named)  # noqa: B905 - `strict` came with Python 3.10
        missing = [name for name in names if name not in fields and not hasattr(kind, name)]
        if len(given) > len(names) or missing or not fields.keys() <= set(names):
            raise TypeError("%s takes %s" % (kind.__name__, ", ".join(names) or "nothing"))
        for name in names:
            value = fields[name] if name in fields else getattr(kind, name)
            setattr(self, name, value.make() if isinstance(value, _New) else value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return "%s(%r)" % (type(self).__name__, vars(self))


# What the host asks for; each request has one answer.


class Discover(Message):
    """List the suite's benchmarks, each of time with these further metrics too (answer: Discovered)."""

    metrics: List[str] = field(default_factory=list)


class Check(Message):
    """Look for benchmarks that cannot run (answer: Checked)."""


class Preload(Message):
    """Import the suite once, so that cases can be forked from it (answer: Preloaded)."""


class Canary(Message):
    """Do a fixed piece of work, bound to CPUs where some are named (answer: CanaryDone)."""

    affinity: List[int] = field(default_factory=list)


class MakeCache(Message):
    """Run the setup_cache of a benchmark in the folder `cwd`, within `memory` bytes, 0 for any (answer: Ended)."""

    name: str
    cwd: str
    timeout: float
    affinity: List[int] = field(default_factory=list)
    memory: int = 0
    hash_seed: Optional[int] = None


class RunCase(Message):
    """Measure one case in the folder `cwd` (answer: Ended).

    `params` are reprs and `index` their place among the combinations; `settings` are asv's attributes, used where the
    suite has not set them itself, or in any case with `force`. With a `hash_seed` it gets a fresh interpreter, without
    one a fork of this one. `memory` in bytes is the most that its process may fill, 0 for any. A list of variables to
    keep, `pinned`, gives the fresh interpreter an environment in which nothing else varies. With `valgrind` it runs in
    that, where there is one.
    """

    name: str
    params: List[str]
    index: int
    cwd: str
    timeout: float
    settings: Dict[str, Any] = field(default_factory=dict)
    force: bool = False
    affinity: List[int] = field(default_factory=list)
    memory: int = 0
    hash_seed: Optional[int] = None
    pinned: Optional[List[str]] = None
    valgrind: bool = False


# What the worker answers.


class Hello(Message):
    """The first line; `engine` is the version of asv_runner that is installed, "" for none."""

    protocol: int
    python: str
    engine: str


class Discovered(Message):
    """Benchmarks as asv describes them (and more), broken modules -> traceback, warnings."""

    benchmarks: List[Dict[str, Any]]
    failures: Dict[str, str]
    warnings: List[str]


class Checked(Message):
    """One sentence for each problem."""

    problems: List[str]


class Preloaded(Message):
    """The suite is imported; `safe` says whether a process forked from here is whole (it loses no thread or GPU)."""

    safe: bool
    failures: Dict[str, str]


class Ended(Message):
    """How a case ended: ok, failed, timeout, skipped or crashed; `importing` when its module was not even loaded.

    `spent_cpu_s` and `maxrss` (bytes) are those of the process it was tried in and of all that one has waited for.

    `values` are per call; `number`, and the costs per call in seconds, are those of the last values; `batch_s` is the
    wall time behind one value, setup included; `peak_rss` in bytes, and of peakmem_* what it was before the suite was
    loaded (`bare_rss`) and after setup; `output` the end of what was printed. Over all calls behind the values: context
    switches that were `involuntary` and `voluntary`, page faults `minor` and `major`.
    """

    outcome: str
    detail: str = ""
    output: str = ""
    importing: bool = False
    values: List[float] = field(default_factory=list)
    number: int = 1
    cpu_s: float = float("nan")
    child_cpu_s: float = float("nan")
    wall_s: float = float("nan")
    peak_rss: float = float("nan")
    bare_rss: float = float("nan")
    setup_rss: float = float("nan")
    batch_s: float = float("nan")
    spent_cpu_s: float = float("nan")
    maxrss: int = 0
    involuntary: float = float("nan")
    voluntary: float = float("nan")
    minor: float = float("nan")
    major: float = float("nan")


class CanaryDone(Message):
    """How long the fixed work took: wall and CPU seconds."""

    wall_s: float
    cpu_s: float


class Refused(Message):
    """A request could not be answered: one line, and the traceback."""

    detail: str
    output: str = ""


_REQUESTS = (Discover, Check, Preload, Canary, MakeCache, RunCase)
_ANSWERS = (Hello, Discovered, Checked, Preloaded, CanaryDone, Ended, Refused)
_BY_NAME = {kind.__name__: kind for kind in (*_REQUESTS, *_ANSWERS)}


_M = TypeVar("_M", bound=Message)


def replace(message: _M, **changes: Any) -> _M:
    """Return a message with other values in some fields."""
    return type(message)(**dict(vars(message), **changes))


def encode(message: Any) -> bytes:
    """Return a message as one line; text that UTF-8 cannot hold is replaced."""
    fields = dict(vars(message), kind=type(message).__name__)
    return dumps(fields, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def decode(line: bytes) -> Any:
    """Return the message in a line; ValueError when it holds none."""
    fields = loads(line.decode("utf-8"))
    try:
        return _BY_NAME[fields.pop("kind")](**fields)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a message of protocol {PROTOCOL}: {line[:80]!r}") from error
