"""Sheets as tables for a terminal."""

import io
from typing import TYPE_CHECKING

from bench_runner.hostile import lines, plain
from bench_runner.report.sheet import Sheet

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {"slower": "red", "worse": "red", "failed": "red", "missing": "yellow", "faster": "green", "better": "green"}
WIDTH = 160
INDENT = "    "
LINE = 500  # characters of a printed line that are shown


class Text:
    """Writes a table without colours, for pipes and files."""

    def render(self, sheet: Sheet) -> str:
        """Return the table in at most 160 columns, and the notes."""
        from rich.console import Console

        out = io.StringIO()
        Console(file=out, width=WIDTH, color_system=None).print(table(sheet))
        return "\n".join([*(line.rstrip() for line in out.getvalue().splitlines()), *below(sheet)])


def below(sheet: Sheet) -> list[str]:
    """Return the lines under the table: the notes, then each output under its head."""
    found = [plain(note) for note in sheet.notes]
    for one in sheet.outputs:
        found += ["", plain(one.head), *(INDENT + line if line else "" for line in printed(one.text))]
    return found


def printed(output: str) -> list[str]:
    """Return the lines of an output as they were indented, fit for a terminal, without empty ones at either end."""
    found = [line.expandtabs(4)[:LINE].rstrip() for line in lines(output).split("\n")]
    full = [number for number, line in enumerate(found) if line]
    return found[full[0] : full[-1] + 1] if full else []


def table(sheet: Sheet) -> "Table":
    """Return a sheet for rich's console; rows are coloured by their mark."""
    from rich import box
    from rich.table import Table
    from rich.text import Text as Words

    found = Table(title=plain(sheet.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in sheet.columns:
        right = name in sheet.right
        found.add_column(name, justify="right" if right else "left", no_wrap=right, overflow="fold")
    marks = sheet.marks or ("",) * len(sheet.cells)
    for row, mark in zip(sheet.cells, marks, strict=True):
        found.add_row(*(Words(plain(cell)) for cell in row), style=COLOURS.get(mark, ""))
    return found
