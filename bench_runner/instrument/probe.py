"""The way of a timed call into its histogram, which never raises into the program."""

from collections.abc import Callable
from types import TracebackType

from bench_runner.instrument import registry

# What a mistake of ours, or a lack of memory, can raise. All else in our code is an exception that was sent to the
# thread, by a signal handler or a timeout, and the program's to see.
_OURS = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
_PACKAGE = __name__.rpartition(".")[0]


class Probe:
    """Records under one name; at its first failure it is broken, which is counted, and `on_failure` is told.

    The only exception it lets out besides the program's own is RecursionError, for the caller to count in `trouble`:
    the program was so deep that ours had no room to work. No calls are left to count it with, and nothing is broken.
    """

    __slots__ = ("_on_failure", "_shared", "broken", "mine", "name", "trouble")

    def __init__(self, name: str, on_failure: Callable[[], object]) -> None:
        self.name, self._on_failure, self.broken = name, on_failure, False
        self._shared = registry.histogram(name)
        self.mine = self._shared.mine  # with `rescue`, for who saves the call of `record`
        self.trouble = registry.failure(name)

    def record(self, ns: int) -> None:
        """Count one duration."""
        try:
            self.mine.lease.part.record(ns)
        except Exception as error:  # noqa: BLE001 - sorted out there
            self.rescue(ns, error)

    def rescue(self, ns: int, error: Exception) -> None:
        """Go on where the short way failed: at the first call in a thread, and by whoever's fault."""
        if of_the_program(error):
            raise error
        if hasattr(self.mine, "lease"):
            self._fail(error)
            return
        try:
            self._shared.record(ns)
        except Exception as second:
            if of_the_program(second):
                raise
            self._fail(second)

    def __reduce__(self) -> tuple[object, ...]:
        """Have a function that is sent elsewhere by value, code and all, record under the same name there."""
        from bench_runner.instrument import swapping  # which stands on this module

        return swapping.probe, (type(self), self.name)

    @staticmethod
    def strip(error: BaseException) -> None:
        """Take the frame that caught an exception, one of ours, out of its traceback if the exception lets us."""
        with_ours = error.__traceback__
        try:  # noqa: SIM105 - contextlib takes time to import
            error.__traceback__ = with_ours and with_ours.tb_next
        except (AttributeError, TypeError):  # a frozen dataclass, for one
            pass

    def _fail(self, error: Exception) -> None:
        self.broken = True
        registry.failed(self.name, error)
        self._on_failure()


def of_the_program(error: Exception) -> bool:
    """Return whether an exception is the program's to see (RecursionError: the timed call's)."""
    return isinstance(error, RecursionError) or not isinstance(error, _OURS) or _foreign(error.__traceback__)


def _foreign(trace: TracebackType | None) -> bool:
    """Return whether an exception began in a function that is not ours, as in a signal handler.

    The first entry is where it was caught: a frame that works for us, under the globals of the timed function.
    """
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not trace and not last.tb_frame.f_globals.get("__name__", "").startswith(_PACKAGE)  # type: ignore[union-attr] # not None, if not the first
