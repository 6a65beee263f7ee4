import getpass
import json
import os
import platform
import sys
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
