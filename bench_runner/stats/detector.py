"""What every change detector offers."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bench_runner.model.change import Examined, Step


class Detector(Protocol):
    """Finds the steps of one stretch of a series. Deterministic; needs no order but that of the values."""

    def steps(
        self,
        values: Sequence[float],
        *,
        low: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
        exact: bool = False,
    ) -> list[Step]:
        """Return the steps, by index, ascending. NaN values are missing; `low`/`high` are 99 % intervals per point."""
        ...


@runtime_checkable
class Examiner(Protocol):
    """A detector that knows states and drifts from changes."""

    def examine(
        self,
        values: Sequence[float],
        *,
        low: Sequence[float] | None = None,
        high: Sequence[float] | None = None,
        exact: bool = False,
    ) -> Examined:
        """Return the steps, as `Detector.steps` does, and the states and drifts of the series."""
        ...
