"""Simulated gates are of the kind that they are said to be, and each rule runs and sees what is large."""

import subprocess
import sys
from pathlib import Path

import gate_power
import numpy as np
import pytest
from gate_power import RULES, Gate, Suite, Tally

SCRIPT = Path(gate_power.__file__)


def suite(seed: int, cells: int = 8, effect: float = 0.0) -> Suite:
    return Suite(np.random.default_rng(seed), cells, effect)


def test_cells_are_as_noisy_as_the_history_they_are_taken_from() -> None:
    sigma = suite(1, 20_000).sigma
    assert np.quantile(sigma, [0.5, 0.9]) == pytest.approx([gate_power.MEDIAN, gate_power.NINTH], rel=0.05)


def test_one_cell_is_changed_in_the_new_build_only() -> None:
    one = suite(2, effect=0.5)
    found = np.log(one.values(400, (0, 1, 0)))
    new, again = np.median(found[1:] - found[0], axis=1)
    assert new == pytest.approx(one.new, abs=0.02)
    assert again == pytest.approx(np.zeros(8), abs=0.02)
    assert np.flatnonzero(one.new).tolist() == [one.changed]


def test_samples_of_a_process_are_closer_than_processes() -> None:
    found = np.log(suite(3).samples(400, (0, 1)))
    assert found.shape == (2, 400, 8, gate_power.SAMPLES)
    within = np.median(np.ptp(found, axis=-1))
    assert within < np.median(np.ptp(found.mean(axis=-1)[:, :5], axis=1))


def test_a_round_holds_its_sides_in_the_order_that_is_asked_for() -> None:
    """With drift alone, the side that comes second is further off."""
    one = suite(4)
    one.walk, one.sigma = 1e-6, np.zeros(8)
    first = np.abs(np.diff(np.log(one.values(1, (0, 0, 0))[:, 0, 0])))
    assert first.min() > 1


@pytest.mark.parametrize("name", sorted(RULES))
def test_each_rule_calls_a_change_of_half_slower(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_power.paired, "DRAWS", 499)
    one = suite(5, effect=0.5)
    gate = RULES[name](one)
    assert gate.slower[one.changed]
    assert gate.slower.shape == gate.rounds.shape == (8,)


def test_our_gate_confirms_what_it_flags_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_power.paired, "DRAWS", 499)
    one = suite(6, effect=0.5)
    gate = RULES["ours, 20+20"](one)
    assert np.flatnonzero(gate.slower).tolist() == [one.changed]
    assert sorted(gate.rounds.tolist()) == [20] * 7 + [40]


def test_gates_are_counted_by_what_they_call_slower() -> None:
    tally, rounds = Tally(), np.full(3, 10)
    for slower, changed in (([0, 1, 0], [1]), ([1, 1, 1], [1]), ([1, 0, 0], []), ([0, 0, 0], [])):
        tally.add(Gate(np.array(slower, dtype=bool), rounds), changed)
    assert tally == Tally(gates=4, hits=2, others=2, rounds=40)
    assert gate_power.share(1, 4).split() == ["25.0", "+-", "22.9"]


@pytest.mark.slow
def test_it_prints_a_row_for_each_rule() -> None:
    command = [sys.executable, str(SCRIPT), "--gates", "2", "--cells", "6", "--draws", "199"]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [row[:31].strip() for row in rows[1:]] == list(RULES)
    assert all(row.count("+-") == 5 for row in rows[1:])
