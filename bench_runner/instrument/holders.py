"""Finds out why an object is alive: one chain of references, the shortest there is, from a module or a running call.

module shop.cart 'seen' -> list [34] -> shop.cart.Item
"""

import gc
import sys
from collections import deque
from types import FrameType, ModuleType

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import Any

DEPTH = 12  # references in a chain
WIDTH = 300  # objects that are followed at each depth
LONGEST = 40  # characters of a key


def chain(holder: object, thing: object) -> str:
    """Return what keeps an object alive that is known to be held by another; "..." where the search ended."""
    modules = {id(_namespace(module)): f"module {name}" for name, module in sys.modules.copy().items()}
    modules.pop(id(None), None)
    below: dict[int, tuple[object, object]] = {id(holder): (holder, thing)}  # of each holder: itself, and what it holds
    level = [holder]
    for _ in range(DEPTH):
        root = next((one for one in level if id(one) in modules or type(one) is FrameType), None)
        if root is not None:
            return _told(root, below, modules)
        level = _above(level, below)
        if not level:
            break
    return f"... -> {_told(holder, below, modules)}"


def name(thing: object) -> str:
    """Return the name of an object's type as far as it needs its module."""
    kind = type(thing)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def held_by(holder: object) -> list[object]:
    """Return what an object refers to, and nothing of a module, whose dict is an object of its own.

    Up to Python 3.12.5, to ask it of the module `_asyncio` may have the next look at all objects never end (CPython
    issue 122695).
    """
    return [] if issubclass(type(holder), ModuleType) else gc.get_referents(holder)


def _above(level: list[object], below: dict[int, tuple[object, object]]) -> list[object]:
    """Return what holds the objects of one depth, and note which; our own variables are none of it."""
    children = {id(one): one for one in level}
    ours = {id(level), id(below), id(children), *map(id, below.values())}
    found = []
    for holder in gc.get_referrers(*level):
        if id(holder) in below or id(holder) in ours or _is_ours(holder):
            continue
        child = next((one for one in held_by(holder) if id(one) in children), None)
        below[id(holder)] = (holder, child)
        found.append(holder)
        if len(found) == WIDTH:
            break
    return found


def _is_ours(holder: object) -> bool:
    """Return whether something is a call in this package."""
    return type(holder) is FrameType and holder.f_globals.get("__package__") == __package__


def _told(root: object, below: dict[int, tuple[object, object]], modules: dict[int, str]) -> str:
    """Return the chain from its root down as text."""
    steps: list[str] = []
    one = root
    while id(one) in below and len(steps) <= DEPTH:
        holder, held = below[id(one)]
        steps.append(f"{_called(holder, modules)}{_edge(holder, held)}")
        one = held
    return " -> ".join([*steps, name(one)])


def _called(holder: object, modules: dict[int, str]) -> str:
    if type(holder) is FrameType:
        return f"call of {holder.f_code.co_name} at {holder.f_code.co_filename}:{holder.f_lineno}"
    return modules.get(id(holder)) or name(holder)


def _edge(holder: object, held: object) -> str:
    """Return under which key, index or attribute something is held, "" where that is not known."""
    if issubclass(type(holder), list | tuple | deque):
        return next((f" [{n}]" for n, one in enumerate(_items(holder)) if one is held), "")
    if issubclass(type(holder), dict):
        return _named(holder, held, "")
    return _named(_namespace(holder), held, ".")


def _items(holder: "Any") -> tuple[object, ...]:
    return tuple(holder)


def _namespace(holder: object) -> object:
    """Return the variables of a call, or the attributes of an object that lie in a dict."""
    if type(holder) is FrameType:
        return holder.f_locals
    try:
        return object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return None


def _named(names: "Any", held: object, mark: str) -> str:
    """Return the key of a dict under which something is held, if it is a dict."""
    items = tuple(dict.items(names)) if issubclass(type(names), dict) else ()
    return next((f" {mark}{_key(key)}" for key, one in items if one is held), "")


def _key(key: object) -> str:
    """Return a key in few printable characters, without running code of the program."""
    if type(key) not in {str, int, bytes, bool, float}:
        return f"<{name(key)}>"
    told = key if type(key) is str and key.isidentifier() and key.isascii() else ascii(key)
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}..."
