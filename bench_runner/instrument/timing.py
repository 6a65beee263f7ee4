"""The decorator that makes functions known by name, to be timed in the running program.

    @timed
    def charge(order): ...

A histogram counts calls by their ns from begin to end, with all that they call; a recursive call is a call of its own.
What suspends has two: under its name how long its own frames ran in its whole life, under "NAME [elapsed]" how long
that life was. There is no time without callees.

While a function is timed, a frame with its name stands between it and its caller: recursion comes half as deep, and
code that looks at its caller's frame (`sys._getframe(1)`, `warnings.warn(stacklevel=2)`) finds the line of the `def`.
Tracebacks do not have it.
"""

from functools import update_wrapper

from bench_runner.instrument import registry, switching, targets
from bench_runner.instrument.probe import of_the_program
from bench_runner.instrument.rules import Label

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar, overload

    T = TypeVar("T")

    class Decorator(Protocol):
        """Gives back what it was given."""

        @overload
        def __call__(self, fn: None = None, *, name: str | None = None, enabled: bool = False) -> Callable[[T], T]: ...
        @overload
        def __call__(self, fn: T, *, name: str | None = None, enabled: bool = False) -> T: ...


def _typed(decorator: object) -> "Decorator":
    return decorator  # type: ignore[return-value] # `overload` is not there when the program runs


@_typed
def timed(fn: "Any" = None, *, name: "str | None" = None, enabled: bool = False) -> "Any":
    """Make a function known by a name, "pkg.mod:Class.method" unless given, to be timed while it is enabled.

    Functions, methods, properties, static, class and bound methods come back as the same object, untouched while off.
    Other callables (C functions, `functools.partial`, instances) come back inside a function that calls them, whose
    price is paid when off, too. What cannot be timed, such as a class, comes back as it is and counts as a failure.
    """
    if fn is None:
        return lambda later: timed(later, name=name, enabled=enabled)
    try:
        given = fn if any(targets.inside(fn)) else _forwarding(fn)
        for function, suffix in targets.inside(given):
            path = targets.path(function, suffix)
            switching.declare(function, Label(f"{name}{suffix}" if name else path, path, enabled=enabled))
    except Exception as error:
        if of_the_program(error):
            raise
        registry.failed(f"timed {type(fn).__name__}", error)
        return fn
    return given


def _forwarding(target: "Callable[..., object]") -> "Callable[..., object]":
    """Return a function that calls a callable, and goes by its name or its type's."""
    if issubclass(type(target), type) or not callable(target):
        raise TypeError("neither a function nor an object to call; of a class, time its methods")

    def forward(*args: object, **kwargs: object) -> object:
        return target(*args, **kwargs)

    forward.__module__, forward.__qualname__ = type(target).__module__, type(target).__qualname__
    return update_wrapper(forward, target)
