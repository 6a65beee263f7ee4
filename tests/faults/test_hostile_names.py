"""Hostile names, parameters, units and messages, from the suite through every verb and format."""

import csv
import io
import json
import re

import pytest
from cli.conftest import Command

from .hostile_suite import CASES, MARKUP, NAMES, VALUES, measured

VERBS = (
    ("show",),
    ("show", "HEAD"),
    ("list", "--cases"),
    ("check",),
    ("compare", "HEAD~2", "HEAD"),
    ("detect",),
    ("detect", "--record"),
    ("changes",),
    ("regressions",),
    ("store", "verify"),
    ("publish",),
)
TABLES = (("show", "HEAD"), ("compare", "HEAD~2", "HEAD"))
_CELL = re.compile(r"(?<!\\)\|")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Command:
    return measured(tmp_path_factory.mktemp("hostile") / "tiny")


@pytest.mark.slow
@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_nothing_reaches_the_terminal_as_a_command(hostile: Command, words: tuple[str, ...]) -> None:
    done = hostile(*words)
    assert done.code == 0, done.err
    assert not set(done.out + done.err) & {"\x1b", "\x07", "\x00", "\u202e", "\u2066", "\x9b"}
    assert "Traceback" not in done.err
    assert max(map(len, done.out.splitlines())) < 2000
    assert not (hostile.folder / "pwned").exists()


@pytest.mark.slow
def test_markup_of_the_terminal_library_is_shown_as_it_is(hostile: Command) -> None:
    out = hostile("show", "HEAD").out
    for word in ("[bold", "red]rich[/]", "[/x]')"):  # a narrow column may break between them
        assert word in out
    assert "KeyError: '[/red]'" in out


@pytest.mark.slow
@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_programs_read_the_very_names(hostile: Command, words: tuple[str, ...]) -> None:
    found = json.dumps(json.loads(hostile(*words, "--format", "json").out), ensure_ascii=False)
    for name in NAMES:
        assert json.dumps(name, ensure_ascii=False)[1:-1] in found
    for value in VALUES:
        if isinstance(value, str):
            assert json.dumps(repr(value), ensure_ascii=False)[1:-1] in found


@pytest.mark.slow
@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_sheets_keep_their_columns(hostile: Command, words: tuple[str, ...]) -> None:
    rows = list(csv.reader(io.StringIO(hostile(*words, "--format", "csv").out)))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len(rows) >= CASES
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@"))]


@pytest.mark.slow
@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_markdown_keeps_its_tables_and_holds_no_element(hostile: Command, words: tuple[str, ...]) -> None:
    out = hostile(*words, "--format", "md").out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len(table) > len(VALUES)
    assert len({len(_CELL.findall(line)) for line in table}) == 1, table
    assert MARKUP not in out
    assert not re.search(r"(?<![\\`])<(script|img)", out.replace("&lt;", ""))


@pytest.mark.slow
def test_what_is_stored_is_what_asv_would_read(hostile: Command) -> None:
    listed = json.loads((hostile.folder / "results" / "benchmarks.json").read_text())
    assert set(NAMES) < set(listed)
    for path in (hostile.folder / "results" / "here").glob("*-uv-*.json"):
        assert path.read_bytes().isascii()
        assert set(NAMES) < set(json.loads(path.read_text())["results"])
