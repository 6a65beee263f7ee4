"""Steps in lines for people."""

import io

from rich.console import Console

from bench_runner.cli import steps
from bench_runner.instrument.spans import Span, listening, note, span

HOSTILE = "suite.time_x('[red]a\n\x1b]0;title\x07\x1b[31m\u202e')"


def heard() -> list[Span]:
    spans: list[Span] = []
    with listening(spans.append):
        with span("case", benchmark=HOSTILE):
            note(outcome="failed", error="ValueError: [/red]\x1b[2J")
        with span("prepare", commit="a" * 40, environment="uv-py3.11"):
            note(outcome="failed", error="no compiler", output="[bold]cc: \x1b[31mnot found\nsecond line")
        with span("tool", program="uv"):
            pass
    return spans


def test_foreign_text_can_neither_colour_nor_steer_the_terminal() -> None:
    out = io.StringIO()
    for one in heard():
        steps.show(Console(file=out, soft_wrap=True, highlight=False), one)
    case, prepare, *output = out.getvalue().splitlines()
    assert "suite.time_x('[red]a" in case
    assert "failed: ValueError: [/red]" in case
    assert not {"\x1b", "\x07", "\u202e"} & set(out.getvalue())
    assert prepare.strip().endswith("prepare  aaaaaaaa uv-py3.11  failed: no compiler")
    assert output == ["[bold]cc: not found", "second line"]


def test_only_what_went_wrong_has_an_ending() -> None:
    case, prepare, tool = heard()
    assert steps.ending(case)
    assert steps.ending(prepare)
    assert steps.ending(tool) == ""
