"""Nothing of the user stands in what is kept of foreign text."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from bench_runner import private
from bench_runner.private import hide

ROOT = Path("/home/ada/src/quire")


def known_as(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    """Let the code, and not pytest too, find this user."""

    def getuser() -> str:
        if name is None:
            raise OSError
        return name

    monkeypatch.setattr(private, "getpass", SimpleNamespace(getuser=getuser))


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    known_as(monkeypatch, "ada")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ('File "/home/ada/src/quire/benchmarks/x.py", line 2', 'File "./benchmarks/x.py", line 2'),
        ("at ~/src/quire/setup.py and ~/src/quire", "at ./setup.py and ."),
        ("/home/ada/src/quire-2/x ~/src/quires", "~/src/quire-2/x ~/src/quires"),
        ("-I/home/ada/include file:///home/ada/x", "-I~/include file://~/x"),
        ("/home/adam/y /home/ada-2/y", "/home/adam/y /home/ada-2/y"),
        ("/scratch/ada/lib /scratch/ada: \\Users\\ada\\x", "/scratch/user/lib /scratch/user: \\Users\\user\\x"),
        ("adage ada /nada/x", "adage ada /nada/x"),
        ("https://ada:pw@index.example/simple http://h/a@b", "https://***@index.example/simple http://h/a@b"),
    ],
)
def test_places_and_names(text: str, expected: str) -> None:
    assert hide(text, ROOT) == expected
    assert hide(expected, ROOT) == expected
    assert hide(hide(text), ROOT) == expected


def test_a_project_that_is_not_below_home(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    assert hide(f"{link}/a {tmp_path}/real/b {tmp_path}/c", link) == f"./a ./b {tmp_path}/c"


def test_values_of_variables_that_are_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYPI_TOKEN", "pypi-abcdef")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pypi-abcdef-and-more")
    monkeypatch.setenv("DB_PASSWORD", "short")
    monkeypatch.setenv("PLAIN", "harmless-value")
    assert (
        hide("a pypi-abcdef-and-more b pypi-abcdef c short d harmless-value") == "a *** b *** c short d harmless-value"
    )


@pytest.mark.parametrize("name", ["root", "runner", "al", "src"])
def test_names_that_tell_nothing_stay(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    known_as(monkeypatch, name)
    assert hide(f"/x/{name}/y") == f"/x/{name}/y"


def test_where_there_is_no_user_and_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, None)
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    assert hide("/usr/ada", Path("/")) == "/usr/ada"
