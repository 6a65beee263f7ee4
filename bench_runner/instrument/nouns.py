"""Frozen nouns written as dataclasses are, whose module takes twice as long to import as all of the timing."""

from collections import namedtuple

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import TypeVar, dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True)
    def noun(described: type[T]) -> type[T]:
        """Return a named tuple with the fields, defaults and methods of a class."""

else:

    def noun(described):  # noqa: ANN001, ANN201, D103 - they stand above
        given, fields = vars(described), tuple(described.__annotations__)
        defaults = [given[field] for field in fields if field in given]
        base = namedtuple(described.__name__, fields, defaults=defaults, module=described.__module__)  # noqa: PYI024 - typing takes long
        rest = {name: one for name, one in given.items() if name not in {*fields, "__dict__", "__weakref__"}}
        return type(described.__name__, (base,), {**rest, "__slots__": ()})
