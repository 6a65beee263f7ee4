"""A watch switches what its file says, keeps what it had when the file is broken, and ends all in time."""

import json
import os
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench_runner.instrument import control_file, registry, status, swapping, whereabouts
from bench_runner.instrument.switching import disable, enable
from bench_runner.instrument.watching import Watch

pytestmark = pytest.mark.usefixtures("switches")


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = types.ModuleType("shop")
    exec(compile("def f(): return 1\ndef g(): return 2\n", "shop.py", "exec"), shop.__dict__)
    monkeypatch.setitem(sys.modules, "shop", shop)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "control.json")


@pytest.fixture
def watched(path: str) -> Iterator[Watch]:
    """A watch that looks when it is told to."""
    one = Watch(path, 600.0)
    one.look()
    yield one
    one.stop()


def write(path: str, *timed: str, left_s: float = 60.0, **more: object) -> None:
    control_file.write(path, {"timed": list(timed), "until": time.time() + left_s, **more})


def told(path: str) -> dict[str, object]:
    document = json.loads(Path(f"{path}.d/{os.getpid()}.json").read_text())
    assert isinstance(document, dict)
    return document


def test_it_times_what_the_file_says_and_nothing_when_it_is_gone(watched: Watch, path: str) -> None:
    write(path, "shop:f")
    watched.look()
    assert swapping.timed_names() == ["shop:f"]
    write(path, "shop:g")
    watched.look()
    assert swapping.timed_names() == ["shop:g"]
    Path(path).unlink()
    watched.look()
    assert swapping.timed_names() == []
    assert registry.failures() == {}


def test_what_the_program_times_itself_is_left_alone(watched: Watch, path: str) -> None:
    enable("shop:g")
    write(path, "shop:f")
    watched.look()
    assert swapping.timed_names() == ["shop:f", "shop:g"]
    disable("*")
    assert swapping.timed_names() == ["shop:f"]
    enable("shop:g")
    write(path)
    watched.look()
    assert swapping.timed_names() == ["shop:g"]


def test_all_goes_off_in_time_though_nobody_touches_the_file(path: str) -> None:
    watch = Watch(path, 600.0)
    watch.start()
    try:
        write(path, "shop:*", left_s=2.0)
        until = control_file.read(path).until.until_s
        watch.look_again()
        deadline = time.monotonic() + 30
        while not swapping.timed_names() and time.time() < until:
            time.sleep(0.001)
        assert swapping.timed_names()
        while watch._seen.changes < 2 or swapping.timed_names():
            assert time.monotonic() < deadline  # and not after 600 s
            time.sleep(0.005)
        assert time.time() >= until
    finally:
        watch.stop()


def test_a_clock_that_is_set_back_keeps_nothing_on(watched: Watch, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "shop:*")
    watched.look()
    wall, tick = time.time(), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: wall - 86_400)
    watched.look()
    assert swapping.timed_names() == ["shop:f", "shop:g"]
    monkeypatch.setattr(time, "monotonic", lambda: tick + 61)
    watched.look()
    assert swapping.timed_names() == []


@pytest.mark.parametrize("kind", ["broken", "huge", "link", "folder", "writable", "unknown"])
def test_a_bad_file_is_a_counted_failure_and_changes_nothing(watched: Watch, path: str, kind: str) -> None:
    write(path, "shop:f")
    watched.look()
    Path(path).unlink()
    bad = Path(path)
    if kind == "folder":
        bad.mkdir()
    elif kind == "link":
        bad.with_name("other").write_text("{}")
        bad.symlink_to(bad.with_name("other"))
    else:
        bad.write_text({"broken": "{", "huge": "{}" + " " * 70_000, "unknown": '{"a": 1}'}.get(kind, "{}"))
        bad.chmod(0o666 if kind == "writable" else 0o600)
    for _ in range(3):
        watched.look()
    assert swapping.timed_names() == ["shop:f"]
    assert registry.failures()["control"].count == 1
    assert told(path)["failures"]["control"]["count"] == 1  # type: ignore[index]


def test_a_bad_file_ends_nothing_late(watched: Watch, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "shop:f", left_s=60)
    watched.look()
    Path(path).write_text("{")
    watched.look()
    tick = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: tick + 61)
    watched.look()
    assert swapping.timed_names() == []


def test_a_file_that_cannot_be_looked_at_changes_nothing(
    watched: Watch, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, "shop:f")
    watched.look()

    def refuses(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(control_file, "mark", refuses)
    watched.look()
    assert swapping.timed_names() == ["shop:f"]
    assert registry.failures()["control"].message == "PermissionError: [Errno 13] Permission denied"


def test_it_tells_at_each_change_and_at_each_look_while_somebody_is_attached(watched: Watch, path: str) -> None:
    assert (told(path)["pid"], told(path)["timed"]) == (os.getpid(), 0)
    write(path, "shop:*")
    watched.look()
    control = told(path)["control"]
    assert isinstance(control, dict)
    assert (control["timed"], told(path)["timed"], control["changes"]) == (["shop:*"], 2, 2)
    assert control["mtime_ns"] == Path(path).stat().st_mtime_ns
    assert 0 <= control["seen_s"] - control["mtime_ns"] / 1e9 < 30
    assert 0 < control["left_s"] <= 60
    sys.modules["shop"].f()
    watched.look()
    assert told(path)["histograms"] == {}
    write(path, "shop:*", attached_until=time.time() + 60)
    watched.look()
    sys.modules["shop"].f()
    watched.look()
    assert told(path)["histograms"]["shop:f"]["count"] == 2  # type: ignore[index]
    assert told(path)["rss_bytes"] > 1_000_000  # type: ignore[operator]
    write(path, attached_until=time.time() - 1)
    watched.look()
    before = Path(f"{path}.d/{os.getpid()}.json").stat().st_ino, told(path)
    watched.look()
    assert (Path(f"{path}.d/{os.getpid()}.json").stat().st_ino, told(path)) == before


def test_a_place_where_nothing_can_be_told_is_a_counted_failure(watched: Watch, path: str) -> None:
    status.take_away(path)
    Path(status.folder(path)).rmdir()
    Path(status.folder(path)).touch()
    write(path, "shop:f")
    watched.look()
    assert swapping.timed_names() == ["shop:f"]
    assert "no folder" in registry.failures()["control"].message


def test_only_the_hottest_names_are_told(watched: Watch, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "HOTTEST", 2)
    for n in range(5):
        registry.histogram(f"name {n}").record(n)
    write(path)
    watched.look()
    assert list(told(path)["histograms"]) == ["name 4", "name 3"]  # type: ignore[call-overload]


def test_when_it_stops_nothing_is_on_and_nothing_is_left(path: str) -> None:
    write(path, "shop:*")
    watch = Watch(path, 600.0)
    watch.start()
    assert swapping.timed_names() == ["shop:f", "shop:g"]
    assert whereabouts.find(os.getpid(), os.geteuid()) == path
    watch.stop()
    assert swapping.timed_names() == []
    assert list(Path(f"{path}.d").iterdir()) == []
    assert whereabouts.find(os.getpid(), os.geteuid()) is None
