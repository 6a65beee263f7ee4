import getpass
import json
import os
import platform
import sys
import venv
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

import pytest

from bench_runner.envs import fingerprint
from bench_runner.envs.variables import inherited
from bench_runner.errors import EnvironmentFailedError

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
OLD = [path for path in PYENV.glob("3.[78].*/bin/python") if path.exists()]


def test_this_pythons_distributions_are_those_it_says_it_has() -> None:
    taken = fingerprint.take(Path(sys.executable))
    assert taken.distributions == {one.metadata["Name"]: one.version for one in distributions()}
    assert sys.version.split()[0] in taken.python
    assert taken.python.startswith("CPython ")
    assert "\n" not in taken.python
    assert taken.kernel == f"{platform.system()} {platform.release()}"
    assert taken.cpu


@pytest.mark.parametrize("python", OLD or [None])
def test_old_pythons_answer_too(python: Path | None) -> None:
    if python is None:
        pytest.skip("neither Python 3.7 nor 3.8 is here")
    taken = fingerprint.take(python)
    assert "pip" in taken.distributions
    assert taken.python.startswith("CPython 3.")


def test_what_is_installed_later_is_seen_without_asking_python_again(tmp_path: Path) -> None:
    python = environment(tmp_path)
    asked = fingerprint.ask(python)
    before = asked.fingerprint().distributions
    metadata(site(tmp_path) / "late-2.0.dist-info" / "METADATA", "Late", "2.0")
    assert asked.current
    assert asked.fingerprint().distributions == {**before, "Late": "2.0"}


def test_what_names_further_places_has_python_asked_again(tmp_path: Path) -> None:
    python = environment(tmp_path)
    asked = fingerprint.ask(python)
    metadata(tmp_path / "source" / "edited.egg-info" / "PKG-INFO", "edited", "0.1")
    (site(tmp_path) / "edited.pth").write_text(f"{tmp_path / 'source'}\n")
    assert not asked.current
    assert fingerprint.ask(python).fingerprint().distributions["edited"] == "0.1"


def environment(folder: Path) -> Path:
    """Make an empty environment; return its Python."""
    venv.create(folder / "env", with_pip=False)
    return folder / "env" / "bin" / "python"


def site(folder: Path) -> Path:
    """Return where its distributions are."""
    (found,) = (folder / "env").glob("lib/python3.*/site-packages")
    return found


def metadata(path: Path, name: str, version: str) -> None:
    """Write what tells of a distribution."""
    path.parent.mkdir(parents=True)
    path.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not this\n")


def test_nothing_is_told_of_the_user() -> None:
    text = json.dumps(asdict(fingerprint.take(Path(sys.executable))))
    told = {str(Path.home()), platform.node(), sys.prefix, f"/{getpass.getuser()}/"}
    assert not {word for word in told if word in text}


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailedError, match="cannot start"):
        fingerprint.take(tmp_path / "python")
    liar = tmp_path / "liar"
    liar.write_text("#!/bin/sh\necho hello\n")
    liar.chmod(0o755)
    with pytest.raises(EnvironmentFailedError, match="does not answer as a Python does"):
        fingerprint.take(liar)


def test_surroundings_of_our_own_python_do_not_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "PIP_USER", "GIT_DIR"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://index.example/simple")
    kept = inherited({"A": "1"})
    assert "/elsewhere" not in kept.values()
    assert kept["PIP_INDEX_URL"] == kept["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert (kept["PATH"], kept["A"]) == (os.environ["PATH"], "1")
