"""Whatever a reporter is registered as, a sheet of hostile text keeps the shape of one of harmless text."""

import csv
import html
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench_runner import plugins
from bench_runner.errors import UsageError
from bench_runner.hostile import plain
from bench_runner.report.github import COMMENT_CHARACTERS, fitted
from bench_runner.report.sheet import Data, Output, Sheet, render

FORMATS = plugins.names("reporters")
HOSTILE = (
    "plain",
    "",
    " ",
    "a|b",
    "`code` ``` \\",
    "**bold** _it_ ~~x~~",
    "[click](https://evil.example)",
    "![i](x.png)",
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "@everyone #12 GH-7 https://evil.example www.evil.example evil.example/x",
    "&lt;b&gt;",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "::error::gone",
    "line\nbreak\r\nand\u2028more",
    "# heading",
    "- item",
    "| --- |",
    "=cmd|' /C calc'!A0",
    "+1+1",
    '@SUM(A1)"quoted",comma',
    "\u202egnirts",
    "\ud800",
    "x" * 10_000,
    "👩‍👩‍👧 e\u0301",
    "[red]markup[/red]",
    "\x00\x07\x9b31m",
    "$x^2$",
)
SHEET = Sheet(
    title="v1 -> v2",
    columns=("benchmark", "change", "verdict"),
    cells=(("speed.time_a", "+8.2 %", "slower"), ("speed.time_b(1, 'x')", "~", "undecided")),
    right=frozenset({"change"}),
    marks=("worse", ""),
    notes=("1 slower, 1 undecided",),
    document={"schema": "bench_runner.compare/1", "cells": [{"id": "speed.time_a", "ratio": 1.082}]},
)
hostile = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=60))


def with_text(name: str) -> Sheet:
    """The sheet with one foreign text in every place where there can be one."""
    (first, second) = SHEET.cells
    cells = ((name, *first[1:]), (second[0], second[1], f"failed: {name}"))
    document = {"schema": "bench_runner.compare/1", "cells": [{"id": name, "ratio": 1.082}]}
    return replace(
        SHEET,
        title=f"{name} -> v2",
        cells=cells,
        notes=(f"{name} said", f"{name} again"),
        document=document,
        outputs=(Output(f"{name} printed", f"Traceback\n{name}\n  end"),),
        data=Data(("benchmark", "ratio", "reason"), ((name, 1.082, "said"), ("speed.time_b", math.nan, name))),
    )


def markdown_shape(text: str) -> object:
    """The elements of the document, as any renderer sees them: text aside, nothing may differ."""
    found = []
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        found.append(token.type)
        found += [inner.type for inner in token.children or () if inner.type not in {"text", "text_special", "entity"}]
    return found


def csv_shape(text: str) -> object:
    return [len(row) for row in csv.reader(io.StringIO(text))]


def json_shape(text: str) -> object:
    def strict(word: str) -> None:
        raise AssertionError(word)

    document = json.loads(text, parse_constant=strict)
    return document["schema"], [sorted(cell) for cell in document["cells"]]


def text_shape(text: str) -> object:
    return text.count("+8.2 %"), text.count("failed:"), text.count("\n ──")


def junit_shape(text: str) -> object:
    return [(one.tag, sorted(one.attrib)) for one in ET.fromstring(text).iter()]


def github_shape(text: str) -> object:
    """What the runner obeys: it trims lines, and listens again only to the word that it was told."""
    first, *rest = text.splitlines()
    word = first.removeprefix("::stop-commands::")
    obeyed = rest[[line.strip() for line in rest].index(f"::{word}::") + 1 :]
    return [line.partition(" ")[0] for line in obeyed]


SHAPES: dict[str, Callable[[str], object]] = {
    "md": markdown_shape,
    "csv": csv_shape,
    "json": json_shape,
    "text": text_shape,
    "junit": junit_shape,
    "github": github_shape,
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_reporter_has_a_shape_to_hold(form: str) -> None:
    assert form in SHAPES, f"say in SHAPES what must not change in {form}"


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", HOSTILE)
def test_foreign_text_cannot_change_the_shape(form: str, name: str) -> None:
    assert SHAPES[form](render(with_text(name), form)) == SHAPES[form](render(with_text("harmless"), form))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@given(name=hostile)
@settings(max_examples=100, deadline=None)
def test_no_text_at_all_can_change_the_shape(form: str, name: str) -> None:
    assert SHAPES[form](render(with_text(name), form)) == SHAPES[form](render(with_text("harmless"), form))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@given(name=hostile)
@settings(max_examples=60, deadline=None)
def test_nothing_a_terminal_obeys_comes_out(form: str, name: str) -> None:
    text = render(with_text(name), form)
    assert not [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2028\u2029")]
    text.encode()  # no lone surrogate either


@pytest.mark.parametrize("form", FORMATS)
def test_equal_sheets_give_equal_bytes(form: str) -> None:
    assert render(SHEET, form) == render(replace(SHEET, document=dict(reversed(SHEET.document.items()))), form)


@pytest.mark.parametrize("form", FORMATS)
def test_no_rows_are_no_accident(form: str) -> None:
    empty = Sheet("nothing", ("benchmark",), (), {"schema": "bench_runner.compare/1", "cells": []}, notes=("0 cells",))
    assert render(empty, form)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"json"}))
def test_what_is_in_the_cells_is_in_the_text(form: str) -> None:
    text = render(SHEET, form)
    for word in ("benchmark", "speed.time_a", "+8.2 %", "slower", "~", "undecided"):
        assert word in text


def test_json_holds_no_number_that_json_lacks() -> None:
    sheet = replace(
        SHEET, document={"schema": "s", "a": math.nan, "b": [math.inf, (-math.inf, 1.5)], "c": {"d": math.nan}}
    )
    assert json.loads(render(sheet, "json")) == {"schema": "s", "a": None, "b": [None, [None, 1.5]], "c": {"d": None}}


def spoken(markdown: str) -> str:
    """The text of the page, in which GitHub looks for mentions and references; code is left alone."""
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        found += [inner.content for inner in token.children or ()] + ["\n"]
    return "".join(found)


# What GitHub makes a mention, a reference or an emoji in the page, and a link in the source.
ALIVE_IN_PAGE = re.compile(r"@\w|#\d|\bGH-\d|:[\w+-]+:", re.IGNORECASE)
ALIVE_IN_SOURCE = re.compile(r"https?://|ftp://|www\.", re.IGNORECASE)


@pytest.mark.slow
@given(name=st.one_of(hostile, st.text("@#1a:/.w&;_*~GH-htps", max_size=30)))
@settings(max_examples=200, deadline=None)
def test_markdown_mentions_and_links_nothing(name: str) -> None:
    text = render(replace(with_text(name), outputs=()), "md")
    assert not ALIVE_IN_PAGE.search(spoken(text)), text
    assert not ALIVE_IN_SOURCE.search(text), text


@pytest.mark.parametrize(
    "start", ["# x", "- x", "+ x", "* x", "> x", "1. x", "2) x", "---", "===", "***", "~~~ x", "    x"]
)
def test_notes_and_heads_of_outputs_begin_nothing_in_markdown(start: str) -> None:
    for hostile_, harmless in ((start, "x"), (f"{start} y", "x y")):
        shapes = [
            markdown_shape(render(replace(SHEET, notes=(text,), outputs=(Output(text, "x"),)), "md"))
            for text in (hostile_, harmless)
        ]
        assert shapes[0] == shapes[1]


@pytest.mark.slow
@given(name=hostile)
@settings(max_examples=200, deadline=None)
def test_markdown_shows_foreign_text_as_it_is(name: str) -> None:
    sheet = Sheet("t", ("a",), ((name,),), {})
    cell = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(render(sheet, "md")).rpartition("<td>")[2]
    shown = html.unescape(cell.partition("</td>")[0]).replace("\u200b", "")
    assert shown == plain(name).replace("\u200b", "").strip()


@pytest.mark.parametrize(
    "text", ["speed.time_a(1, 'x')", "+8.2 % ± 1 %", "2.00 ms", "v1 -> v2", "~", "a && b!", "{1: 2}"]
)
def test_markdown_leaves_harmless_punctuation_alone(text: str) -> None:
    assert f"| {text} |" in render(Sheet("t", ("a",), ((text,),), {}), "md")


@pytest.mark.parametrize("form", ["text", "md"])
def test_outputs_keep_their_lines_and_indents(form: str) -> None:
    output = Output("it failed", "\n\nTraceback:\n\tx = [1]\n\n    ~~~\n")
    text = render(replace(SHEET, outputs=(output,)), form)
    assert text.endswith(
        "it failed\n"
        + "\n" * (form == "md")
        + "    Traceback:\n        x = [1]\n"
        + "    " * (form == "md")
        + "\n        ~~~"
    )


def test_csv_is_for_programs_where_there_is_data() -> None:
    data = Data(("benchmark", "centre", "rounds", "low"), (("a", 2.5e-6, 5, None), ("b", math.nan, 0, -math.inf)))
    assert render(replace(SHEET, data=data), "csv").splitlines() == [
        "benchmark,centre,rounds,low",
        "a,2.5e-06,5,",
        "b,,0,",
    ]
    assert render(replace(SHEET, data=Data(("a", "b"), ())), "csv") == "a,b"


def test_csv_starts_no_formula() -> None:
    for name in ("=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1"):
        cell = next(csv.reader(io.StringIO(render(with_text(name), "csv").partition("\n")[2])))[0]
        assert cell.startswith("'"), name
    assert "+8.2 %" in render(SHEET, "csv")


def test_text_shows_markup_as_it_is() -> None:
    assert "[red]markup[/red]" in render(with_text("[red]markup[/red]"), "text")


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"yaml.*csv, github, json, junit, md, text"):
        render(SHEET, "yaml")


def test_junit_fails_what_got_worse_and_what_is_not_there() -> None:
    cells = tuple((name, "said") for name in ("a", "b", "c", "d"))
    text = render(Sheet("t", ("benchmark", "verdict"), cells, {}, marks=("worse", "failed", "better", "")), "junit")
    suite = ET.fromstring(text)[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
    }
    kinds = [[inner.tag for inner in case] for case in suite.iter("testcase")]
    assert kinds == [["failure", "system-out"], ["error", "system-out"], ["system-out"], ["system-out"]]


def test_github_annotates_ten_rows_and_says_how_many_more_there_are() -> None:
    cells = tuple((f"time_{k}", "100%\nworse") for k in range(12))
    sheet = Sheet("a:b, c", ("benchmark", "verdict"), cells, {}, marks=("worse",) * 12)
    found = [line for line in render(sheet, "github").splitlines() if line.startswith(("::error", "::notice"))]
    assert found[0] == "::error title=a%3Ab%2C c::time_0, 100%25 worse"
    assert len(found) == 11
    assert found[-1] == "::notice::2 more rows are in the table"


def test_markdown_for_github_fits_its_limits_and_says_what_is_left_out() -> None:
    cells = tuple((f"time_{k}", "x" * 100) for k in range(2000))
    sheet = Sheet("t", ("benchmark", "verdict"), cells, {}, notes=("2000 rows",))
    text = fitted(sheet, COMMENT_CHARACTERS)
    assert COMMENT_CHARACTERS // 2 < len(text.encode()) <= COMMENT_CHARACTERS
    rows = text.count("| time_")
    assert f"{2000 - rows} more rows are left out" in text
    assert fitted(replace(sheet, cells=cells[:10]), COMMENT_CHARACTERS).count("| time_") == 10
