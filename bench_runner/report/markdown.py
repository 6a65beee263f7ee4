"""Sheets as GitHub Markdown; foreign text can neither leave its cell nor mention, link or embed anything."""

import re

from bench_runner.hostile import plain
from bench_runner.report.sheet import Sheet
from bench_runner.report.text import INDENT, printed

CELL = 200
# GitHub finds mentions, references and emoji in the finished page, where an entity is a plain character again: only a
# zero-width space keeps the two halves apart.
_APART = "&#8203;"
# Each alternative is a place where a character means something; all other punctuation stays as it is.
_SPECIAL = re.compile(
    r"""(?P<apart> @ | \#(?=\d) | (?i:(?<![a-z0-9])gh-)(?=\d) | :(?=[\w+-]+:) )
      | (?P<entity> [|<$] | &(?=\#?\w+;) | :(?=//) | (?i:(?<=www))\. )
      | (?P<inside> (?<=[^\W_])_+(?=[^\W_]) )
      | (?P<alone> (?<!\S)[*~](?!\S) )
      | (?P<escape> [\\`*_\[\]~] | ^\# | \#$ )""",
    re.VERBOSE,
)
# At the start of a paragraph these begin a heading, a list, a quotation or a rule.
_OPENING = re.compile(r"^(\d*)(?=[-+*=#>.)])")


class Markdown:
    """Writes a table with a title, notes, and outputs as indented code."""

    def render(self, sheet: Sheet) -> str:
        """Return the table; without rows only the title and the notes."""
        parts = [f"### {quoted(sheet.title)}"]
        if sheet.cells:
            rule = [" ---:" if name in sheet.right else " ---" for name in sheet.columns]
            rows = [_row(sheet.columns), "|" + " |".join(rule) + " |", *map(_row, sheet.cells)]
            parts.append("\n".join(rows))
        parts += [paragraph(note) for note in sheet.notes]
        for one in sheet.outputs:
            parts += [paragraph(one.head), "\n".join(INDENT + line for line in printed(one.text))]
        return "\n\n".join(part for part in parts if part)


def quoted(text: str) -> str:
    """Return text that a cell or a heading shows as it is."""
    return _SPECIAL.sub(_neutral, plain(text, CELL)) or " "


def paragraph(text: str) -> str:
    """Return text that a paragraph of its own shows as it is."""
    return _OPENING.sub(r"\1\\", quoted(text))


def _neutral(found: re.Match[str]) -> str:
    """Return a character with a meaning in the way that takes it away."""
    text = found[0]
    if found.lastgroup == "apart":
        return text + _APART
    if found.lastgroup == "entity":
        return f"&#{ord(text)};"
    return f"\\{text}" if found.lastgroup == "escape" else text


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(quoted(cell) for cell in cells) + " |"
