"""Over is over, whichever clock jumps."""

import time

import pytest

from bench_runner.instrument.deadline import Deadline


def test_it_passes() -> None:
    assert Deadline(time.time() - 1).over()
    assert Deadline(0).over()
    ahead = Deadline(time.time() + 60)
    assert not ahead.over()
    assert 50 < ahead.left_s() <= 60


def test_a_wall_clock_that_is_set_back_does_not_put_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, tick = time.time(), time.monotonic()
    deadline = Deadline(wall + 60)
    monkeypatch.setattr(time, "time", lambda: wall - 3600)
    monkeypatch.setattr(time, "monotonic", lambda: tick + 59)
    assert not deadline.over()
    monkeypatch.setattr(time, "monotonic", lambda: tick + 61)
    assert deadline.over()


def test_a_machine_that_slept_past_it_finds_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, tick = time.time(), time.monotonic()
    deadline = Deadline(wall + 60)
    monkeypatch.setattr(time, "monotonic", lambda: tick + 1)
    monkeypatch.setattr(time, "time", lambda: wall + 3600)
    assert deadline.over()
