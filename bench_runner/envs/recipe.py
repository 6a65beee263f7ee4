"""What has to be installed in an environment before any commit: requirements, files, and what measuring needs."""

import hashlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_runner.config import Config
from bench_runner.errors import UsageError
from bench_runner.model.environment import Environment
from bench_runner.worker.messages import ASV_RUNNER

# Raise it when environments made before must not be used any more.
_FORMAT = 1
_NESTED = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(?P<path>\S+)", re.MULTILINE)
_COMPARISON = re.compile(r"^\s*(?:[<>!~=]=|===|[<>])")
_ADDRESS = re.compile(r"^(?:\w+\+)?\w+://")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Calls of install in order; the specifiers that must hold still when the project comes in; a digest of it all.

    `lock` is a uv.lock that is to be exported first, `files` are requirement files; what is in `welcome` may fail.
    """

    files: tuple[Path, ...]
    lock: Path | None
    steps: tuple[tuple[str, ...], ...]
    welcome: tuple[tuple[str, ...], ...]
    specifiers: tuple[str, ...]
    digest: str


def recipe(environment: Environment, config: Config) -> Recipe:
    """Return the recipe of an environment; UsageError for a file that is missing or of an unknown format."""
    declared = [declaration(*pair) for pair in (*environment.requirements, *environment.unnamed)]
    plain = tuple(words[0] for words in declared if len(words) == 1)
    special = [words for words in declared if len(words) > 1]
    tools, welcome = _tools(config), _welcome(environment, config)
    steps = ((f"asv_runner=={ASV_RUNNER}", *plain, *tools), *special)
    locks = [path for path in config.requirements if path.name == "uv.lock"]
    files = tuple(path for path in config.requirements if path.name != "uv.lock")
    _check_files(files, locks)
    facts = [
        _FORMAT,
        environment.backend,
        environment.python,
        environment.build_variables,
        steps,
        welcome,
        [_content(path) for path in config.requirements],
    ]
    # An address or a path cannot change by itself, and asking for it again would cost a download per commit
    held = tuple(word for word in steps[0] if not {"/", "\\"} & set(word) and word not in tools)
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    return Recipe(files, locks[0] if locks else None, steps, welcome, held, digest)


def declaration(name: str, version: str) -> tuple[str, ...]:
    """Return the words that install a requirement as asv's matrix writes it; more than one when options are among them.

    ("numpy", "1.26"), ("numpy", ">=1.20"), ("pip+numpy", ""), ("pip+-e ../lib", ""), ("lib", "git+https://...").
    """
    name, version = name.removeprefix("pip+").strip(), version.strip()
    if _ADDRESS.match(version):
        return (f"{name} @ {version}",)
    words = shlex.split(name) if name.startswith("-") or " -" in name else [name]
    if version:
        words[-1] += _specifier(version)
    return tuple(words)


def _specifier(version: str) -> str:
    """Return a version as pip wants it; a single "=" is conda's way to mean all versions that begin so."""
    if _COMPARISON.match(version):
        return version
    if version.startswith("="):
        return f"=={version[1:].strip().removesuffix('.*').removesuffix('*')}.*"
    return f"=={version}"


def has_commands(config: Config) -> bool:
    """Return whether commands of the configuration build, install or uninstall the project."""
    return any(one is not None for one in (config.build_command, config.install_command, config.uninstall_command))


def _tools(config: Config) -> tuple[str, ...]:
    """Return what commands of the configuration may call: they expect what asv would have installed."""
    return ("pip", "setuptools", "wheel", "build") if has_commands(config) else ()


def _welcome(environment: Environment, config: Config) -> tuple[tuple[str, ...], ...]:
    """Return what serves some benchmarks (mem_*) or commands (unisolated builds), if this Python can have it."""
    found: list[tuple[str, ...]] = [] if environment.python.startswith("pypy") else [("pympler",)]
    if has_commands(config) and (requires := build_requirements(config.root / "pyproject.toml")):
        found.append(requires)
    return tuple(found)


def build_requirements(pyproject: Path) -> tuple[str, ...]:
    """Return what the project beside the configuration builds with, () when that is not written."""
    try:
        requires = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("build-system", {}).get("requires", [])
    except (OSError, ValueError):
        return ()
    return tuple(one for one in requires if isinstance(one, str))


def _check_files(files: tuple[Path, ...], locks: list[Path]) -> None:
    """Refuse lock files that neither pip nor uv reads."""
    for path in files:
        if path.suffix == ".lock":
            raise UsageError(f"{path}: only uv.lock, pylock.toml and requirement files are read: export it to one")
    if len(locks) > 1:
        raise UsageError(f"{locks[1]}: a second uv.lock cannot hold beside {locks[0]}: name one of them")


def _content(path: Path) -> list[str]:
    """Return the digests of a requirement file and of the files it refers to; UsageError for a missing one."""
    return [hashlib.sha256(data).hexdigest() for data in _contents(path, set())]


def _contents(path: Path, seen: set[Path]) -> Iterator[bytes]:
    """Yield the content of a file, then of those it names with -r or -c, each once."""
    if path in seen:
        return
    seen.add(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: requirement file cannot be read ({error.strerror}): correct `requirements`"
        ) from error
    yield data
    for found in _NESTED.finditer(data.decode(errors="replace")):
        if not _ADDRESS.match(found["path"]):
            yield from _contents(path.parent / found["path"], seen)
