"""Finds the Python functions behind a thing, and those that loaded modules define; runs no code of the program."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from types import FunctionType, MethodType

_PACKAGE = __name__.rpartition(".")[0]
_DEPTH = 8  # of classes in classes; one may contain itself
_CACHED = type(lru_cache(lambda: None))

Found = tuple[FunctionType, str]  # and what its path ends in, for those that share a name


def inside(thing: object, suffix: str = "") -> Iterator[Found]:
    """Yield the functions that run when a thing is called or read.

    Behind a cache it is the function that is cached: what is timed is when it really runs.
    """
    kind = type(thing)  # isinstance would ask the thing for its __class__, and proxies then load or raise
    if kind is FunctionType:
        yield thing, suffix  # type: ignore[misc] # mypy cannot tell
    elif issubclass(kind, property):
        for name, ending in (("fget", ""), ("fset", ".setter"), ("fdel", ".deleter")):
            yield from inside(getattr(thing, name), ending)
    else:
        behind = [name for known, name in _BEHIND.items() if issubclass(kind, known)]
        yield from inside(getattr(thing, behind[0], None), suffix) if behind else ()


def path(function: FunctionType, suffix: str = "") -> str:
    """Return what patterns are for: "pkg.mod:Class.method"."""
    return f"{function.__module__}:{function.__qualname__}{suffix}"


_BEHIND = {
    staticmethod: "__func__",
    classmethod: "__func__",
    MethodType: "__func__",
    cached_property: "func",
    _CACHED: "__wrapped__",
}


def ours(module: object) -> bool:
    """Return whether a module of this name is part of the machinery, which does not time itself."""
    return f"{module}.".startswith(f"{_PACKAGE}.")


def matches(name: str, pattern: str) -> bool:
    """Return whether a name or path fits a shell pattern, such as "shop.*:Basket.*"; case counts."""
    from fnmatch import fnmatchcase

    return name == pattern or fnmatchcase(name, pattern)


def modules_for(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return those of the modules in which patterns of paths may find something."""
    rooms = {room for room, colon, _ in (pattern.partition(":") for pattern in patterns) if colon}
    return [name for name in names if any(matches(name, room) for room in rooms)]


def is_loaded(module: str) -> bool:
    """Return whether a module's import is over."""
    spec = _namespace(sys.modules.get(module)).get("__spec__")
    return not getattr(spec, "_initializing", False)


def in_module(name: str) -> Iterator[Found]:
    """Yield what a loaded module defines at its top and in its classes."""
    yield from _defined(_namespace(sys.modules.get(name)), name, _DEPTH)


def _defined(namespace: Mapping[str, object], module: str, depth: int) -> Iterator[Found]:
    for value in tuple(namespace.values()):
        if issubclass(type(value), type):
            inner = type.__dict__["__dict__"].__get__(value)
            if depth and inner.get("__module__") == module:
                yield from _defined(inner, module, depth - 1)
        else:
            yield from (found for found in inside(value) if found[0].__module__ == module)


def _namespace(module: object) -> Mapping[str, object]:
    """Return a module's names; one that is imported lazily must not notice."""
    try:
        found: Mapping[str, object] = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return found
