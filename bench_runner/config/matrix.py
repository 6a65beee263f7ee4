"""Reads the matrix of environments as it is written."""

from collections.abc import Mapping

from bench_runner.config.written import Written, is_text, shown
from bench_runner.errors import UsageError

KINDS = ("req", "env", "env_nobuild")

Matrix = Mapping[str, Mapping[str, tuple[str | None, ...]]]


def matrix(written: Written) -> Matrix:
    """Return the matrix under its three kinds; asv's old style, without them, lists requirements."""
    table = written.table("matrix")
    if not any(kind in table for kind in KINDS):
        table = {"req": table}
    if unknown := sorted(table.keys() - set(KINDS)):
        known = ", ".join(KINDS)
        raise UsageError(
            f"{written.path}: matrix has the unknown key {shown(unknown[0])} beside {known}: move it into one"
        )
    return {kind: _alternatives(written, kind, table.get(kind) or {}) for kind in KINDS}


def _alternatives(written: Written, kind: str, names: object) -> Mapping[str, tuple[str | None, ...]]:
    """Return name -> values of one kind; a bare value is a list of one, an empty list means "any version"."""
    if not isinstance(names, dict):
        written.wrong(f"matrix.{kind}", "a table", names)
    found = {}
    for name, value in names.items():
        values = value if isinstance(value, list) else [value]
        if not all(one is None or is_text(one) for one in values):
            written.wrong(f"matrix.{kind}.{name}", "a string, null, or a list of strings", value)
        found[name] = tuple(values) or ("",)
    return found
