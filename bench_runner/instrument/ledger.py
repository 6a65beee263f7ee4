"""Counts how many objects of a class are made, go and stay, and how old the oldest is.

    with lifetimes(Order) as ledger:
        ...
        ledger.read()      # Lifetimes(births=41, deaths=40, alive=1, oldest_s=3.2)

A ledger begins with the objects there are, subclasses included: they are its first births, as old as the ledger. In a
forked child it begins anew with what the child holds. What passes `__new__` by is found by `recount` and else not
counted: pickles of protocol 0 and 1, `object.__new__(cls)`, an assignment to `__class__`, and what a finalizer brings
back from a cycle (its weak references are gone by then, so it has died, and is born again).
"""

import gc
import os
import threading
import weakref
from dataclasses import dataclass
from time import monotonic_ns
from types import TracebackType

from bench_runner.instrument import registry
from bench_runner.instrument.births import Births, family
from bench_runner.instrument.probe import of_the_program

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Births and deaths since a ledger began, how many are alive, and seconds since the oldest of them was born."""

    births: int = 0
    deaths: int = 0
    alive: int = 0
    oldest_s: float = 0.0


class _Life(weakref.ref):  # type: ignore[type-arg] # of anything
    """One object that is alive."""

    __slots__ = ("born_ns", "key")
    born_ns: int
    key: int


class _Census:
    """All that is alive of one class, for the ledgers that are open on it; at its first failure it counts no more."""

    def __init__(self, kind: type) -> None:
        self.kind, self.births, self.broken = kind, 0, ""
        self.ledgers: list[Ledger] = []
        # By id, in the order of their births; an id is free to be used again when its life has gone from here.
        self.alive: dict[int, _Life] = {}
        strike = self.alive.pop
        # Nothing global is needed to strike one off: the interpreter may be ending.
        self._died = lambda life: strike(life.key, None)
        self._births = Births(kind, self.born)
        try:
            self.recount()
        except BaseException:
            self.end()
            raise

    def born(self, made: "Any") -> None:
        """Count an object, once: what a `__new__` returns may be there already, or of another class."""
        try:
            key = id(made)
            if key in self.alive or self.broken or not type.__subclasscheck__(self.kind, type(made)):
                return
            with _lock:
                life = _Life(made, self._died)
                life.key, life.born_ns = key, monotonic_ns()
                self.alive[key] = life
                self.births += 1
        except Exception as error:
            if of_the_program(error):
                raise
            self.broken = f"{type(error).__name__}: {error}"
            registry.failed(_name(self.kind), error)

    def recount(self) -> None:
        """Find what passed us by: every object refers to its class.

        Not by `gc.get_objects`, which disturbs other threads: see `memory.py`.
        """
        for one in gc.get_referrers(*family(self.kind)):
            if type.__subclasscheck__(self.kind, type(one)):
                self.born(one)

    def start_anew(self) -> None:
        """Have what is there be all that was ever born."""
        self.births = len(self.alive)
        for ledger in self.ledgers:
            ledger.began = 0

    def end(self) -> None:
        """Take everything out again."""
        self.broken = self.broken or "closed"
        self.alive.clear()
        self._births.end()


_lock = threading.RLock()  # re-entrant: a finalizer may run in the middle, and make an object
_open: dict[type, _Census] = {}


class Ledger:
    """The births and deaths of one class from now until it is closed; `broken` says why they are wrong, or ""."""

    def __init__(self, kind: type) -> None:
        self.broken, self.began, self._kind = "", 0, kind
        self._census: _Census | None = None
        self._last = Lifetimes()
        self._safely(self._begin)

    def read(self) -> Lifetimes:
        """Return the numbers up to now, or at the end; 10 ns for each object that is alive."""
        census = self._census
        if census is None:
            return self._last
        with _lock:
            lives, births = tuple(census.alive.values()), census.births - self.began
            self.broken = census.broken
        oldest_s = (monotonic_ns() - lives[0].born_ns) / 1e9 if lives else 0.0
        return Lifetimes(births, births - len(lives), len(lives), oldest_s)

    def recount(self) -> Lifetimes:
        """Return them after a look at every object of the process, for what passed us by: it takes a while."""
        if self._census is not None:
            self._safely(self._census.recount)
        return self.read()

    def close(self) -> None:
        """Count no more, and leave the class as it was found once its last ledger is closed."""
        with _lock:
            census = self._census
            if census is None:
                return
            self._last, self._census = self.read(), None
            census.ledgers.remove(self)
            if not census.ledgers:
                _open.pop(self._kind)
                self._safely(census.end)

    def _begin(self) -> None:
        if not issubclass(type(self._kind), type):
            raise TypeError("not a class")
        if not self._kind.__weakrefoffset__:
            raise TypeError("its objects take no weak references: __slots__ without __weakref__, or a built-in")
        with _lock:
            census = _open.get(self._kind) or _Census(self._kind)
            _open[self._kind] = census
            census.ledgers.append(self)
            self._census, self.began = census, census.births - len(census.alive)

    def _safely(self, step: "Callable[[], None]") -> None:
        """Take a step, and count a failure of ours instead of raising it."""
        try:
            step()
        except Exception as error:
            if of_the_program(error) and not isinstance(error, MemoryError):
                raise
            self.broken = f"{type(error).__name__}: {error}"
            registry.failed(_name(self._kind), error)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def lifetimes(cls: type) -> Ledger:
    """Open a ledger of a class; one that cannot be watched gives a ledger that is broken, and counts as a failure."""
    return Ledger(cls)


def _name(kind: object) -> str:
    return f"lifetimes {getattr(kind, '__qualname__', type(kind).__name__)}"


def _in_child() -> None:
    _lock.release()
    for census in _open.values():
        census.start_anew()


if hasattr(os, "register_at_fork"):  # not on Windows
    # Nobody else is in the middle of a birth when a process is copied.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_in_child)
