"""Disks that are full or read-only, below the results and below temporary files: nothing is lost, nothing is blamed."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Night

Mount = Callable[..., None]


def fill(path: Path) -> None:
    """Take all the room there is, to the last block."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(handle, bytes(512))
    except OSError:
        os.close(handle)


@pytest.mark.slow
def test_a_full_disk_below_the_results(night: Night, mount: Mount, tmp_path: Path) -> None:
    shutil.move(night.results, tmp_path / "kept")
    night.results.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(night.results))
    shutil.copytree(tmp_path / "kept", night.results, dirs_exist_ok=True)
    kept, missing = night.files()
    missing.unlink()
    content = {path: path.read_bytes() for path in night.results.rglob("*") if path.suffix == ".json"}
    fill(night.results / "filling")
    done = night.run()
    assert done.code == 7
    assert "No space left on device" in done.err
    assert "free disk space" in done.err
    assert "Traceback" not in done.err
    assert {path: path.read_bytes() for path in night.results.rglob("*") if path.suffix == ".json"} == content
    assert not list(night.results.rglob("*.tmp"))
    assert night.command("show").code == 0
    (night.results / "filling").unlink()
    night.calls()
    assert night.run().code == 0
    assert night.calls() == 2
    assert night.files() == [kept, missing]
    assert night.whole()


@pytest.mark.slow
def test_read_only_results(night: Night, mount: Mount) -> None:
    night.files()[0].unlink()
    mount("--bind", str(night.results), str(night.results))
    mount("-o", "remount,bind,ro", str(night.results))
    done = night.run()
    assert done.code == 7
    assert "make it writable" in done.err
    assert "Traceback" not in done.err
    assert night.calls() == 0  # nothing is measured that could not be kept
    for verb in ("show", "publish"):
        assert night.command(verb).code == 0, verb
    assert night.command("baseline", "set", "x", night.files()[0].name[:8]).code == 7


@pytest.mark.slow
@pytest.mark.parametrize("options", ["size=16k", "size=16k,ro", "size=16m,nr_inodes=2"])
def test_temporary_files_find_no_room(
    night: Night, mount: Mount, tmp_path: Path, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit is not to be blamed: it is measured as soon as there is room again."""
    mount("-t", "tmpfs", "-o", options, "tmpfs", str(tmp_path))
    for path in night.files():
        path.unlink()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = night.run()
    assert done.code == 6
    assert str(tmp_path) in done.err
    assert "Traceback" not in done.err
    assert night.files() == []
    monkeypatch.delenv("TMPDIR")
    assert night.run().code == 0
    assert night.calls() == 4


@pytest.mark.slow
def test_no_folder_for_temporary_files(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere/at/all")
    night.files()[0].unlink()
    done = night.run()
    assert done.code == 6
    assert "/nowhere/at/all" in done.err
    assert "Traceback" not in done.err


WRITER = """
import resource, sys
from pathlib import Path
from stored_runs import BENCHMARKS, run
from bench_runner.errors import StoreError
from bench_runner.store.files import Store
store = Store(Path(sys.argv[1]))
path = store.add(run("a" * 40), benchmarks=BENCHMARKS)
before = path.read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
for sha in "ab":
    try:
        store.add(run(sha * 40), benchmarks=BENCHMARKS)
    except StoreError as error:
        print(error)
assert path.read_bytes() == before
assert store.paths() == [path]
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system limits no file sizes")
def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """What a full disk does, as any user may have it."""
    paths = os.pathsep.join([str(Path(__file__).parent.parent / "store"), *sys.path])
    command, own = [sys.executable, "-c", WRITER, str(tmp_path)], os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot be written (File too large)") == 2
    assert not list(tmp_path.rglob("*.tmp"))
