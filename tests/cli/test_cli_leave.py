"""A command ends at once, and still as Python would end it."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from bench_runner.cli.leave import leave

SOME = """
import atexit, tempfile
from bench_runner.cli.leave import leave
folder = tempfile.TemporaryDirectory()
print(folder.name)
atexit.register(print, "last words")
leave(SystemExit({code}))
"""


def ended(code: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", SOME.format(code=code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("code", "status", "said"), [("", 0, ""), ("None", 0, ""), ("5", 5, ""), ("'no'", 1, "no\n")])
def test_codes_and_words_are_those_of_python(code: str, status: int, said: str) -> None:
    found, out, err = ended(code)
    assert (found, err) == (status, said)
    assert out.endswith("last words\n")


def test_temporary_folders_are_removed() -> None:
    _, out, _ = ended("0")
    probe = f"import os, sys; sys.exit(os.path.exists({out.splitlines()[0]!r}))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize("watch", [sys.setprofile, sys.settrace])
def test_who_watches_the_command_sees_it_end_in_pythons_own_way(watch: Callable[[object], None]) -> None:
    before = sys.getprofile() if watch is sys.setprofile else sys.gettrace()
    watch(lambda *_: None)
    try:
        with pytest.raises(SystemExit) as left:
            leave(SystemExit(3))
    finally:
        watch(before)
    assert left.value.code == 3
