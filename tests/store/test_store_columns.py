"""The columns say what the files say, read only what changed, and survive a damaged cache."""

import json
import math
import os
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, PEAK, PLAIN, bad, exact, run

from bench_runner.model.run import Build, Run
from bench_runner.store import columns as module
from bench_runner.store.columns import Columns, load
from bench_runner.store.files import Store

A, B, C = "a" * 40, "b" * 40, "c" * 40


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were parsed."""
    found: list[Path] = []
    real = module.document

    def counting(content: bytes, path: Path) -> object:
        found.append(path)
        return real(content, path)

    monkeypatch.setattr(module, "document", counting)
    return found


def said(found: Columns) -> list[tuple[object, ...]]:
    """All points in words, sorted, with the sha of their run."""
    rows = found.table.to_pylist()
    for row in rows:
        row["sha"] = found.entries[row.pop("run")].sha
    return sorted(tuple(map(repr, row.values())) for row in rows)


def expected(runs: list[Run]) -> list[tuple[object, ...]]:
    """What the model says of the same runs."""
    rows = []
    for one in runs:
        places = {case.id: index for benchmark in BENCHMARKS for index, case in enumerate(benchmark.cases())}
        for result in one.results:
            summary = result.summary
            triple = (summary.centre, summary.low, summary.high) if summary else (math.nan,) * 3
            protocol = (result.protocol or one.protocol).key
            row = (
                result.case.benchmark,
                result.version,
                json.dumps(result.case.params),
                places[result.case.id],
                result.outcome,
                protocol,
                *triple,
                summary.n if summary else 1,
                result.started_ms,
                "; ".join(summary.warnings) if summary else "",
                result.detail,
                result.output,
                one.commit_sha,
            )
            rows.append(tuple(map(repr, row)))
    return sorted(rows)


def test_points_are_the_results(store: Store, cache: Path) -> None:
    for sha in (A, B):
        store.add(run(sha), benchmarks=BENCHMARKS)
    assert said(load(store, cache)) == expected(list(store.runs()))
    assert said(load(store, cache)) == expected(list(store.runs()))


def test_points_of_files_that_asv_wrote(store: Store, cache: Path) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    data = json.loads(path.read_text())
    data.pop("bench_runner")
    path.write_text(json.dumps(data))
    (theirs,) = store.runs()
    assert theirs.protocol.engine == "asv"
    assert said(load(store, cache)) == expected([theirs])


def test_one_more_file_means_one_file_read(store: Store, cache: Path, read: list[Path]) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    store.add(run(C), benchmarks=BENCHMARKS)
    load(store, cache)
    assert len(read) == 2
    read.clear()
    path = store.add(run(B), benchmarks=BENCHMARKS)  # sorts between the others
    found = load(store, cache)
    assert read == [path]
    assert [one.sha for one in found.entries] == [A, B, C]
    assert said(found) == expected(list(store.runs()))
    read.clear()
    assert said(load(store, cache)) == said(found)
    assert read == []


def test_files_that_changed_or_went(store: Store, cache: Path, read: list[Path]) -> None:
    paths = [store.add(run(sha), benchmarks=BENCHMARKS) for sha in (A, B, C)]
    load(store, cache)
    read.clear()
    paths[0].unlink()
    store.add(run(C, found=[bad(PLAIN, "failed")]), benchmarks=BENCHMARKS)
    found = load(store, cache)
    assert read == [paths[2]]
    assert said(found) == expected(list(store.runs()))
    paths[1].unlink()
    paths[2].unlink()
    assert said(load(store, cache)) == []
    assert said(load(store, cache)) == []


def test_a_new_stamp_alone_is_no_change(store: Store, cache: Path, read: list[Path]) -> None:
    path = store.add(run(A), benchmarks=BENCHMARKS)
    load(store, cache)
    read.clear()
    os.utime(path, ns=(1, 1))
    assert said(load(store, cache)) == expected(list(store.runs()))
    assert read == []


def test_the_same_size_is_no_excuse(store: Store, cache: Path) -> None:
    path = store.add(run(A, found=[exact(PEAK, 100.0)]), benchmarks=BENCHMARKS)
    load(store, cache)
    stamp = path.stat()
    store.add(run(A, found=[exact(PEAK, 200.0)]), benchmarks=BENCHMARKS)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert path.stat().st_size == stamp.st_size
    assert load(store, cache).table.column("centre").to_pylist() == [200.0]


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "other format", "folder"])
def test_a_damaged_cache_is_made_anew(store: Store, cache: Path, damage: str) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    load(store, cache)
    (place,) = (cache / "columns").iterdir()
    content = place.read_bytes()
    middle = len(content) // 2
    changed = {
        "empty": b"",
        "truncated": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "other format": content.replace(b"columns 1", b"columns 0", 1),
    }
    if damage == "folder":
        place.unlink()
        place.mkdir()
    else:
        place.write_bytes(changed[damage])
    assert said(load(store, cache)) == expected(list(store.runs()))
    assert damage == "folder" or place.read_bytes() == content


def test_damaged_results_are_named_each_time(store: Store, cache: Path, read: list[Path]) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    broken = store.add(run(B), benchmarks=BENCHMARKS)
    broken.write_text("{")
    for times in (1, 2):
        fresh = Store(store.results)
        assert said(load(fresh, cache)) == expected([store.load(store.paths()[0])])
        assert [one.path for one in fresh.damaged] == [broken]
        assert len(read) == 2, f"the damaged file is not read again, time {times}"


def test_runs_without_points(store: Store, cache: Path) -> None:
    build = Build(ok=False, detail="no compiler", output="cc: not found")
    store.add(run(A, found=[], build=build), benchmarks=BENCHMARKS)
    found = load(store, cache)
    assert said(found) == []
    (entry,) = found.entries
    assert (entry.sha, entry.built, entry.build_detail, entry.build_output) == (
        A,
        False,
        "no compiler",
        "cc: not found",
    )
    assert (entry.machine, entry.environment) == ("lab-1", run().environment.name)


def test_a_cache_that_cannot_be_written_costs_nothing(store: Store) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    assert said(load(store, Path("/proc/no-cache-here"))) == expected(list(store.runs()))


def test_two_results_directories_do_not_meet(store: Store, cache: Path, tmp_path: Path) -> None:
    store.add(run(A), benchmarks=BENCHMARKS)
    other = Store(tmp_path / "other")
    other.add(run(B), benchmarks=BENCHMARKS)
    load(store, cache)
    assert [one.sha for one in load(other, cache).entries] == [B]
    assert [one.sha for one in load(store, cache).entries] == [A]
