"""`init`: write a configuration and a working suite for the project one stands in."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bench_runner.errors import UsageError

CONFIG = """\
# Every key is explained in the README of bench-history, section "Configuration".
project = {project}
repo = "."
# branches = ["main"]            # default: the repository's default branch
pythons = ["{python}"]
# environment_type = "uv"        # or "virtualenv", "existing"
# requirements = ["requirements-bench.txt"]
# show_commit_url = "https://forge.example/{plain}/commit/"

# [matrix.req]
# numpy = ["1.26", "2.1"]
"""

SUITE = '''\
"""Benchmarks of {package}, in asv's convention: the name says the kind.

time_*     seconds per call               peakmem_*  peak memory of the process
timeraw_*  the same in a fresh process    mem_*      size of the object returned
track_*    any number that is returned
"""


def timeraw_import():
    """Import the package in a fresh interpreter."""
    return "import {package}"


def peakmem_import():
    """Peak memory of a process that has imported the package."""
    import {package}  # noqa: F401, PLC0415


class Example:
    """Copy this for your own code; `setup` runs before the timing and is not measured."""

    params = [100, 10_000]
    param_names = ["n"]

    def setup(self, n):
        self.numbers = list(range(n, 0, -1))

    def time_sort(self, n):
        sorted(self.numbers)
'''


def init(
    folder: Annotated[Path, typer.Argument(help="The project's folder.", show_default=False)] = Path(),
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write `bench_runner.toml` and `benchmarks/` for the project in this folder.

    An `asv.conf.json` that is there is used as it is: then nothing needs to be written.

    Examples:

    ```
    bench-runner init
    bench-runner init ../other-project
    ```
    """
    folder = folder.resolve()
    refuse(folder, force=force)
    project, package = names(folder)
    python = ".".join(map(str, sys.version_info[:2]))
    plain = re.sub(r"[^\w.-]", "-", project)
    configuration = CONFIG.format(project=_quoted(project), plain=plain, python=python)
    written = [
        _write(folder / "bench_runner.toml", configuration, force),
        _write(folder / "benchmarks" / "__init__.py", "", force),
        _write(folder / "benchmarks" / "suite.py", SUITE.format(package=package), force),
    ]
    for path in filter(None, written):
        typer.echo(f"wrote {path.relative_to(folder)}")
    typer.echo("next: bench-runner check, then bench-runner run")


def refuse(folder: Path, *, force: bool) -> None:
    """Raise UsageError where a configuration stands already or where there is no git repository."""
    for name in ("bench_runner.toml", "asv.conf.json", "asv.conf.jsonc"):
        if (folder / name).exists() and not force:
            raise UsageError(
                f"{folder / name} is there already and will be used; --force writes bench_runner.toml anew"
            )
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        raise UsageError(f"{folder} is not in a git repository: run `git init` there, or stand in your project")


def names(folder: Path) -> tuple[str, str]:
    """Return the project's name and the package it imports as, read from pyproject.toml, setup.py or the folders."""
    project = _declared(folder) or folder.name
    wanted = re.sub(r"[-.]+", "_", project)
    packages = sorted({path.parent.name for path in _packages(folder)})
    if wanted in packages or not packages:
        return project, wanted if wanted.isidentifier() else "sys"
    near = [name for name in packages if name.lower() in wanted.lower() or wanted.lower() in name.lower()]
    return project, (near or packages)[0]


def _declared(folder: Path) -> str | None:
    """Return the name in pyproject.toml or a literal name= of setup.py."""
    import tomllib

    try:
        declared = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        if name := declared.get("project", {}).get("name"):
            return str(name)
    except (OSError, tomllib.TOMLDecodeError):
        pass
    try:
        tree = ast.parse((folder / "setup.py").read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return None
    keywords = (word for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords)
    return next((str(w.value.value) for w in keywords if w.arg == "name" and isinstance(w.value, ast.Constant)), None)


def _packages(folder: Path) -> Iterator[Path]:
    """Yield the __init__.py of the top-level packages, flat or below src/."""
    for base in (folder / "src", folder):
        for path in base.glob("*/__init__.py"):
            if path.parent.name not in {"tests", "test", "benchmarks", "docs"}:
                yield path


def _quoted(text: str) -> str:
    """Return a TOML basic string."""
    import json

    return json.dumps(text)


def _write(path: Path, text: str, force: bool) -> Path | None:
    """Write a file unless it is there; return its path when written."""
    if path.exists() and not force:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
