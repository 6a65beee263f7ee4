"""Made-up gates whose every number is known."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from bench_runner.model.benchmark import Case
from bench_runner.model.gate import SIDES, Cell, Fault, Gate, Side
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.run import Fingerprint, Protocol
from bench_runner.stats.looks import CONFIRMING

BASE, HEAD = "a" * 40, "b" * 40
CALLS = Metric("calls", "calls", exact=True)
PEAK = Metric("peak memory", "bytes")


def noise(count: int, sd: float, name: str) -> tuple[float, ...]:
    """Values around 1, the same ones for each name, in another order."""
    spread = sd * norm.ppf((np.arange(count) + 0.5) / count)
    return tuple(np.exp(np.random.default_rng(zlib.crc32(name.encode())).permutation(spread)).tolist())


def sides(count: int, sd: float, name: str, factors: Mapping[Side, float]) -> dict[Side, tuple[float, ...]]:
    """As many rounds on each side, whose medians are off 1 by these factors."""
    return {side: tuple(factors.get(side, 1.0) * one for one in noise(count, sd, f"{name} {side}")) for side in SIDES}


def timed(name: str = "time_a", ratio: float = 1.0, *, sd: float = 0.005, again: float = 1.0, rounds: int = 10) -> Cell:
    """A cell that takes `ratio` as long at the head as at the base, and `again` as long at the base once more."""
    return Cell(Case(f"suite.{name}"), "time", TIME, sides(rounds, sd, name, {"head": ratio, "again": again}))


def anew(cell: Cell, ratio: float = 1.0, *, again: float = 1.0, sd: float = 0.005, rounds: int = CONFIRMING) -> Cell:
    """The same cell with as many fresh rounds as it takes (or fewer), of these ratios."""
    count = min(cell.measured, rounds)
    return replace(cell, fresh=sides(count, sd, f"{cell.case.id} anew", {"head": ratio, "again": again}))


def twice(name: str = "time_a", ratio: float = 1.0, *, again: float = 1.0, rounds: int = 10) -> Cell:
    """A cell that has shown the same in its fresh rounds."""
    return anew(timed(name, ratio, again=again, rounds=rounds), ratio, again=again)


def computing(name: str = "time_c", ratio: float = 1.0, *, fresh: float = math.nan, of: float = 1.0) -> Cell:
    """A cell that computes all the time, or a share `of` it, and gives way to others in half of its rounds.

    By the CPU's clock it takes `ratio` as long at the head, and `fresh` in ten fresh rounds; the wall clock tells
    next to nothing of that.
    """

    def clocks(factor: float, name: str) -> list[dict[Side, tuple[float, ...]]]:
        cpu = sides(10, 0.005, name, {"head": factor})
        waits = {side: tuple(max(1.0, one) for one in noise(10, 2.0, f"{name} {side} waits")) for side in SIDES}
        wall = {side: tuple(a * b / of for a, b in zip(cpu[side], waits[side], strict=True)) for side in SIDES}
        return [wall, cpu]

    wall, cpu = clocks(ratio, name)
    anew = ({}, {}) if math.isnan(fresh) else clocks(fresh, f"{name} anew")
    return Cell(Case(f"suite.{name}"), "time", TIME, wall, anew[0], cpu=cpu, fresh_cpu=anew[1])


def known(name: str, base: float, head: float, metric: Metric = CALLS, kind: str = "track") -> Cell:
    """A cell with one number a side."""
    return Cell(Case(f"suite.{name}"), kind, metric, {"base": (base,), "head": (head,), "again": (base,)})


def peak(name: str, base: float, head: float, fresh: float = math.nan) -> Cell:
    """A cell of peak memory, in three rounds that differ by a page, measured anew where `fresh` says so."""

    def rounds(new: float) -> dict[Side, tuple[float, ...]]:
        return {
            side: tuple(one + 4096 * k for k in range(3)) for side, one in zip(SIDES, (base, new, base), strict=True)
        }

    some = {} if math.isnan(fresh) else rounds(fresh)
    return Cell(Case(f"suite.{name}"), "peakmemory", PEAK, rounds(head), some)


def faulty(name: str = "time_f", **outcomes: str) -> Cell:
    """A cell that has no numbers: how it ended, by side."""
    faults = {side: Fault(outcome, f"it {outcome}") for side, outcome in outcomes.items()}  # type: ignore[arg-type]
    return Cell(Case(f"suite.{name}"), "time", TIME, faults=faults)  # type: ignore[arg-type]


def gate(*cells: Cell, looks: tuple[int, ...] = (10,), whole: bool = True, head: str = HEAD) -> Gate:
    """A gate that was looked at so often."""
    protocol = Protocol("0.1.0", "asv_runner", 10, "fork")
    return Gate(BASE, head, "uv-py3.11", "lab", 0, 1, protocol, Fingerprint(), cells, looks, whole=whole)
