"""What went on between two readings is counted exactly, over all processes, whatever became of them."""

import io
import math
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench_runner.cli.activity import between, since
from bench_runner.cli.following import Profile, Worker, workers
from bench_runner.cli.screen import document, drawn
from bench_runner.instrument.histogram import Histogram

values = st.lists(st.integers(0, 10**10), max_size=50)
HOSTILE = "shop:[red]f\x1b[2J\u202e\n;"


def of(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


def worker(pid: int, tick_s: float, histograms: Mapping[str, Histogram], **more: object) -> Worker:
    usual: dict[str, object] = {
        "command": "shop.py", "timed": ("shop:*",), "functions": 1, "until_s": 1.8e9, "left_s": 30.0,
        "mtime_ns": 1, "cpu_s": tick_s / 2, "rss_bytes": 2**20, "threads": 3, "profile": None, "failures": {},
    }  # fmt: skip
    return Worker(pid=pid, tick_s=tick_s, histograms=histograms, **{**usual, **more})  # type: ignore[arg-type]


@given(values, values)
def test_what_came_later_is_counted_exactly(earlier: list[int], later: list[int]) -> None:
    found = since(of(earlier + later), of(earlier))
    assert (found.count, found.sum_ns if later else 0) == (len(later), sum(later))
    assert found.counts == of(later).counts
    if later:
        assert found.quantile(0.5) is not None
        assert math.isclose(found.quantile(0.5) or 0, of(later).quantile(0.5) or 0, rel_tol=0.04, abs_tol=1)


@given(values, values)
def test_a_reading_that_is_no_earlier_one_does_no_harm(one: list[int], other: list[int]) -> None:
    assert since(of(one), of(other)).count <= len(one)


def test_rates_quantiles_and_shares_are_of_the_time_between() -> None:
    before = [worker(1, 10.0, {"f": of([5 * 10**8] * 100)}), worker(2, 10.0, {})]
    now = [
        worker(1, 12.0, {"f": of([5 * 10**8] * 100 + [10**9])}),
        worker(2, 12.0, {"f": of([10**9] * 3), "g": of([1])}),
    ]
    found = between(before, now)
    [f, g] = found.functions
    assert (f.name, f.calls, f.calls_per_s, f.share) == ("f", 4, 2.0, 2.0)
    assert abs(f.p50_s - 1) < 0.02
    assert (g.name, g.calls) == ("g", 1)
    assert [load.cpu for load in found.loads] == [0.5, 0.5]


def test_processes_that_come_go_and_are_replaced_do_no_harm() -> None:
    found = between(
        [worker(1, 10.0, {"f": of([1] * 9)}), worker(2, 10.0, {})],
        [worker(1, 11.0, {"f": of([2])}), worker(3, 1.0, {"f": of([3])})],
    )
    assert [(one.name, one.calls) for one in found.functions] == [("f", 2)]
    assert between([], []).functions == []


def test_foreign_text_can_neither_colour_nor_steer_the_terminal(tmp_path: Path) -> None:
    failed = {HOSTILE: (2, HOSTILE)}
    profile = Profile("", on=False, files=(), problem=HOSTILE)
    one = worker(1, 1.0, {HOSTILE: of([5])}, command=HOSTILE, failures=failed, profile=profile, timed=(HOSTILE,))
    out = io.StringIO()
    found = between([one], [one])
    Console(file=out, width=120, highlight=False).print(drawn(tmp_path, between([], [one])))
    assert not {"\x1b", "\u202e"} & set(out.getvalue())
    assert "[red]f" in out.getvalue()
    assert out.getvalue().count("\n") < 20
    assert document(tmp_path, found)["workers"][0]["command"] == HOSTILE


def test_what_is_damaged_or_dead_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "control.json.d"
    folder.mkdir()
    for name, text in {"1": "{", "2": "[]", "3": "{}", "4": '{"version": 1, "control": 3}', "5": "[" * 10**5}.items():
        (folder / f"{name}.json").write_text(text)
    assert workers(tmp_path / "control.json") == []
    assert workers(tmp_path / "nowhere") == []
