"""Times what suspends (generators, coroutines, asynchronous generators): its own steps, and its whole life."""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from time import perf_counter_ns
from types import coroutine

from bench_runner.instrument.probe import Probe

ELAPSED = " [elapsed]"  # ends the name of the second histogram


class LifeProbe(Probe):
    """Records the running time of what suspends under its name, and the time until its end beside it."""

    __slots__ = ("_elapsed",)

    def __init__(self, name: str, on_failure: Callable[[], object]) -> None:
        super().__init__(name, on_failure)
        self._elapsed = Probe(name + ELAPSED, on_failure)

    def begin(self) -> "Life":
        """Return a life that begins now."""
        return Life(self, self._elapsed)


class Life:
    """One run of a generator or coroutine: the ns in its frames and in what they call, and the ns until its end.

    What it waits for, in `await` or between two `next()`, is part of the second number only.
    """

    __slots__ = ("_began_ns", "_elapsed", "_running", "_spent_ns")

    def __init__(self, running: Probe, elapsed: Probe) -> None:
        self._running, self._elapsed, self._spent_ns = running, elapsed, 0
        self._began_ns = perf_counter_ns()

    @staticmethod
    def first(source: AsyncGenerator[object, object]) -> Awaitable[object]:
        """Return the first step of an asynchronous generator, out of sight of the event loop.

        The loop knows the one around it, and would close both at once.
        """
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return source.asend(None)
        finally:
            sys.set_asyncgen_hooks(*hooks)

    def step(self, step: Callable[[object], object], value: object) -> object:
        """Let `send` or `throw` of what is timed run until it suspends, and return what it gave."""
        begun_ns = perf_counter_ns()
        try:
            return step(value)
        except BaseException as error:
            Probe.strip(error)
            raise
        finally:
            self._spent_ns += perf_counter_ns() - begun_ns

    @coroutine
    def through(self, source: Generator[object, object, object]) -> Generator[object, object, object]:
        """Hand values and exceptions to and fro between an awaitable and the event loop; return what it returns."""
        step: Callable[..., object] = source.send
        value: object = None
        while True:
            try:
                item = self.step(step, value)
            except StopIteration as end:
                return end.value
            except BaseException as error:
                Probe.strip(error)
                raise
            try:
                value = yield item
                step = source.send
            except BaseException as error:  # noqa: BLE001 - handed on, GeneratorExit too
                Probe.strip(error)
                step, value = source.throw, error

    def end(self) -> None:
        """Record both numbers."""
        self._running.record(self._spent_ns)
        self._elapsed.record(perf_counter_ns() - self._began_ns)
