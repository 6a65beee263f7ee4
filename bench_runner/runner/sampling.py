"""Decides how often a case is called: as many samples as asv takes, over more processes, in no more time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench_runner.model.benchmark import Benchmark

Launch = Literal["auto", "spawn", "forkserver"]

# What asv does with a benchmark that sets nothing itself: 2 processes, each with 0.1 s of warm-up and then 5 samples,
# or fewer when 10 s are over.
_ASV_ROUNDS = 2
_ASV_SAMPLES = 5
_ASV_WARMUP_S = 0.1
_ASV_PATIENCE_S = 10.0
# The first round stops sampling after this, so that enough of asv's time is left for the others.
_PATIENCE_S = 5.0
# So many samples are taken in any case where that takes no longer than this.
_QUICK_SAMPLES, _QUICK_S = 9, 0.01
# The peak of a process varies by some pages with the interpreter: so many show by how much.
_PEAK_ROUNDS = 3
_LEAST_WARMUP_S = 1e-6  # any time at all means one batch of calls


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the user wants: rounds (fresh processes) per case, and what to do with cases that set nothing themselves.

    `timeout` in seconds for benchmarks without their own; `seed` makes the order of cases and the hash seeds
    repeatable, None draws one; `affinity` binds measured processes to CPUs. `quick` calls everything once. `memory` in
    bytes is the most that a measured process may fill, 0 for any. `retry_budget` is the share of the time that may be
    spent once more on cases with disturbed rounds. `samples` are taken in each round after the first whatever asv's
    time, 0 for as many as that allows.
    """

    rounds: int = 5
    quick: bool = False
    launch: Launch = "auto"
    timeout: float = 60.0
    seed: int | None = None
    affinity: tuple[int, ...] = ()
    memory: int = 0
    retry_budget: float = 0.0
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Calls:
    """How many rounds a case gets in all, and asv's attributes for the next one."""

    rounds: int
    settings: Mapping[str, object] = field(default_factory=dict)


def first(benchmark: Benchmark, sampling: Sampling) -> Calls:
    """Return what to do in the round that calibrates."""
    if sampling.quick:
        return Calls(1, {"number": 1, "repeat": 1, "warmup_time": 0})
    if benchmark.kind != "time":
        few = _PEAK_ROUNDS if benchmark.kind == "peakmemory" else 1
        return Calls(_written_rounds(benchmark) or min(few, sampling.rounds))
    if _steered(benchmark):
        return Calls(_written_rounds(benchmark) or sampling.rounds)
    settings = {"repeat": (1, _samples(sampling), _PATIENCE_S), "min_run_count": 1}
    return Calls(sampling.rounds, settings)


def later(benchmark: Benchmark, sampling: Sampling, number: int, batch_s: float) -> Calls:
    """Return what to do in each round after the first, which took `batch_s` seconds for a sample of `number` calls."""
    before = first(benchmark, sampling)
    if before.rounds == 1 or benchmark.kind != "time":
        return before
    if _written_rounds(benchmark):  # then asv warms up as long in each of them
        return Calls(before.rounds, {"number": number})
    if _steered(benchmark):
        return Calls(before.rounds, {"number": number, "warmup_time": _ASV_WARMUP_S / (before.rounds - 1)})
    if sampling.samples:
        warmup_s = min(_ASV_WARMUP_S, max(_LEAST_WARMUP_S, batch_s))
        return Calls(before.rounds, {"number": number, "repeat": sampling.samples, "warmup_time": warmup_s})
    left = asv_seconds(number, batch_s) - _first_seconds(number, batch_s, _samples(sampling))
    each = left / (before.rounds - 1) * (1 + 1e-9)
    if each < 2 * batch_s:
        rounds = before.rounds if each >= batch_s else 1 + int(left / batch_s + 1e-9)
        return Calls(rounds, {"number": number, "repeat": 1, "warmup_time": 0})
    repeat = min(max(_samples(sampling), _quick_samples(batch_s)), int(each / batch_s) - 1)
    warmup_s = min(_ASV_WARMUP_S, each - (repeat + 1) * batch_s)
    return Calls(before.rounds, {"number": number, "repeat": repeat, "warmup_time": max(_LEAST_WARMUP_S, warmup_s)})


def asv_seconds(number: int, batch_s: float) -> float:
    """Return the least time asv spends by default on a case whose samples of `number` calls take `batch_s` each."""
    return _ASV_ROUNDS * _round_seconds(number, batch_s, _ASV_SAMPLES, _ASV_PATIENCE_S)


def _first_seconds(number: int, batch_s: float, samples: int) -> float:
    """Return the time our first round takes; one call that takes longer than we wait is warm-up and sample in one."""
    if batch_s > _ASV_WARMUP_S + _PATIENCE_S:
        return batch_s
    return _round_seconds(number, batch_s, samples, _PATIENCE_S)


def _round_seconds(number: int, batch_s: float, samples: int, patience_s: float) -> float:
    """Return the least time of a warm-up and of samples until there are enough or patience is over."""
    spent = max(_ASV_WARMUP_S, batch_s)
    if number == 1:  # else the number is found during the warm-up, and its end is anywhere within a batch
        spent = max(1, math.ceil(_ASV_WARMUP_S / batch_s - 1e-9)) * batch_s
    for _ in range(samples):
        spent += batch_s
        if spent > _ASV_WARMUP_S + patience_s:
            break
    return spent


def _samples(sampling: Sampling) -> int:
    """Return the samples of a round: as many over all rounds as asv takes."""
    return max(1, _ASV_ROUNDS * _ASV_SAMPLES // sampling.rounds)


def _quick_samples(batch_s: float) -> int:
    """Return the samples of a round for which there is always time.

    Single calls after a setup can be quick. What disturbs them makes them slower, never quicker, and the middle of two
    is their mean: 3 % above what asv has from five.
    """
    return min(_QUICK_SAMPLES, int(_QUICK_S / batch_s))


def _explicit(benchmark: Benchmark) -> frozenset[str]:
    """Return which attributes of sampling the suite has set itself."""
    found = benchmark.attributes.get("explicit", ())
    return frozenset(map(str, found)) if isinstance(found, list | tuple) else frozenset()


def _steered(benchmark: Benchmark) -> bool:
    """Return whether the suite says how many samples it wants: then it gets them, whatever the time."""
    return bool(_explicit(benchmark) & {"rounds", "processes", "repeat"})


def _written_rounds(benchmark: Benchmark) -> int:
    """Return the rounds that the suite asks for, 0 when it leaves them to us."""
    rounds = benchmark.attributes.get("rounds", 0)
    if benchmark.kind == "time" and not _explicit(benchmark) & {"rounds", "processes"}:
        return 0
    return int(rounds) if isinstance(rounds, int | float | str) else 0
