"""Tells who wants to know of each object of a class that is made, through `__new__`, and can be taken out again."""

from types import BuiltinMethodType, FunctionType

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NEW = "__new__"
_MISSING = object()


class Births:
    """A `__new__` in a class that calls the one there was, and then `born` with the object; `born` must not raise.

    Copies and pickles go through it, those of protocol 0 and 1 and `object.__new__(cls)` written out do not.
    """

    __slots__ = ("_before", "_hook", "kind", "plain")

    def __init__(self, kind: type, born: "Callable[[Any], object]") -> None:
        """Put it in; TypeError for a class that cannot be changed."""
        self.kind, self._before = kind, vars(kind).get(_NEW, _MISSING)
        self.plain: set[type] = set()  # whose objects are made by `object.__new__`, which takes no arguments of theirs
        if self._before is _MISSING:
            from bench_runner.instrument import slots  # ctypes takes long to import

            if not slots.can_restore():
                raise TypeError("on this interpreter a `__new__` cannot be taken out of a class again")
        self._hook = _hook(self, born)
        type.__setattr__(kind, _NEW, staticmethod(self._hook))

    def end(self) -> None:
        """Take it out; what somebody else has put over it stays, and goes on calling it."""
        if not self._is_in():
            raise RuntimeError(f"{_NEW} was changed by somebody else meanwhile")
        if self._before is _MISSING:
            self._restore()
            type.__delattr__(self.kind, _NEW)
        else:
            type.__setattr__(self.kind, _NEW, self._before)

    def _is_in(self) -> bool:
        found = vars(self.kind).get(_NEW)
        return type(found) is staticmethod and found.__func__ is self._hook

    def _restore(self) -> None:
        """Give this class and those below it their native `__new__` where they have no other."""
        from bench_runner.instrument import slots

        for kind in family(self.kind):
            native = next((vars(one)[_NEW] for one in kind.__mro__ if _NEW in vars(one) and one is not self.kind), None)
            if type(native) is BuiltinMethodType:
                slots.restore(kind, native)

    def make(self, kind: type, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Make an object as it would be made without us."""
        if self._before is not _MISSING:
            return self._before.__get__(None, kind)(kind, *args, **kwargs)
        make: Callable[..., object] = super(self.kind, kind).__new__  # type: ignore[arg-type] # any class below ours
        if make is not object.__new__ or _comes_second(self.kind, kind):
            return make(kind, *args, **kwargs)
        if (args or kwargs) and _initialises_nothing(kind):
            raise TypeError(f"{kind.__name__}() takes no arguments")
        self.plain.add(kind)
        return object.__new__(kind)  # arguments are for `__init__`


def _hook(births: Births, born: "Callable[[Any], object]") -> FunctionType:
    create, plain, make = object.__new__, births.plain, births.make

    def new(kind: type, /, *args: object, **kwargs: object) -> object:
        if kind in plain and not ((args or kwargs) and _initialises_nothing(kind)):
            made: object = create(kind)
        else:
            made = make(kind, args, kwargs)
        born(made)
        return made

    had = births.kind.__new__
    new.__name__, new.__qualname__, new.__module__ = _NEW, f"{births.kind.__qualname__}.{_NEW}", births.kind.__module__
    # What `inspect.signature` is to find.
    new.__wrapped__ = births.kind.__init__ if type(had) is BuiltinMethodType else had  # type: ignore[attr-defined,misc]
    _HOOKS.add(new.__code__)
    return new  # type: ignore[return-value] # mypy has no FunctionType here


def _initialises_nothing(kind: type) -> bool:
    return kind.__init__ is object.__init__  # type: ignore[misc] # the class of an object, not an object


_HOOKS: set[object] = set()  # the one code of all hooks


def _comes_second(kind: type, below: type) -> bool:
    """Return whether a class below ours has a `__new__`, not one of ours, which must hand on no arguments."""
    classes = below.__mro__[: below.__mro__.index(kind)]
    found = (vars(one)[_NEW] for one in classes if _NEW in vars(one))
    return not all(getattr(getattr(one, "__func__", None), "__code__", None) in _HOOKS for one in found)


def family(kind: type) -> list[type]:
    """Return a class and all that are derived from it."""
    found = {id(kind): kind}  # by id, since a metaclass may have an equality of its own
    waiting = [kind]
    while waiting:
        below: list[type] = type.__subclasses__(waiting.pop())
        waiting += [one for one in below if id(one) not in found]
        found.update((id(one), one) for one in below)
    return list(found.values())
