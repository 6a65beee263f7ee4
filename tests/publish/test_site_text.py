import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.hostile import lines
from bench_runner.publish.text import LABEL, excerpt, iso, label, params, script_json, slug

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


@given(ANY)
def test_a_slug_is_a_safe_file_name(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,69}", slug(name))


@given(ANY, ANY)
def test_slugs_tell_names_apart(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)


def test_slugs_differ_where_a_file_system_ignores_case() -> None:
    assert slug("suite.Time").lower() != slug("suite.time").lower()


@given(ANY)
def test_clean_text_can_be_written_and_read_as_xml(text: str) -> None:
    found = lines(text)
    found.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", found)


def test_clean_keeps_what_people_write() -> None:
    text = "naïve 日本 👍\n\t\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}"
    assert lines(text) == text


def test_clean_drops_terminal_colours() -> None:
    assert lines("\x1b[31mred\x1b[0m \x1b]0;title\x07end") == "red end"


def test_a_label_is_one_short_line() -> None:
    found = label("a\n b" + "x" * 10_000)
    assert found.startswith("a bx")
    assert len(found) == LABEL
    assert found.endswith("…")


def test_an_excerpt_keeps_the_end() -> None:
    output = "\n".join(f"line {number}" for number in range(5000))
    found = excerpt(output, 100)
    assert found.endswith("line 4999")
    assert found.startswith("…\nline ")
    assert len(found) < 110


@pytest.mark.slow
@given(st.recursive(ANY | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANY, inner)))
def test_script_json_means_the_same_and_ends_no_element(value: object) -> None:
    text = script_json(value)
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029]", text)


def test_script_json_refuses_what_json_has_not() -> None:
    with pytest.raises(ValueError, match="JSON"):
        script_json(float("nan"))


def test_iso_says_nothing_of_impossible_times() -> None:
    assert iso(1_767_225_600_000) == "2026-01-01T00:00:00Z"
    assert iso(10**18) == ""


def test_params_are_named() -> None:
    assert params(("n", "kind"), ("1000", "'a'")) == "n=1000, kind='a'"
