"""Measures two commits side by side in a project, going on with what was measured before."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from bench_runner.cli.measure import stopping
from bench_runner.cli.order import Order, Work, understand
from bench_runner.cli.progress import Progress
from bench_runner.cli.project import Project
from bench_runner.envs.base import Workspace
from bench_runner.errors import NothingMeasuredError, UsageError
from bench_runner.history.gate_record import record, shown
from bench_runner.history.gates import judge
from bench_runner.history.policy import Policy
from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.gate import COMMITS, Cell, Fault, Gate, Side
from bench_runner.model.judged import Judged, Record
from bench_runner.model.series import SeriesKey
from bench_runner.runner.execute import Processes
from bench_runner.runner.paired import Sides, Stop
from bench_runner.runner.rig import Rig
from bench_runner.runner.session import selector
from bench_runner.runner.sides import FOLDERS, workspaces
from bench_runner.stats.looks import LOOKS, Aim
from bench_runner.store import gates

Shas = Mapping[Side, str]
Known = Mapping[Side, list[Benchmark]]
# What a round tells is the median of so many samples: one may be disturbed.
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: two commits, what matters (a factor for all), minutes at most, whether to begin anew."""

    base: str
    head: str
    aim: Aim
    factor: float | None = None
    minutes: float | None = None
    again: bool = False


def gated(project: Project, order: Order, wish: Wish) -> tuple[Judged, Record]:
    """Return what two commits come to beside each other, and the record of this machine."""
    work = understand(project, order)
    if work.environments[0].backend == "existing":
        raise UsageError("an existing environment holds one commit: continuous needs two, use -E uv:3.12 or venv")
    base = _sha(project, wish.base)
    shas: Shas = {"base": base, "head": project.repository.resolve(wish.head), "again": base}
    judged = _measured(project, order, work, wish, shas)
    return judged, record(gates.list_(project.store, project.machine.machine), wish.aim)


def _sha(project: Project, name: str) -> str:
    """Return the commit of a baseline or a ref."""
    held = {one.name: one.commit_sha for one in project.baselines.every()}
    return held.get(name) or project.repository.resolve(name)


def _measured(project: Project, order: Order, work: Work, wish: Wish, shas: Shas) -> Judged:
    """Measure what is left of a gate."""
    until = time.monotonic() + 60 * wish.minutes if wish.minutes else math.inf
    plan = replace(work, sampling=replace(work.sampling, rounds=LOOKS[0], retry_budget=0.0, samples=SAMPLES))
    where = (project.config, project.repository, project.cache, work.environments[0])
    stop = Stop()
    with Progress() as screen, workspaces(*where, shas, screen.tell) as places, _rigs(plan, places) as rigs:
        known = _listed(project, work, places, screen)
        benchmarks = _chosen(known, order)
        cells = tuple(_cell(case, one, known) for case, one in benchmarks.items())
        gate = replace(_begun(project, plan, shas, places), cells=cells)
        if not wish.again:
            gate = _gone_on(gate, gates.list_(project.store, gate.machine))
        floors = _floors(project, gate, wish)
        sides = Sides(
            rigs,
            benchmarks,
            plan.sampling,
            tell=lambda step: screen.at(step.done, step.total, step.doing),
            keep=partial(gates.keep, project.store),
            until=until,
            stop=stop,
        )
        with stopping(stop, screen, "finishing the round in hand; Ctrl-C again drops it"):
            judged = sides.measure(gate, lambda one: judge(one, wish.aim, floors))
    if judged.gate.whole and judged.gate.shown is None:
        gates.keep(project.store, replace(judged.gate, shown=shown(judged.gate, wish.aim)))
    if stop.stopping:
        raise typer.Exit(130) from KeyboardInterrupt()
    return judged


@contextmanager
def _rigs(work: Work, places: Mapping[Side, Workspace]) -> Iterator[Mapping[Side, Rig]]:
    """Give a rig for each side, each with a folder of its own."""
    with TemporaryDirectory(prefix="bench-runner-", ignore_cleanup_errors=True) as folder:
        found: dict[Side, Rig] = {}
        for side, place in places.items():
            own = Path(folder) / FOLDERS[side]
            own.mkdir()
            found[side] = Rig(place, work.suite.at(place).absolute(), work.sampling, own)
        yield found


def _listed(project: Project, work: Work, places: Mapping[Side, Workspace], screen: Progress) -> Known:
    """Return the benchmarks of both commits."""
    executor = Processes(screen.tell, project.config.metrics)
    try:
        return {side: executor.discover(places[side], work.suite.at(places[side])) for side in COMMITS}
    finally:
        executor.forget()


def _chosen(known: Known, order: Order) -> dict[Case, Benchmark]:
    """Return the cases of either commit that were asked for; NothingMeasuredError without any."""
    chosen = selector(order.benchmarks)
    found = {case: one for side in COMMITS for one in known[side] for case in one.cases() if chosen(case)}
    if not found:
        raise NothingMeasuredError("no case is selected: see `bench-runner list --cases`")
    return found


def _begun(project: Project, work: Work, shas: Shas, places: Mapping[Side, Workspace]) -> Gate:
    """Return a gate that has nothing measured."""
    return Gate(
        base=shas["base"],
        head=shas["head"],
        environment=work.environments[0].name,
        machine=project.machine.machine,
        began_ms=time.time_ns() // 1_000_000,
        seed=time.time_ns() % 2**32,
        protocol=work.suite.measuring(work.sampling, shas["head"]),
        fingerprint=places["head"].fingerprint,
    )


def _cell(case: Case, benchmark: Benchmark, known: Known) -> Cell:
    """Return a cell with nothing measured; one that a commit does not have, or has otherwise, is not compared."""
    own = {side: next((one for one in known[side] if case.benchmark == one.name), None) for side in COMMITS}
    faults = {side: Fault("missing") for side, one in own.items() if one is None or case not in one.cases()}
    versions = {one.version for one in own.values() if one}
    if len(versions) > 1:
        faults["head"] = Fault("unlike", "the benchmark itself is another one there")
    return Cell(case, benchmark.kind, benchmark.metric, faults=faults, version=benchmark.version)


def _gone_on(gate: Gate, every: Sequence[Gate]) -> Gate:
    """Return the newest gate of the same cells that was measured in the same way, else the one that begins."""
    return next((one for one in reversed(every) if _told(one) == _told(gate)), gate)


def _floors(project: Project, gate: Gate, wish: Wish) -> dict[str, float]:
    """Return the smallest change that counts of each case: the factor asked for, else what the policy says."""
    if wish.factor is not None:
        return {one.case.id: wish.factor - 1 for one in gate.cells}
    policy = Policy(entries=project.policy_file.entries)
    keys = {SeriesKey(one.case, gate.environment, gate.machine): one.metric for one in gate.cells}
    found = {key.case.id: policy.floor(key, metric) for key, metric in keys.items()}
    return {name: floor.change for name, floor in found.items() if floor}


def _told(gate: Gate) -> object:
    """Return what tells a gate from others: commits, place, how it is measured, and of what."""
    cells = {(one.case, one.version, one.kind) for one in gate.cells}
    return gate.base, gate.head, gate.environment, gate.machine, gate.protocol, gate.fingerprint, cells
