"""Sheets as JUnit XML, which every CI server shows: a case a row, failed where something got worse or is not there."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench_runner.hostile import lines, plain
from bench_runner.report.sheet import Sheet

# What a row's mark makes of its case; a row without one of these passed.
KINDS = {"worse": "failure", "failed": "error", "missing": "error"}


class Junit:
    """Writes one suite with a case for each row."""

    def render(self, sheet: Sheet) -> str:
        """Return the document; the first column names the cases, the last one says why they failed."""
        marks = [KINDS.get(mark, "") for mark in (*sheet.marks, *[""] * len(sheet.cells))][: len(sheet.cells)]
        suite = Element("testsuite", name=plain(sheet.title), tests=str(len(sheet.cells)))
        for kind in ("failure", "error"):
            suite.set(f"{kind}s", str(marks.count(kind)))
        for cells, kind in zip(sheet.cells, marks, strict=True):
            _case(suite, sheet, cells, kind)
        SubElement(suite, "system-out").text = "\n".join(map(plain, sheet.notes))
        printed = [f"{plain(one.head)}\n{lines(one.text)}" for one in sheet.outputs]
        SubElement(suite, "system-err").text = "\n".join(printed).replace("\t", "        ")
        root = Element("testsuites")
        root.append(suite)
        indent(root)
        return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode")


def _case(suite: Element, sheet: Sheet, cells: tuple[str, ...], kind: str) -> None:
    """Add a row."""
    case = SubElement(suite, "testcase", classname="bench-runner", name=plain(cells[0]) or "-")
    if kind:
        SubElement(case, kind, message=plain(cells[-1]))
    pairs = zip(sheet.columns, cells, strict=True)
    SubElement(case, "system-out").text = "; ".join(f"{name}: {plain(cell)}" for name, cell in pairs if cell)
