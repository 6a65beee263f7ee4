"""Looks at everything below results/, and names each file that is damaged, out of place or changed by another tool."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench_runner.errors import StoreError
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.run import Result, Run
from bench_runner.store import gates, ledger
from bench_runner.store.asv_format import Document
from bench_runner.store.baselines import ENDING, show
from bench_runner.store.documents import document, load_machine, run_of
from bench_runner.store.files import Store
from bench_runner.store.growth import Growth, Weight, weigh
from bench_runner.store.jsonfile import Damage, read_bytes
from bench_runner.store.layout import ASIDE, BASELINES, BENCHMARKS, MACHINE, run_file
from bench_runner.store.production import agree


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: damages by path, how many result files of how many bytes, and rows of former benchmark versions.

    `former` rows are not damaged, but asv does not show them. `notes` name what is unusual, and harmless; `growth` is
    about the files that could be read.
    """

    damages: tuple[Damage, ...]
    files: int = 0
    size: int = 0
    former: int = 0
    notes: tuple[Damage, ...] = ()
    growth: Growth = field(default_factory=Growth)


def verify(results: Path) -> Report:
    """Read every file below `results` and report on it; never raises for what is in them."""
    store = Store(results)
    benchmarks = store.benchmarks()
    damages, notes, former = list(store.damaged), list[Damage](), 0
    paths, weights = store.paths(), list[Weight]()
    for path in paths:
        try:
            content = read_bytes(path)
            found = document(content, path)
            run, rows = run_of(path, found), found.rows.items()
        except StoreError as error:
            damages.append(Damage.of(path, error))
            continue
        damages += [Damage(path, reason) for reason in _reasons(path, found, run, benchmarks)]
        notes += [Damage(path, reason) for reason in _remarks(path, found, run, benchmarks)]
        weights.append(weigh(path, len(content), found))
        former += sum(name in benchmarks and row.version != benchmarks[name].version for name, row in rows)
    damages += [*_machines(store), *_strays(store, set(paths)), *_baselines(store), *_ledger(store), *_gates(store)]
    sizes = [path.stat().st_size for path in paths]
    growth = Growth.of(weights)
    return Report(_sorted(damages), len(sizes), sum(sizes), former, _sorted(notes), growth)


def _sorted(found: list[Damage]) -> tuple[Damage, ...]:
    """Return what was found by path and reason."""
    return tuple(sorted(found, key=lambda one: (one.path, one.reason)))


def _reasons(path: Path, found: Document, run: Run, benchmarks: Mapping[str, Benchmark]) -> Iterator[str]:
    """Yield what is wrong with a file that can be read."""
    if found.marked and not found.own:
        yield "was rewritten by asv, which dropped rounds, fingerprint and build log: restore it from git"
    if found.own and (misnamed := _misnamed(path, run)):
        yield misnamed
    foreign = {name for name, row in found.rows.items() if found.own and row.records is None}
    changed = sorted(name for name in foreign if name in benchmarks or not benchmarks)
    if changed:
        yield f"has rows that another tool added, {_some(changed)}: restore it from git or measure them again"
    if run.windows and not agree(run):
        yield "has numbers that do not follow from its windows: restore it from git, or remove it and ingest again"
    impossible = sorted({one.case.id for one in run.results if _impossible(one)})
    if impossible:
        yield f"has samples that are no numbers, or an interval without its value: {_some(impossible)}: measure again"


def _remarks(path: Path, found: Document, run: Run, benchmarks: Mapping[str, Benchmark]) -> Iterator[str]:
    """Yield what is unusual of a file and yet may be: `asv update` changes names, benchmarks get deleted."""
    if not found.own and (misnamed := _misnamed(path, run)):
        yield misnamed
    unknown = sorted(set(found.rows) - set(benchmarks)) if benchmarks else []
    if unknown:
        yield f"has results of {_some(unknown)}, not in {BENCHMARKS}: they were deleted, or never discovered"


def _misnamed(path: Path, run: Run) -> str:
    """Return how the name of a file disagrees with its content, "" when it does not."""
    try:
        names = {run_file(run.commit_sha, run.environment.name, digits) for digits in (8, 64)}
    except StoreError as error:
        return str(error)
    if path.name in names:
        return ""
    return f"is not named as its content ({run.commit_sha[:8]}, {run.environment.name[:80]!r}): rename it so"


def _impossible(result: Result) -> bool:
    """Whether numbers of an ok result contradict each other."""
    if result.outcome != "ok" or result.summary is None:
        return False
    samples = result.sample.values if result.sample else ()
    summary = result.summary
    return any(map(math.isnan, samples)) or summary.low > summary.centre or summary.high < summary.centre


def _some(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(repr(name[:80]) for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _machines(store: Store) -> Iterator[Damage]:
    """Yield what is wrong with the machine files; asv skips folders without one."""
    for folder in store.folders():
        path = folder / MACHINE
        if not path.is_file():
            if store.paths(folder.name):
                yield Damage(path, "is missing, asv skips this folder: restore it from git or measure there again")
            continue
        try:
            load_machine(path)
        except StoreError as error:
            yield Damage.of(path, error)


def _strays(store: Store, runs: set[Path]) -> Iterator[Damage]:
    """Yield files that no program of ours has put there, and those it has set aside."""
    known = runs | {folder / MACHINE for folder in store.folders()} | {store.results / BENCHMARKS}
    places = [store.results, *store.folders()] if store.results.is_dir() else []
    for path in (path for place in places for path in place.iterdir()):
        if path in known or path.is_dir() or path.name.startswith("."):
            continue
        if path.name.endswith(ASIDE):
            yield Damage(path, "was unreadable and has been set aside: remove it once nothing in it is missed")
        elif path.suffix == ".json":
            yield Damage(path, "is no result file by its name, asv trips over it: move it elsewhere")


def _baselines(store: Store) -> Iterator[Damage]:
    """Yield the baselines that cannot be read."""
    for path in sorted((store.results / BASELINES).glob(f"*{ENDING}")):
        try:
            show(store, path.stem)
        except StoreError as error:
            yield Damage.of(path, error)


def _ledger(store: Store) -> Iterator[Damage]:
    """Yield the entries of the ledger that cannot be read."""
    for path in ledger.paths(store):
        try:
            ledger.load(path)
        except StoreError as error:
            yield Damage.of(path, error)


def _gates(store: Store) -> Iterator[Damage]:
    """Yield the gates that cannot be read."""
    seen = len(store.damaged)
    gates.list_(store)
    yield from store.damaged[seen:]
