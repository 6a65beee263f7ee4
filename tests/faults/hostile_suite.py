"""A project whose benchmarks have hostile names, parameters, units and messages, measured by the real command."""

from pathlib import Path

from cli.conftest import Command, project

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
VALUES = (
    "new\nline",
    "'\"`",
    MARKUP,
    "[bold red]rich[/] [/x]",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eevil\u2066",
    "| a | b |\n|---|---|\n# head",
    "x" * 10_000,
    "\U0001f642" * 2500,
    "",
    " ",
    "$(touch pwned)",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "{{ 7 * 7 }}{% raw %}${alert(3)}",
    "\udcff",
    b"\xff",
    None,
    float("nan"),
)
NAMES = (
    "suite.track_" + MARKUP.replace(".", ""),
    "suite.track_" + "z" * 10_000,
    "suite.Track_new\nline \U0001f642 - [red] \x1b[31m `code` | pipe",
)
SOURCE = f"""\
from math import nan

class Suite:
    params = [{list(VALUES)!r}]
    param_names = [{MARKUP + "[red]"!r}]
    def track_value(self, value): return 1
    track_value.unit = {MARKUP!r}

def track_fails():
    print("\\x1b[2J", {MARKUP!r}, "[/red]")
    raise ValueError({MARKUP!r} + "[bold]\\x1b[31m" + "y" * 10_000)
track_fails.benchmark_name = {NAMES[0]!r}

def track_long(): return 1
track_long.benchmark_name = {NAMES[1]!r}
track_long.pretty_name = {MARKUP!r}

def track_odd(): raise KeyError("[/red]")
track_odd.benchmark_name = {NAMES[2]!r}

def time_größe(): pass
"""
CASES = len(VALUES) + len(NAMES) + 1


def measured(folder: Path) -> Command:
    """Write the project and measure its newest commit and its oldest, whose subject is hostile too."""
    command = project(folder)
    command.write("benchmarks/suite.py", SOURCE)
    command.commit(f"{MARKUP} [/red] \x1b[31m")
    done = command("--machine", "here", "run", "HEAD~3..HEAD", "--steps", "2", "--rounds", "1")
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    return command
