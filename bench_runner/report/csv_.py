"""Sheets as CSV that a spreadsheet opens without running anything."""

import csv
import io
import re

from bench_runner.hostile import plain
from bench_runner.report.sheet import Sheet

# A number with a unit or a percent sign is harmless; anything else in front of a formula is not.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[\d.,]+(e[+-]?\d+)?( ?[%a-zA-Zμ]{1,4})?$")


class Csv:
    """Writes a head line and a line for each row (RFC 4180)."""

    def render(self, sheet: Sheet) -> str:
        """Return the lines, without the last line end."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(sheet.columns)
        writer.writerows([quoted(cell) for cell in row] for row in sheet.cells)
        return out.getvalue().rstrip("\n")


def quoted(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    flat = plain(text, 10_000)
    return f"'{flat}" if _FORMULA.match(flat) and not _NUMBER.match(flat) else flat
