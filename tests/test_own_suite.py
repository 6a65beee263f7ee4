"""Our own suite runs on commits that lack what it measures: each benchmark asks for it, and is skipped."""

import ast
import sys
from importlib import import_module
from pathlib import Path

import pytest

SUITE = Path(__file__).parent.parent / "benchmarks"
MODULES = sorted(path for path in SUITE.glob("*.py") if "__main__" not in path.read_text())  # not the programs


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_of_the_package_is_imported_with_a_module(path: Path) -> None:
    found = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in found]
    assert not [name for name in names if name.startswith("bench_runner")]


def test_what_a_commit_lacks_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(SUITE.parent), *sys.path])
    need = import_module("benchmarks.present").need
    assert need("errors:UsageError").__name__ == "UsageError"
    assert [one.__name__ for one in need("model.run:Run", "model.run:Result")] == ["Run", "Result"]
    for name in ("errors:NoSuchError", "no.such.module:thing"):
        with pytest.raises(NotImplementedError, match=name):
            need(name)
