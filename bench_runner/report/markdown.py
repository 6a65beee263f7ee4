"""Sheets as GitHub Markdown; foreign text can neither leave its cell nor mention, link or embed anything."""

import re

from bench_runner.hostile import plain
from bench_runner.report.sheet import Sheet

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$:/.@-])")
CELL = 200


class Markdown:
    """Writes a table with a title and notes."""

    def render(self, sheet: Sheet) -> str:
        """Return the table; without rows only the title and the notes."""
        parts = [f"### {quoted(sheet.title)}"]
        if sheet.cells:
            rule = [" ---:" if name in sheet.right else " ---" for name in sheet.columns]
            rows = [_row(sheet.columns), "|" + " |".join(rule) + " |", *map(_row, sheet.cells)]
            parts.append("\n".join(rows))
        parts += [quoted(note) for note in sheet.notes]
        return "\n\n".join(parts)


def quoted(text: str) -> str:
    """Return text that Markdown shows as it is: every character with a meaning becomes a numbered entity."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[1])};", plain(text, CELL)) or " "


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(quoted(cell) for cell in cells) + " |"
