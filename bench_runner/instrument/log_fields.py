"""Fields that all log lines get which are written while a context lasts.

with bind(user=17):
    log.info("paid")     # {..., "event": "paid", "user": 17}
"""

from contextvars import ContextVar

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_NONE: "Mapping[str, object]" = {}
_bound: "ContextVar[Mapping[str, object]]" = ContextVar("fields of log lines", default=_NONE)


class bind:  # noqa: N801 - used as a function is, and cheaper than a context manager made of one
    """The context in which lines get these fields, over those of outer ones; tasks inherit them, threads do not."""

    def __init__(self, /, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._outer = _bound.get()
        _bound.set({**self._outer, **self._fields})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: "TracebackType | None"
    ) -> None:
        _bound.set(self._outer)  # not by a token: a generator may be left in another context than entered


def bound() -> "Mapping[str, object]":
    """Return the fields that hold here."""
    return _bound.get()
