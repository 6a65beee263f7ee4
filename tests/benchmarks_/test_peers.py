"""The comparison with peers counts as it says, and runs with what is installed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import peers

SCRIPT = Path(peers.__file__)


def test_changes_are_found_one_for_one() -> None:
    assert peers.hits([10, 52], [12, 50]) == 2
    assert peers.hits([11], [10, 12]) == 1
    assert peers.hits([10, 11, 12], [12]) == 1
    assert peers.hits([30], [12]) == 0


def test_small_steps_are_left_out_and_what_they_cut_is_joined() -> None:
    values = np.repeat([100.0, 100.5, 120.0, 120.1], 20)
    assert peers.sized(values, [20, 40, 60]) == [40]
    assert peers.sized(values, []) == []


def test_histories_have_the_changes_they_are_said_to_have() -> None:
    rng = np.random.default_rng(1)
    for changes in range(5):
        one = peers.made(rng, 300, changes=changes)
        assert len(one.truth) == changes
        assert np.all(one.values > 0)
        assert all(place % peers.APART == 0 for place in one.truth)


def test_it_prints_a_row_for_each_detector_installed_or_not() -> None:
    command = [sys.executable, str(SCRIPT), "--series", "8", "--points", "90"]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [row[:28].strip() for row in rows[1:]] == list(peers.PEERS)
    assert all("not installed" in row or len(row.split()) >= 6 for row in rows[1:])
