"""Gives classes back the native `__new__` that CPython, up to 3.13 at least, does not restore by itself.

Where `__new__` was set on a class and is deleted again, `tp_new` keeps calling it by name: from then on what it finds,
`object.__new__`, refuses the arguments of `__init__`. The only cure is to write the old address into the type. Where
`tp_new` lies is found out on classes of our own, and tried on one of them, before any other is touched.
"""

import ctypes
from functools import cache
from types import BuiltinMethodType

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import MutableSequence, Sequence

    Words = Sequence[int | None]

_WORD = ctypes.sizeof(ctypes.c_void_p)


def can_restore() -> bool:
    """Return whether this interpreter's types are laid out as we expect."""
    return _index() is not None


def restore(kind: type, native: BuiltinMethodType) -> None:
    """Have a class made by a native `__new__`, such as `object.__new__`, as if it had never had another.

    This comes before another `__new__` is deleted from it, so that no thread finds it without a working one.
    """
    index = _index()
    if index is None:
        raise RuntimeError("this interpreter's types are not laid out as expected")
    words = _words(native.__self__)  # type: ignore[arg-type] # of a `__new__` it is the type
    _words(kind)[index] = words[index]


def _words(kind: type) -> "MutableSequence[int | None]":
    """Return the memory of a type object."""
    size: int = type(kind).__basicsize__  # type: ignore[assignment] # mypy takes the class of a class for `type` itself
    words: MutableSequence[int | None] = (ctypes.c_void_p * (size // _WORD)).from_address(id(kind))  # type: ignore[assignment]
    return words


@cache
def _index() -> int | None:
    """Return which word of a type is `tp_new`; None where no such word is, or writing it does not help."""

    class Plain:
        def __init__(self, given: int) -> None:
            self.given = given

    class Changed(Plain):
        pass

    def new(kind: type, /, *_: object) -> object:
        return object.__new__(kind)

    before = list(_words(Changed))
    type.__setattr__(Changed, "__new__", new)
    Changed(1)
    found = _differing(before, list(_words(Changed)), list(_words(Plain)), list(_words(object)))
    if len(found) != 1:
        return None
    _words(Changed)[found[0]] = before[found[0]]
    type.__delattr__(Changed, "__new__")
    try:
        works = Changed(2).given == 2
    except TypeError:
        works = False
    return found[0] if works and _words(Changed)[found[0]] == before[found[0]] else None


def _differing(before: "Words", after: "Words", plain: "Words", base: "Words") -> list[int]:
    """Return where a type has changed what it had in common with a class like it and with `object`."""
    shared = range(min(len(before), len(base)))
    return [n for n in shared if before[n] == plain[n] == base[n] != after[n] and before[n]]
