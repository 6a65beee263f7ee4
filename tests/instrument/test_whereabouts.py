"""A process is found by its pid, through a folder that nobody else can have filled."""

import os
import subprocess
from pathlib import Path

import pytest

from bench_runner.instrument import whereabouts

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users are told apart on POSIX")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / f"bench-runner-{os.geteuid()}"


def dead() -> int:
    """Return the pid of a process that is over."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_a_process_is_found_and_forgotten(place: Path) -> None:
    assert whereabouts.find(os.getpid(), os.geteuid()) is None
    whereabouts.register("control.json")
    whereabouts.register("other.json")
    assert whereabouts.find(os.getpid(), os.geteuid()) == str(Path.cwd() / "other.json")
    assert place.stat().st_mode & 0o777 == 0o700
    whereabouts.forget()
    whereabouts.forget()
    assert whereabouts.find(os.getpid(), os.geteuid()) is None


def test_it_is_found_by_who_has_other_variables(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("TMPDIR", str(place.parent))
    whereabouts.register("/control.json")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    assert whereabouts.find(os.getpid(), os.geteuid()) == "/control.json"


def test_a_folder_that_others_may_write_is_not_used(place: Path) -> None:
    place.mkdir(mode=0o700)
    place.chmod(0o777)
    with pytest.raises(ValueError, match="others may write it"):
        whereabouts.register("/control.json")
    place.rmdir()
    place.symlink_to(place.parent)
    with pytest.raises(ValueError, match="no folder"):
        whereabouts.register("/control.json")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_a_note_in_somebody_elses_folder_is_not_believed(place: Path) -> None:
    whereabouts.register("/control.json")
    os.chown(place, 65_534, 65_534)
    assert whereabouts.find(os.getpid(), 0) is None
    with pytest.raises(ValueError, match="belongs to user 65534"):
        whereabouts.register("/control.json")


def test_only_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    names = {f"{dead()}.json", f"{os.getpid()}.json", "1.json", "profiles", "x.json", f"{dead()}", "9" * 40 + ".json"}
    for name in names:
        (tmp_path / name).touch()
    whereabouts.forget_dead(str(tmp_path), ".json")
    left = {one.name for one in tmp_path.iterdir()}
    assert {f"{os.getpid()}.json", "1.json", "profiles", "x.json"} < left
    assert sorted(name[-5:] for name in names - left if name.isdecimal()) == []
    assert len(names - left) == 2
