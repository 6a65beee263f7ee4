"""What `store verify` found as a sheet: damaged files, and how much room the results take by machine."""

from collections.abc import Iterable

from bench_runner import units
from bench_runner.report.sheet import Data, Sheet
from bench_runner.store.growth import Growth
from bench_runner.store.jsonfile import Damage
from bench_runner.store.verify import Report

SCHEMA = "bench_runner.store/1"
COLUMNS = ("machine", "runs", "MB", "kB a run", "newest", "older", "samples MB", "thin saves MB", "MB a year")
_ALL = "all"


def verified(report: Report) -> Sheet:
    """Return a row for each machine and one for all; damages and notes are in the document only."""
    found = report.growth.by_machine()
    rows = {**found, _ALL: report.growth} if len(found) > 1 else found
    return Sheet(
        title=f"{units.count(report.files, 'run')}, {_mega(report.size)} MB",
        columns=COLUMNS,
        cells=tuple((name, *_cells(one)) for name, one in rows.items()),
        right=frozenset(COLUMNS[1:]),
        document={
            "schema": SCHEMA,
            "files": report.files,
            "bytes": report.size,
            "damages": _named(report.damages),
            "notes": _named(report.notes),
            "former_rows": report.former,
            "all": _entry(report.growth),
            "machines": {name: _entry(one) for name, one in found.items()},
        },
        data=Data(("machine", *_entry(Growth())), tuple((name, *_entry(one).values()) for name, one in rows.items())),
    )


def _cells(growth: Growth) -> tuple[str, ...]:
    """Return what is printed of a machine."""
    yearly = growth.per_year
    return (
        str(len(growth.weights)),
        _mega(growth.size),
        *(f"{one / 1e3:.1f}" for one in (growth.typical, growth.newest, growth.older)),
        _mega(growth.samples),
        _mega(growth.saving),
        "?" if yearly is None else _mega(yearly),
    )


def _mega(size: float) -> str:
    """Return bytes as megabytes."""
    return f"{size / 1e6:.1f}" if size >= 1e5 else f"{size / 1e6:.2g}"


def _entry(growth: Growth) -> dict[str, float | None]:
    """Return the numbers of a machine for programs, in bytes."""
    return {
        "runs": len(growth.weights),
        "bytes": growth.size,
        "bytes_per_run": growth.typical,
        "bytes_per_run_newest": growth.newest,
        "bytes_per_run_older": growth.older,
        "bytes_of_samples": growth.samples,
        "bytes_thin_saves": growth.saving,
        "bytes_per_year": growth.per_year,
    }


def _named(found: Iterable[Damage]) -> list[dict[str, str]]:
    """Return files with what is said of them."""
    return [{"path": str(one.path), "reason": one.reason} for one in found]
