import math
import os
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from against import figures, outcomes, project, table
from against.spending import Spent, account
from against.tools import ASV, OURS

NOTHING = Spent(0, 10, 0, 5, 0, 0, 8)
KINDS = {"cold": 1, "warm": 3, "again": 3, "one": 2}


def spent(cold: float, warm: float, again: float, one: float, calls: float) -> dict[str, list[Spent]]:
    """Commands of one tool: CPU seconds without calls, and calls in those that measure everything."""
    outside = {"cold": cold, "warm": warm, "again": again, "one": one}
    inside = {"warm": calls, "again": calls}
    return {
        kind: [replace(NOTHING, cpu_s=outside[kind] + inside.get(kind, 0), calls_cpu_s=inside.get(kind, 0))] * number
        for kind, number in KINDS.items()
    }


def test_a_journal_is_added_up() -> None:
    records = [(101.0, 2.0, 1.5, 0.5, 0.25), (0.0, 1.0, 1.0, 0.0, 0.0), (105.0, 0.0, 0.0, 0.0, 0.0)]
    found = account(b"".join(struct.pack("5d", *one) for one in records), 10.0, began=100.0, ended=107.0)
    assert found == Spent(10, 7, 2.5, 3, 0.25, 0.5, phase_s=6)
    assert found.outside_s == 7.5


def test_a_command_that_imports_no_suite_has_no_phase() -> None:
    assert account(b"", 1.0, began=100.0, ended=107.0) == Spent(1, 7, 0, 0, 0, 0, phase_s=0)


NESTED = """
import os, sys, time
sys.path.insert(0, {folder!r})
from benchmarks import journal

def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass

inner = journal.setup(lambda: busy(0.05))
outer = journal.calls(lambda: (inner(), busy(0.02), inner()))
outer()
if os.fork() == 0:
    journal.timeit.Timer(lambda: busy(0.01)).timeit(3)
    os._exit(0)
os.wait()
outer()
os._exit(0)
"""


def test_the_journal_tells_setups_from_calls_in_every_process(tmp_path: Path) -> None:
    code = NESTED.format(folder=str(project.TREE))
    with (tmp_path / "journal").open("xb"):
        pass
    variables = {**os.environ, "AGAINST_ASV_JOURNAL": str(tmp_path / "journal")}
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], env=variables, check=True)
    found = account((tmp_path / "journal").read_bytes(), 1.0, began, time.monotonic())
    assert found.setup_wall_s >= 0.2
    assert found.calls_wall_s >= 0.07  # two of 0.02 and a batch of 0.03, however busy the machine is
    assert 0 < found.calls_cpu_s <= found.calls_wall_s + 0.01
    assert found.calls_wall_s + found.setup_wall_s <= found.phase_s <= found.wall_s


def test_parts_add_up_to_the_commands_they_come_from() -> None:
    found = figures.parts(spent(cold=9, warm=7, again=4, one=1, calls=5), benchmarks=10)
    assert (found["build"], found["environment"], found["outside"], found["warm"]) == (3, 5, 7, 12)
    assert 9 * found["per benchmark"] + found["per commit"] + found["per benchmark"] == 4
    assert found["per commit"] + found["per benchmark"] + found["build"] + found["environment"] == 9


def test_ratios_are_of_pairs() -> None:
    both = {ASV: spent(1, 10, 5, 1, 5), OURS: spent(1, 2, 1, 1, 4)}
    both[OURS]["warm"][2] = replace(both[OURS]["warm"][2], cpu_s=8.0)  # 4 outside of calls
    assert figures.outside(both) == {"ratio": 5, "low": 2.5, "high": 5, "n": 3}


def test_shares_are_of_wall_time() -> None:
    assert figures.inside([NOTHING]) == {"phase": 5 / 8, "command": 1 / 2}


def test_spread_is_told_at_equal_time_inside_calls() -> None:
    values = {
        ASV: {"a": [90, 100, 110], "b": [80, 100, 120], "size": [3, 3, 3], "asv's": [1, 2, 3]},
        OURS: {"a": [95, 100, 105], "b": [90, 100, 110], "size": [3, 3, 3]},
    }
    found = figures.spreads(values, {ASV: 4.0, OURS: 1.0})
    assert found["cases"] == {"a": {ASV: 10, OURS: 5}, "b": {ASV: 20, OURS: 10}}
    assert found["ratio"] == pytest.approx(0.5)
    assert found["at equal time"] == pytest.approx(0.25)  # with four times the time it would be half of that


def test_the_table_says_what_was_reached() -> None:
    both = {ASV: spent(9, 10, 5, 1, 5), OURS: spent(2, 2, 1, 1, 4)}
    values = {ASV: {"a": [90, 100, 110]}, OURS: {"a": [80, 100, 120]}}
    said = table.text({"figures": figures.figures(both, values, 10)})
    assert "1/5.0 of asv's (from 1/5.0 to 1/5.0, n=3); to reach 1/5: reached" in said
    assert "62 % (asv 62 %), n=3; to reach 50 %: reached" in said
    assert "2.00 of asv's" in said
    assert "to reach 1: NOT REACHED" in said


def test_cases_are_read_as_asv_lists_them() -> None:
    document = {
        "result_columns": ["result", "params", "version", "stats_number", "duration"],
        "results": {
            "one.time_x": [[1.5], [], "v", [100], 3],
            "two.time_y": [[1.0, None, math.nan, 4.0], [["1", "2"], ["'a'", "'b'"]], "w", [5, 5, 5, 7]],
            "bad.time_z": [None, [["1", "2"]], "x"],
            "three.track_n": [[7], [], "y"],
        },
    }
    assert outcomes.values(document) == {"one.time_x": 1.5, "two.time_y(1, 'a')": 1.0, "two.time_y(2, 'b')": 4.0}
    found = outcomes.cases(document)
    assert found["two.time_y(1, 'a')"]["stats_number"] == 5
    assert found["three.track_n"]["stats_number"] is None
    assert list(found)[-3:-1] == ["bad.time_z(1)", "bad.time_z(2)"]
