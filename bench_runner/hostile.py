"""Takes out of foreign text what a terminal would obey or an eye would misread; each output format quotes the rest."""

import re

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
# C0 but tab and line feed, C1, line separators, characters that turn the direction of the text around them, surrogates.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
WIDTH = 200


def without_sequences(text: str) -> str:
    """Return text without what a terminal would take for a command."""
    return _ESCAPE.sub("", text)


def lines(text: str) -> str:
    """Return text without terminal sequences; other unfit characters become U+FFFD, line ends and tabs stay."""
    return _UNFIT.sub("\ufffd", without_sequences(text.replace("\r\n", "\n")))


def plain(text: str, width: int = WIDTH) -> str:
    """Return text on one line of at most `width` characters."""
    line = " ".join(lines(text[: 4 * width]).split())
    return line if len(line) <= width else line[: width - 1] + "…"
