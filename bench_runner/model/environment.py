"""An environment: the recipe in which commits are measured."""

import hashlib
import re
from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]

_FORBIDDEN = re.compile(r'[<>:"/\\^|?*\x00-\x1f]')
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"COM{i}" for i in range(1, 10)), *(f"LPT{i}" for i in range(1, 10))}


@dataclass(frozen=True, slots=True)
class Environment:
    """Tool, Python (version or path), requirements (name, version or ""), variables seen by builds or only by runs.

    `tool` is the word of the configuration (uv, virtualenv, existing ...) and the first part of the name;
    `backend` is the plug-in that realises it. All pairs are sorted by name. `label` is the name in a file that was
    written by other rules than ours, else "". `unnamed` requirements are installed too but, as with asv, left out of
    the name. `executable` is the path of an interpreter used as it is; it may hold a home folder and is never stored.
    """

    tool: str
    python: str
    requirements: Pairs = ()
    build_variables: Pairs = ()
    run_variables: Pairs = ()
    backend: str = "uv"
    label: str = ""
    unnamed: Pairs = ()
    executable: str = ""

    @property
    def name(self) -> str:
        """The name asv gives the same recipe, so that both tools meet in one file: "uv-py3.11-numpy2.0"."""
        if self.label:
            return self.label
        parts = [self.tool, self.python if self.python.startswith("pypy") else f"py{self.python}"]
        parts += [name + version for name, version in self.requirements]
        parts += [name + value for name, value in sorted(dict(self.variables).items())]
        return _file_name("-".join(part for part in parts if part))

    @property
    def folder(self) -> str:
        """A short name on disk; recipes that differ only in run variables share one installation."""
        recipe = (self.tool, self.python, self.executable, self.requirements, self.unnamed, self.build_variables)
        return hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]

    @property
    def variables(self) -> Pairs:
        """Everything that a benchmark sees, build variables first."""
        return self.build_variables + self.run_variables


def _file_name(name: str) -> str:
    """Return a name without characters a file system refuses (asv's rule: they become "_")."""
    safe = _FORBIDDEN.sub("_", name)
    return safe + "_" if safe.upper() in _RESERVED else safe
