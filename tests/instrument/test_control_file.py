"""A control file is followed when it is whole, plain, small, and nobody else's; else the reason is told."""

import json
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench_runner.instrument import control_file
from bench_runner.instrument.control_file import Order

as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")


def written(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "control.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path, until = str(tmp_path / "control.json"), time.time() + 60
    profile = {"backend": "cprofile", "seconds": 3, "rate_hz": 50, "id": "second"}
    control_file.write(path, {"timed": ["a:*", "b"], "until": until, "profile": profile, "attached_until": until})
    control = control_file.read(path)
    assert control.timed == ("a:*", "b")
    assert control.profile == Order("cprofile", 3, 50, "second") != Order("cprofile", 3, 50)
    assert control.until.until_s == control.attached.until_s == until
    assert list(tmp_path.iterdir()) == [tmp_path / "control.json"]


def test_an_empty_object_asks_for_nothing(tmp_path: Path) -> None:
    control = control_file.read(str(written(tmp_path, "{}")))
    assert (control.timed, control.profile, control.attached.over()) == ((), None, True)


def test_without_until_it_ends_ten_minutes_after_it_was_written(tmp_path: Path) -> None:
    path = written(tmp_path, '{"timed": ["a"]}')
    os.utime(path, (0, time.time() - 590))
    assert 0 < control_file.read(str(path)).until.left_s() < 11
    os.utime(path, (0, time.time() - 610))
    assert control_file.read(str(path)).until.over()
    os.utime(path, (0, time.time() + 10**6))  # a clock was wrong
    assert control_file.read(str(path)).until.left_s() <= 600


def test_it_ends_within_a_day_whatever_it_says(tmp_path: Path) -> None:
    control = control_file.read(str(written(tmp_path, '{"until": 99999999999, "attached_until": 99999999999}')))
    assert control.until.left_s() <= 86_400
    assert control.attached.left_s() <= 600


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ('{"timed": ["a"', "delimiter"),
        (b"{\xff}", "codec can't decode"),
        ("[]", "no JSON object"),
        ("[" * 60_000, "too deep"),
        (" " * 70_000, "larger than 65536 bytes"),
        ('{"tmied": []}', "unknown key 'tmied'"),
        ('{"timed": "a:*"}', "no list"),
        ('{"timed": [3]}', "not 3"),
        (json.dumps({"timed": ["a"] * 101}), "no list of at most 100"),
        (json.dumps({"timed": ["a" * 501]}), "at most 500 characters"),
        ('{"until": "tomorrow"}', "until 'tomorrow'"),
        ('{"until": true}', "until True"),
        ('{"until": NaN}', "until nan"),
        ('{"until": Infinity}', "until inf"),
        ('{"until": 1e400}', "until inf"),
        (f'{{"until": {"9" * 5000}}}', "limit"),
        ('{"attached_until": null}', "attached_until None"),
        ('{"profile": []}', "profile is no object"),
        ('{"profile": {"out": "/etc"}}', "unknown key of profile 'out'"),
        ('{"profile": {"backend": "gdb"}}', "known are pyspy, cprofile"),
        ('{"profile": {"seconds": 301}}', "at most 300"),
        ('{"profile": {"seconds": 0}}', "more than 0"),
        ('{"profile": {"rate_hz": 0.5}}', "a whole number"),
        ('{"profile": {"rate_hz": 1001}}', "from 1 to 1000"),
        ('{"profile": {"id": 1}}', "a id is text"),
    ],
    ids=range(26),
)
def test_what_is_broken_is_not_followed(tmp_path: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        control_file.read(str(written(tmp_path, text)))


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_followed(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ValueError, match="others may write it"):
        control_file.read(str(written(tmp_path, "{}", mode)))


@as_root
def test_somebody_elses_file_is_not_followed(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    os.chown(path, 65_534, 65_534)
    with pytest.raises(ValueError, match="belongs to user 65534"):
        control_file.read(str(path))


def test_neither_links_nor_pipes_nor_folders_are_followed(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="link"):
        control_file.read(str(tmp_path / "link"))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(ValueError, match="no regular file"):
            control_file.read(str(tmp_path / name))


def test_every_version_has_a_mark_of_its_own(tmp_path: Path) -> None:
    path = str(tmp_path / "control.json")
    assert control_file.mark(path) is None
    assert control_file.mark(f"{path}/below") is None
    marks = set()
    for _ in range(300):
        control_file.write(path, {"timed": ["a"]})
        marks.add(control_file.mark(path))
    assert len(marks) == 300
    Path(path).chmod(0o600)
    assert control_file.mark(path) not in marks


def test_nothing_is_written_that_nobody_would_follow(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    for wrong in ({"timed": 3}, {"until": float("nan")}, {"timed": ["\u00e9" * 500] * 100}):
        with pytest.raises(ValueError, match=r"."):
            control_file.write(str(path), wrong)
    assert path.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [tmp_path / "control.json"]
    with pytest.raises(FileNotFoundError):
        control_file.write(str(tmp_path / "nowhere" / "control.json"), {})


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "control.json").mkdir()
    with pytest.raises(OSError, match=r"control\.json"):
        control_file.write(str(tmp_path / "control.json"), {})
    assert list(tmp_path.iterdir()) == [tmp_path / "control.json"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)
keys = st.sampled_from(["timed", "until", "profile", "attached_until", "other"])


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(keys, anything))
def test_any_document_is_understood_or_refused(data: dict[str, object]) -> None:
    try:
        control = control_file.understood(data, time.time())
    except ValueError:
        return
    assert all(isinstance(one, str) for one in control.timed)
    assert control.until.left_s() <= 86_400


@given(st.binary())
def test_any_bytes_are_understood_or_refused(text: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(control_file.parsed(text), dict)
