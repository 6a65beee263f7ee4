"""Reads the table of faults, and finds their lines in the source by the comments that mark them."""

import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Fault:
    """What can be switched on: `kind` is "slow" or "leak"; function and line are those to be named."""

    kind: str
    name: str
    module: str
    function: str
    does: str

    @property
    def file(self):
        """The path of its module below the service."""
        return f"{self.module.replace('.', '/')}.py"

    @property
    def line(self):
        """The number of its line."""
        lines = (HERE / self.file).read_text(encoding="utf-8").splitlines()
        (found,) = [number for number, text in enumerate(lines, 1) if text.endswith(f"# fault: {self.name}")]
        return found


def table():
    """Return all faults by name."""
    kinds = json.loads((HERE / "faults.json").read_text(encoding="utf-8"))
    found = [Fault(kind, **one) for kind, several in kinds.items() for one in several]
    return {one.name: one for one in found}
