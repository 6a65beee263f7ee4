from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.envs.output import clean, reason, tail

UV = """Building wheel...
Traceback (most recent call last):
  File "<string>", line 14, in <module>
ValueError: broken on purpose
error: Failed to build `/somewhere`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)

hint: Build failures usually indicate a problem with the package or the build environment
"""
PIP = """  error: subprocess-exited-with-error

  \u00d7 Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [22 lines of output]
      Traceback (most recent call last):
      my.own.ConfigError: no compiler, no build
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
error: subprocess-exited-with-error

\u00d7 Getting requirements to build wheel did not run successfully.
╰─> See above for output.

note: This error originates from a subprocess, and is likely not a problem with pip.
"""
COMPILER = """gcc -c x.c
x.c:1:10: fatal error: nothing.h: No such file or directory
compilation terminated.
subprocess.CalledProcessError: Command 'gcc' returned non-zero exit status 1.
"""
RESOLVER = """  \u00d7 No solution found when resolving dependencies:
  ╰─▶ Because you require six==1.15 and six==1.16, we can conclude that your requirements are unsatisfiable.
      And because only a==0.1 is available, an error is sure.
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UV, "ValueError: broken on purpose"),
        (PIP, "my.own.ConfigError: no compiler, no build"),
        (COMPILER, "x.c:1:10: fatal error: nothing.h: No such file or directory"),
        (RESOLVER, RESOLVER.splitlines()[1].removeprefix("  ╰─▶ ")),
        ("one\n\ntwo\n\n", "two"),
        ("  cause: Failed to fetch\n  cause: Connection refused (os error 111)\n", "Connection refused (os error 111)"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_the_line_that_says_why(text: str, expected: str) -> None:
    assert reason(clean(text)) == expected


def test_nothing_is_left_that_a_terminal_would_obey() -> None:
    link = "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"
    assert clean(f"\x1b[31mred\x1b[0m \x1b]0;title\x07{link}") == "red link"
    text = "10%\r 20%\rdone\x08\x00\r\nnext\tcolumn"
    assert clean(text) == "done\nnext\tcolumn"
    assert clean("a\x1b[2Kb \x1b(Bc") == "ab c"


def test_home_and_passwords_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    text = "/home/ada/x.c /home/adam/y /home/ada https://ada:s3cret@index.example/simple https://token@h/p http://h/a@b"
    assert clean(text) == "~/x.c /home/adam/y ~ https://***@index.example/simple https://***@h/p http://h/a@b"
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    assert clean("/usr/bin") == "/usr/bin"


def test_the_tail_is_sixty_lines() -> None:
    assert tail("\n".join(map(str, range(100))) + "\n\n").split("\n") == [str(number) for number in range(40, 100)]


@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet="\x1b[]0;mA\x07\\ \r\n:/@~"))
def test_any_text_becomes_a_plain_log(text: str) -> None:
    log = clean(text)
    assert not {char for char in log if ord(char) < 32 or 127 <= ord(char) < 160} - {"\n", "\t"}
    assert clean(log) == log or "://" in log
    assert "\n" not in reason(log)
    assert len(reason(log)) <= 300
