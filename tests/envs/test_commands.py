import shlex
import string
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.envs.commands import Command, Surroundings, names_unknown, parse, run_all
from bench_runner.errors import EnvironmentFailedError, UsageError

WORDS = st.text(alphabet=string.ascii_letters + string.digits + " -_./'\"$;|é\n", min_size=1)


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(Path(sys.executable), tmp_path, {"FROM": "outside"}, 60.0, lambda _: None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python -m pip", Command(("python", "-m", "pip"))),
        ("A=1 B= python", Command(("python",), {"A": "1", "B": ""})),
        ("return-code=any python", Command(("python",), codes=None)),
        ("return-code=0,3 A='x y' in-dir={env_dir} make A=2", None),
        ("in-dir={env_dir} python -mpip install {wheel_file}", None),
        ("python -c 'print({{}})'", Command(("python", "-c", "print({})"))),
    ],
)
def test_commands_are_read_as_asv_reads_them(text: str, expected: Command | None) -> None:
    from asv.util import interpolate_command

    values = {"env_dir": "/some where", "wheel_file": "/w/x y.whl"}
    ours = parse(text, values)
    words, variables, codes, folder = interpolate_command(text, values)
    assert (list(ours.words), ours.variables, ours.codes) == (words, variables, codes)
    assert ours.folder == (Path(folder) if folder else None)
    assert expected is None or ours == expected


@pytest.mark.slow
@given(st.lists(WORDS, min_size=1), st.dictionaries(st.from_regex(r"[A-Z_]{1,5}", fullmatch=True), WORDS))
def test_whatever_is_quoted_comes_out_whole(words: list[str], variables: dict[str, str]) -> None:
    text = shlex.join([*(f"{name}={value}" for name, value in variables.items()), "tool", *words])
    assert parse(text, {}) == Command(("tool", *words), variables)


@given(st.text())
def test_any_text_is_a_command_or_a_clear_error(text: str) -> None:
    try:
        words = parse(text, {"project": "x"}).words
    except (UsageError, EnvironmentFailedError) as error:
        words = (str(error).removeprefix("command "),)
    assert words
    assert not words[0].startswith(("in-dir=", "return-code="))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("python {nothing}", r"\{nothing\} is unknown: write one of \{project\}"),
        ("python {0} {}", "correct its quotes or braces"),
        ("python {project[x]}", "is no template|correct its quotes or braces"),
        ("python {", "braces"),
        ("python 'x", "quotes"),
        ("python {project.x}", "is no template"),
        ("A=1", "names no program"),
        ("return-code=x python", "must be return-code=any"),
        ("return-code=0 return-code=1 python", "two in-dir or two return-code"),
        ("in-dir=a in-dir=b python", "two in-dir or two return-code"),
    ],
)
def test_mistakes_are_found_before_anything_is_built(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        names_unknown(["python -V", text])


def test_what_has_no_value_yet_is_a_failure_of_the_build() -> None:
    names_unknown(["python {wheel_file}"])
    with pytest.raises(EnvironmentFailedError, match=r"there is no \{wheel_file\} at this point"):
        parse("python {wheel_file}", {"project": "x"})


def test_commands_run_inside_the_environment(
    around: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/not/this")
    monkeypatch.setenv("ASV_PYTHONPATH", "/but/this")
    (tmp_path / "inner").mkdir()
    tell = "import os, sys; told = [sys.executable, os.getcwd(), *map(os.environ.get, sys.argv[1:])]\n"
    tell += "with open('told', 'w') as file: file.write('\\n'.join(told))"
    names = "FROM OWN PIP_USER PYTHONPATH"
    run_all([f"in-dir={tmp_path}/inner OWN=mine python -c {shlex.quote(tell)} {names}", "  "], {}, around)
    told = (tmp_path / "inner" / "told").read_text().split("\n")
    assert told == [sys.executable, str(tmp_path / "inner"), "outside", "mine", "false", "/but/this"]


def test_exit_codes_decide(around: Surroundings) -> None:
    run_all(["return-code=any python -c 'exit(9)'", "return-code=0,9 python -c 'exit(9)'"], {}, around)
    with pytest.raises(EnvironmentFailedError, match=r"ended with code 9"):
        run_all(["return-code=0,8 python -c 'exit(9)'"], {}, around)
    with pytest.raises(EnvironmentFailedError, match="no-such-tool is neither in the environment nor on PATH"):
        run_all(["no-such-tool --build"], {}, around)


def test_a_slow_command_is_a_timeout(tmp_path: Path) -> None:
    around = Surroundings(Path(sys.executable), tmp_path, {}, 1.0, lambda _: None)
    with pytest.raises(EnvironmentFailedError, match=r"^timeout: command .*sleep.* took longer than 1 s$"):
        run_all(["return-code=any python -c 'import time; time.sleep(600)'"], {}, around)


def test_the_wheel_is_what_the_build_left(around: Surroundings, tmp_path: Path) -> None:
    copy = "python -c 'import shutil, sys; shutil.copy(sys.argv[1], \"copied\")' {wheel_file}"
    values = {"build_cache_dir": str(tmp_path / "cache")}
    (tmp_path / "cache").mkdir()
    with pytest.raises(EnvironmentFailedError, match="there is no"):
        run_all([copy], values, around)
    (tmp_path / "cache" / "a-1-py3-none-any.whl").write_text("wheel")
    run_all([copy], values, around)
    assert (tmp_path / "copied").read_text() == "wheel"
    (tmp_path / "cache" / "b-1-py3-none-any.whl").write_text("another")
    with pytest.raises(EnvironmentFailedError, match=r"one wheel .* it left a-1-py3-none-any.whl, b-1"):
        run_all([copy], values, around)
