"""What was found in the points of series comes back as it was; what is damaged or of other sources is found anew."""

from pathlib import Path

import numpy as np
import pytest

from bench_runner.stats import changepoints
from bench_runner.stats.changepoints import Segments
from bench_runner.store import cache as kept
from bench_runner.store import examined as module
from bench_runner.store.examined import Examinations
from bench_runner.store.files import Store

SERIES = [
    (100 * np.exp(0.1 * np.clip((np.arange(120) - 30) / 60, 0, 1) + 0.005 * np.sin(7 * np.arange(120) ** 2))).tolist(),
    [100.0 + (k >= 60) * 30 + np.sin(k) for k in range(90)],
    [100.0 + (k // 20 % 2) * 30 + np.sin(k) for k in range(140)],
    [7.0] * 70,
    [float(k % 3) for k in range(80)],
    [-5.0 * (k > 40) + np.cos(3 * k) for k in range(80)],
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results", tmp_path)


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    """The file, with what was found in all series but the last."""
    known = Examinations(store, tmp_path)
    for values in SERIES[:-1]:
        Segments(known).examine(values)
    known.save()
    return kept.place(store, tmp_path, "examined", "npz")


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: object) -> object:
        raise AssertionError("examined again")

    monkeypatch.setattr(changepoints, "_check", no)


def test_findings_come_back_as_they_were(
    file: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = [Segments().examine(values) for values in SERIES[:-1]]
    grown = [Segments().examine([*values, values[-1]]) for values in SERIES[:-1]]
    assert file.is_file()
    known = Examinations(store, tmp_path)
    assert len(known) == len(list(known)) > 3
    assert [Segments(known).examine([*values, values[-1]]) for values in SERIES[:-1]] == grown
    forbid(monkeypatch)
    again = [Segments(Examinations(store, tmp_path)).examine(values) for values in SERIES[:-1]]
    assert again == fresh
    assert any(one.states for one in fresh)
    assert any(one.drifts for one in fresh)
    assert any(one.steps for one in fresh)


def test_only_what_is_asked_for_stays(file: Path, store: Store, tmp_path: Path) -> None:
    before = file.read_bytes()
    known = Examinations(store, tmp_path)
    Segments(known).examine(SERIES[0])
    known.save()
    assert file.read_bytes() == before  # nothing is new
    Segments(known).examine(SERIES[-1])
    known.save()
    left = Examinations(store, tmp_path)
    assert len(left) == len(known._asked) < len(known)
    digest = next(iter(left))
    del left[digest]
    assert digest not in left


@pytest.mark.parametrize("damage", [lambda body: body[:-3], lambda body: body[:99] + b"x" + body[100:], lambda _: b""])
def test_a_damaged_file_is_as_if_it_were_not(file: Path, store: Store, tmp_path: Path, damage: object) -> None:
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    known = Examinations(store, tmp_path)
    assert len(known) == 0
    assert Segments(known).examine(SERIES[0]) == Segments().examine(SERIES[0])


def test_other_sources_know_nothing(file: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(Examinations(store, tmp_path)) > 0
    monkeypatch.setattr(module, "_sources", lambda: "others")
    assert len(Examinations(store, tmp_path)) == 0


def test_a_cache_that_cannot_be_written_costs_nothing_else(store: Store, tmp_path: Path) -> None:
    (tmp_path / "examined").write_text("in the way")
    known = Examinations(store, tmp_path)
    Segments(known).examine(SERIES[0])
    known.save()
    assert (tmp_path / "examined").read_text() == "in the way"
