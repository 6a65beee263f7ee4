"""Turns the configured matrix, with -E, into environments: the same combinations and names as asv's."""

import itertools
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bench_runner import plugins
from bench_runner.config import CONDA_LIKE, Config
from bench_runner.config.matrix import KINDS
from bench_runner.envs import pythons
from bench_runner.envs.recipe import build_requirements
from bench_runner.errors import EnvironmentFailedError, UsageError
from bench_runner.model.environment import Environment

# A combination is what one environment is made of, or what a rule asks for: (kind, name) -> value, None for "absent".
Key = tuple[str, str]
Combination = Mapping[Key, str | None]

_PYTHON: Key = ("python", "")
_TOOL: Key = ("environment_type", "")
_PLATFORM: Key = ("sys_platform", "")
_BARE = {key[0]: key for key in (_PYTHON, _TOOL, _PLATFORM)}
_BACKENDS = {"virtualenv": "venv", **dict.fromkeys(CONDA_LIKE, "uv")}
_BY_ASV = ("pip+build", "pip+asv_runner", "pip+pympler")
_SAME = "same"


def environments(config: Config, specifiers: Sequence[str] = ()) -> list[Environment]:
    """Return the environments of the configuration, or those that -E asks for, each name once.

    A specifier is an environment's name, a tool ("uv"), a tool with a Python ("uv:3.11", ":3.11"), or "existing" with
    the path of a Python or without. UsageError when a rule or a specifier is wrong, or nothing is left.
    """
    _check_tool(f"{config.source}: environment_type {config.environment_type}", config.environment_type)
    configured = _unique(_of_tool(config, config.environment_type, None)) if not _is_only_explicit(specifiers) else []
    if not specifiers:
        found = configured
    else:
        by_name = {one.name: one for one in configured}
        found = _unique(one for word in specifiers for one in _asked(config, word, by_name))
    if not found:
        raise UsageError(f"{config.source}: pythons, matrix and exclude leave no environment: correct one of them")
    return found


def _is_only_explicit(specifiers: Sequence[str]) -> bool:
    """Return whether no specifier can be the name of a configured environment, so that none need be listed."""
    return bool(specifiers) and all(":" in word or word == "existing" for word in specifiers)


def _asked(config: Config, word: str, configured: Mapping[str, Environment]) -> Iterator[Environment]:
    """Yield what one specifier means."""
    if word in configured:
        yield configured[word]
        return
    tool, colon, python = word.partition(":")
    _check_tool(f"-E {word}", tool, [*configured])
    yield from _of_tool(config, tool or config.environment_type, python if colon else None)


def _check_tool(said: str, tool: str, others: Sequence[str] = ()) -> None:
    """Refuse what is neither an environment nor a tool; `said` is where the word stands."""
    tools = [*plugins.names("environments"), *_BACKENDS]
    if tool and tool not in tools:
        known = sorted({*others, *tools})
        near = get_close_matches(tool, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise UsageError(f"{said}: no such environment or tool: {hint}")


def _of_tool(config: Config, tool: str, python: str | None) -> Iterator[Environment]:
    """Yield the environments a tool makes, for one Python or for the configured ones."""
    if tool == "existing" or python == _SAME:
        yield _existing(python or _SAME)
        return
    tool = "uv" if tool in CONDA_LIKE else tool
    chosen = config.pythons if python is None else (python,)
    if _SAME in chosen:
        yield _existing(_SAME)
    chosen = tuple(version for version in chosen if version != _SAME)
    for combination in _combinations(config, tool, chosen, explicit=python is not None):
        yield _environment(config, tool, combination)


def _existing(python: str) -> Environment:
    """Return the environment of a Python as it is, given by path, by a program's name, or by version."""
    program = sys.executable if python == _SAME else shutil.which(python)
    path = Path(os.path.abspath(program)) if program else pythons.find(python)  # noqa: PTH100 - resolve() leaves a venv
    interpreter = pythons.ask(path) if path else None
    if interpreter is None:
        raise EnvironmentFailedError(f"-E existing:{python}: no working Python there: give the path of one")
    return Environment(tool="existing", python=interpreter.short, backend="existing", executable=str(path))


def _combinations(config: Config, tool: str, chosen: Sequence[str], *, explicit: bool) -> Iterator[Combination]:
    """Yield the matrix without what is excluded, then what is included; a Python asked for is never lost to rules."""
    keys = [(kind, name) for kind in KINDS for name in config.matrix.get(kind, {})]
    values = [config.matrix[kind][name] or ("",) for kind, name in keys]
    platform = {_TOOL: tool, _PLATFORM: sys.platform}
    rules = [_rule(config, raw) for raw in config.exclude]
    for python in chosen:
        left = 0
        for row in itertools.product(*values):
            combination: Combination = {_PYTHON: python, **dict(zip(keys, row, strict=True))}
            if not any(_matches({**combination, **platform}, rule) for rule in rules):
                left += 1
                yield combination
        if explicit and not left:
            yield {_PYTHON: python}
    for raw in () if explicit else config.include:
        included = _rule(config, raw)
        if not included.get(_PYTHON):
            raise UsageError(f'{config.source}: include rule {dict(raw)} lacks "python": add the version it is for')
        if _matches(platform, {key: value for key, value in included.items() if key in platform}):
            yield {key: value for key, value in included.items() if key not in platform}


def _rule(config: Config, raw: Mapping[str, Any]) -> dict[Key, str | None]:
    """Return an exclude or include rule by key; names that stand outside req, env, env_nobuild are requirements."""
    rule = {_BARE[name]: _text(value) for name, value in raw.items() if name in _BARE}
    rest = {name: value for name, value in raw.items() if name not in _BARE}
    kinds = rest if any(kind in rest for kind in KINDS) else {"req": rest}
    for kind, names in kinds.items():
        if kind not in KINDS or not isinstance(names, Mapping):
            raise UsageError(f"{config.source}: rule {dict(raw)}: {kind!r} must be a table in req, env or env_nobuild")
        rule |= {(kind, name): _text(value) for name, value in names.items()}
    return rule


def _text(value: object) -> str | None:
    """Return a rule's value as text, None for "absent"."""
    return None if value is None else str(value)


def _matches(target: Combination, rule: Combination) -> bool:
    """Return whether each value of the rule is a regular expression for the whole of the target's (None: absent)."""
    return all(_fits(target.get(key), pattern) for key, pattern in rule.items())


def _fits(value: str | None, pattern: str | None) -> bool:
    """Return whether one value fits; as in asv, only the first way an expression can match counts."""
    if value is None or pattern is None:
        return value is pattern
    try:
        match = re.match(pattern, value)
    except re.error as error:
        raise UsageError(f"exclude or include rule: {pattern!r} is no regular expression: {error}") from error
    return match is not None and match.end() == len(value)


def _environment(config: Config, tool: str, combination: Combination) -> Environment:
    """Return the environment of one combination."""
    wanted = {key: value for key, value in combination.items() if value is not None}
    # asv installs these of its own accord, the project's build requirements too, and so leaves them out of names
    left_out = {*_BY_ASV, *(f"pip+{one}" for one in build_requirements(config.root / "pyproject.toml"))}
    named = {key: value for key, value in wanted.items() if key[1] not in left_out}
    unnamed = {key: value for key, value in wanted.items() if key[1] in left_out}
    return Environment(
        tool=tool,
        python=wanted[_PYTHON],
        requirements=_pairs(named, "req"),
        unnamed=_pairs(unnamed, "req"),
        build_variables=_pairs(wanted, "env"),
        run_variables=_pairs(wanted, "env_nobuild"),
        backend=_BACKENDS.get(tool, tool),
    )


def _pairs(combination: Mapping[Key, str], kind: str) -> tuple[tuple[str, str], ...]:
    """Return (name, value) of one kind, sorted by name."""
    return tuple(sorted((name, value) for (of, name), value in combination.items() if of == kind))


def _unique(found: Iterator[Environment]) -> list[Environment]:
    """Return environments in order, each name once; two Pythons with one name cannot be told apart in results."""
    by_name: dict[str, Environment] = {}
    for one in found:
        other = by_name.setdefault(one.name, one)
        if other.executable != one.executable:
            raise UsageError(f"{other.executable} and {one.executable} are both called {one.name}: run them one by one")
    return list(by_name.values())
