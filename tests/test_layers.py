"""The direction of imports, read from the sources (lazy imports included)."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bench_runner"
LAYERS = (
    ("errors", "model"),
    ("stats", "units", "hostile", "private", "host", "config", "plugins"),
    ("repo", "envs", "store"),
    ("history", "report", "exchange"),
    ("runner", "publish"),
    ("bisect",),
    ("testing", "demo"),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
ISLANDS = ("instrument", "worker")
OPEN_TO_ALL = ("bench_runner.instrument", "bench_runner.worker.messages", "bench_runner.worker.metrics")
DOORS = {
    "git": ("repo",),
    "jinja2": ("publish",),
    "matplotlib": ("publish/charts.py",),
    "pandas": ("history", "report", "exchange"),
    "asv": ("store/asv", "store/asv_steps.py"),
    "asv_runner": ("worker",),
    "typer": ("cli",),
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Absolute module names that a file imports, anywhere in it."""
    here = path.relative_to(PACKAGE.parent).with_suffix("").parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: -node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names |= {inner if is_module(inner := f"{module}.{alias.name}") else module for alias in node.names}
    return names


def is_module(name: str) -> bool:
    """Whether a name of the house is a file or a folder, so that `from package import module` counts as the module."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def room(module: str) -> str:
    """The top-level part of a module of the house."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    mine = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for module in imported(path):
        if not module.startswith("bench_runner.") or module.startswith(OPEN_TO_ALL):
            continue
        theirs = room(module)
        if theirs == mine:
            continue
        assert mine not in ISLANDS, f"{path}: an island imports {module}"
        assert theirs not in ISLANDS, f"{path}: only {OPEN_TO_ALL} may be imported, not {module}"
        assert LEVEL[theirs] < LEVEL[mine], f"{path}: {mine} must not import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_library_one_door(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    for module in imported(path):
        doors = DOORS.get(module.split(".")[0])
        assert doors is None or place.startswith(doors), f"{place} imports {module}; its door is {doors}"


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_inner_code_goes_to_the_module_that_defines(path: Path) -> None:
    assert "bench_runner.instrument" not in imported(path), f"{path} takes a name from the facade of instrument"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no opening sentence"


def test_the_rule_would_notice() -> None:
    assert room("bench_runner.cli.main") == "cli"
    assert LEVEL["cli"] > LEVEL["bisect"] > LEVEL["publish"] > LEVEL["history"] > LEVEL["store"] > LEVEL["model"]
