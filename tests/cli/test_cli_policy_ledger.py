"""The policy beside the ledger: what is recorded keeps its id through a rename, and stays accepted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command
from .test_cli_policy import RENAME, policy, stored

pytestmark = pytest.mark.slow
__all__ = ["policy", "stored"]


def test_a_recorded_change_stays_accepted_when_its_benchmark_is_renamed(
    stored: Command, policy: Callable[[str], Path]
) -> None:
    path = policy(RENAME)
    assert stored("detect", "--record").code == 0
    (name,) = [one["id"] for one in json.loads(stored("changes", "--format", "json").out)["changes"]]
    assert stored("accept", name, "-m", "worth it").code == 0
    path.write_text(path.read_text() + '\n[[rename]]\nfrom = "io.time_slow"\nto = "io.time_slower"\n')
    (found,) = json.loads(stored("changes", "--format", "json").out)["changes"]
    assert (found["id"], found["benchmark"], found["state"]) == (name, "io.time_slower", "accepted")
    assert found["acceptance"]["reason"] == "worth it"
    assert stored("detect", "--exit-code").code == 0
    shown = stored("changes", "show", name)
    assert "io.time_slower" in shown.out
    assert "worth it (A Uthor)" in shown.out
    checked = stored("policy", "check")
    assert (checked.code, "0 errors" in checked.out) == (0, True)
    assert stored("regressions").out.count(name) == 0
