"""Runs build, install and uninstall commands as asv's configuration writes them."""

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench_runner.envs import process
from bench_runner.envs.base import Doing, Say, wheel_in
from bench_runner.envs.variables import activated, inherited
from bench_runner.errors import EnvironmentFailedError, UsageError

# What a template may name; some only have a value while building and installing.
NAMES = (
    "project",
    "conf_dir",
    "env_name",
    "env_dir",
    "env_type",
    "commit",
    "build_dir",
    "build_cache_dir",
    "wheel_file",
)
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)
_CODES = re.compile(r"return-code=(?:any|[0-9]+(?:,[0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed command: words, variables set for it, exit codes that mean success (None: any), its folder if given."""

    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    codes: frozenset[int] | None = frozenset({0})
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where commands run: the environment's Python, the folder unless they name one, variables, seconds for each."""

    python: Path
    folder: Path
    variables: Mapping[str, str]
    timeout: float
    say: Say


def parse(text: str, values: Mapping[str, str]) -> Command:
    """Return a command with its templates filled in.

    Prefixes in any order: NAME=value, return-code=any or return-code=0,1, in-dir=folder. UsageError for what is
    malformed, EnvironmentFailedError for a template that has no value at this point.
    """
    try:
        words = [_filled(word, text, values) for word in shlex.split(text)]
    except ValueError as error:
        raise UsageError(f"command {text!r}: {error}: correct its quotes or braces") from error
    variables: dict[str, str] = {}
    codes: str | None = None
    folder: str | None = None
    while words:
        if words[0].startswith("return-code="):
            codes = _once(text, codes, words.pop(0))
        elif words[0].startswith("in-dir="):
            folder = _once(text, folder, words.pop(0).removeprefix("in-dir="))
        elif match := _VARIABLE.fullmatch(words[0]):
            variables[match["name"]] = match["value"]
            words.pop(0)
        else:
            break
    if not words:
        raise UsageError(f"command {text!r} names no program: add one or remove the command")
    return Command(tuple(words), variables, _codes(text, codes), Path(folder) if folder else None)


def run_all(texts: Sequence[str], values: Mapping[str, str], around: Surroundings) -> None:
    """Run commands in order; EnvironmentFailedError for the first that fails or takes too long."""
    for text in texts:
        if text.strip():
            _run(text, parse(text, _with_wheel(values)), around)


def names_unknown(texts: Sequence[str]) -> None:
    """Raise UsageError for a command that could never be run, before anything is built."""
    everything = dict.fromkeys(NAMES, "x")
    for text in texts:
        if text.strip():
            parse(text, everything)


def _run(text: str, command: Command, around: Surroundings) -> None:
    """Run one command inside the environment."""
    around.say(Doing(f"$ {text}"))
    path = command.variables.get("PATH")
    variables = {**around.variables, **command.variables, **activated(around.python, path)}
    # `uv pip` in a command finds the environment by this
    variables["VIRTUAL_ENV"] = str(around.python.parent.parent)
    found = shutil.which(command.words[0], path=variables["PATH"])
    if found is None:
        raise EnvironmentFailedError(f"command {text!r}: {command.words[0]} is neither in the environment nor on PATH")
    folder = around.folder / command.folder if command.folder else around.folder
    words = [found, *command.words[1:]]
    finished = process.run(words, folder=folder, variables=inherited(variables), timeout=around.timeout)
    if finished.late or (command.codes is not None and finished.code not in command.codes):
        raise process.failure(f"command {text!r}", command.words[0], finished, around.timeout)


def _with_wheel(values: Mapping[str, str]) -> Mapping[str, str]:
    """Add {wheel_file} where the build has left one; more than one is a failure, as it is to asv."""
    folder = Path(values.get("build_cache_dir", ""))
    if "build_cache_dir" not in values or not any(folder.glob("*.whl")):
        return values
    return {**values, "wheel_file": str(wheel_in(folder))}


def _filled(word: str, text: str, values: Mapping[str, str]) -> str:
    """Return a word with its templates filled in."""
    try:
        return word.format_map(values)
    except KeyError as error:
        name = error.args[0]
        if name in NAMES:
            raise EnvironmentFailedError(f"command {text!r}: there is no {{{name}}} at this point") from error
        known = ", ".join(f"{{{one}}}" for one in NAMES)
        raise UsageError(f"command {text!r}: {{{name}}} is unknown: write one of {known}") from error
    except (IndexError, AttributeError, TypeError) as error:
        raise UsageError(f"command {text!r}: {word!r} is no template: write {{{{ and }}}} for braces") from error


def _once(text: str, before: str | None, now: str) -> str:
    """Return a prefix's value; UsageError when it was given before."""
    if before is not None:
        raise UsageError(f"command {text!r} has two in-dir or two return-code prefixes: remove one")
    return now


def _codes(text: str, prefix: str | None) -> frozenset[int] | None:
    """Return the exit codes that mean success."""
    if prefix is None:
        return frozenset({0})
    if not _CODES.fullmatch(prefix):
        raise UsageError(f"command {text!r}: {prefix!r} must be return-code=any or return-code=0,1")
    value = prefix.partition("=")[2]
    return None if value == "any" else frozenset(int(code) for code in value.split(","))
