"""Switches timing on and off by patterns, in what was declared with `timed` and in all modules that are loaded.

    enable("shop.checkout:*")     # also functions that were never decorated
    registry.histograms()["shop.checkout:charge"].quantile(0.99)
    disable("shop.checkout:*")

Nothing here raises into the program; what fails is counted in `registry.failures()`.
"""

import sys
from collections.abc import Callable, Iterable
from functools import wraps
from types import FunctionType
from weakref import WeakKeyDictionary

from bench_runner.instrument import registry, swapping, targets
from bench_runner.instrument.probe import of_the_program
from bench_runner.instrument.rules import Label, Rules

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import ParamSpec

    P = ParamSpec("P")

_rules = Rules()
_declared: "WeakKeyDictionary[FunctionType, Label]" = WeakKeyDictionary()
_seen: set[str] = set()  # modules to which the rules were applied


def _safely(change: "Callable[P, None]") -> "Callable[P, None]":
    """Let one change go on at a time, and count a failure of ours instead of raising it."""

    @wraps(change)
    def safe(*args: "P.args", **kwargs: "P.kwargs") -> None:
        try:
            with swapping.lock:
                change(*args, **kwargs)
        except Exception as error:
            if of_the_program(error):
                raise
            registry.failed(change.__name__, error)

    return safe


@_safely
def enable(pattern: str) -> None:
    """Time what matches from its next call on, and what is decorated later or, by the next `poll`, imported later.

    A pattern with a colon finds any function of a loaded module by "pkg.mod:Class.method"; others find only what is
    decorated with a name.
    """
    _rules.add(pattern, on=True)
    _apply([pattern])


@_safely
def disable(pattern: str) -> None:
    """Stop timing what matches; "*" stops all."""
    _rules.add(pattern, on=False)
    swapping.take_out_unless(_rules.wanted)


@_safely
def follow(patterns: Iterable[str]) -> None:
    """Time exactly what these patterns match."""
    _rules.replace(patterns)
    swapping.take_out_unless(_rules.wanted)
    _apply(_rules.switching_on())


@_safely
def follow_on_top(patterns: Iterable[str]) -> None:
    """Time what these patterns match besides what is timed anyway; `()` leaves what was timed without them."""
    _rules.lay_on_top(patterns)
    swapping.take_out_unless(_rules.wanted)
    _apply(_rules.switching_on())


@_safely
def poll() -> None:
    """Catch up with modules that were imported since, and with probes that broke; 10 to 30 us when nothing did."""
    swapping.take_out_broken()
    new = [name for name in tuple(sys.modules) if name not in _seen and targets.is_loaded(name)]
    _seen.update(new)
    _seen.discard("__main__")  # whose import is never over
    _search(_rules.switching_on(), new)


@_safely
def declare(function: FunctionType, label: Label) -> None:
    """Make a function known, and time it if that is wanted by now."""
    _declared[function] = label
    _consider(function, label)


def _apply(patterns: Iterable[str]) -> None:
    """Put stubs into all that the rules want and one of the patterns may mean."""
    for function, label in list(_declared.items()):
        _consider(function, label)
    _search(patterns, tuple(sys.modules))


def _search(patterns: Iterable[str], modules: Iterable[str]) -> None:
    """Do the same for what was never declared; a module that is being imported is for the next `poll`."""
    for module in targets.modules_for(patterns, modules):
        if targets.is_loaded(module):
            for function, suffix in targets.in_module(module):
                _consider(function, _declared.get(function) or Label(path := targets.path(function, suffix), path))


def _consider(function: FunctionType, label: Label) -> None:
    """Put a stub into a function if the rules want it; where that fails others are not kept from theirs."""
    try:
        if _rules.wanted(label) and not targets.ours(function.__module__):
            swapping.put_in(function, label)
    except Exception as error:
        if of_the_program(error):
            raise
        registry.failed(label.name, error)
