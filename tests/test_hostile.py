"""Foreign text on a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner import hostile

FORBIDDEN = {"Cc", "Cs"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("right\u202eto left", "right\ufffdto left"),
        ("null\x00byte", "null\ufffdbyte"),
        ("emoji 🐢 stays", "emoji 🐢 stays"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_gone(text: str, shown: str) -> None:
    assert hostile.plain(text) == shown


@given(st.text())
def test_plain_text_is_one_short_line_that_obeys_nothing(text: str) -> None:
    shown = hostile.plain(text, 50)
    assert len(shown) <= 50
    assert not any(unicodedata.category(letter) in FORBIDDEN for letter in shown)
    assert hostile.plain(shown, 50) == shown


@given(st.text())
def test_lines_keep_their_ends(text: str) -> None:
    assert hostile.lines(text).count("\n") <= text.count("\n")
    assert "\x1b" not in hostile.lines(text)


def test_ten_kilobytes_are_cut() -> None:
    assert len(hostile.plain("x" * 10_000)) == hostile.WIDTH
