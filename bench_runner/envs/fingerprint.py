"""Tells what numbers are taken on: CPU model, kernel, Python build, installed distributions; nothing about the user."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench_runner import host
from bench_runner.envs import process
from bench_runner.envs.variables import inherited
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.run import Fingerprint

# Runs in the measured Python, from 3.7 on. Of the flags that Python was configured with only those that change its
# speed are told: the others hold paths.
_QUESTION = """
import json, os, platform, sys, sysconfig
flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
words = [word for word in ("--enable-optimizations", "--with-lto", "--with-pydebug", "--disable-gil") if word in flags]
print(json.dumps({
    "python": " ".join([platform.python_implementation()] + sys.version.split() + words),
    "places": [os.path.abspath(entry) for entry in sys.path if os.path.isdir(entry)],
}))
"""
_ASKING_S = 60.0
_METADATA = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What a Python has said of itself; `places` are the folders where it finds distributions.

    `named` are the files, with their times in ns, by which it may be told of other places.
    """

    python: str
    places: tuple[Path, ...]
    named: frozenset[tuple[Path, int]]

    @property
    def current(self) -> bool:
        """Whether what it has said still holds: it may have been told of other places since."""
        return self.named == _naming(self.places)

    def fingerprint(self) -> Fingerprint:
        """Return the fingerprint of this Python, on this machine, as it is now."""
        found = dict(one for place in reversed(self.places) for one in _distributions(place))
        return Fingerprint(
            cpu=host.cpu(), kernel=host.kernel(), python=self.python, distributions=dict(sorted(found.items()))
        )


def ask(python: Path, variables: Mapping[str, str] | None = None) -> Interpreter:
    """Return what a Python on this machine says of itself; EnvironmentFailedError when it does not run."""
    output = process.must(
        f"start of {python.name}",
        [str(python), "-c", _QUESTION],
        folder=python.parent,
        variables=inherited(variables),
        timeout=_ASKING_S,
    )
    try:
        said = json.loads(output.strip().rpartition("\n")[2])
        places = tuple(map(Path, said["places"]))
        return Interpreter(said["python"], places, _naming(places))
    except (ValueError, LookupError, TypeError) as error:
        raise EnvironmentFailedError(f"{python} does not answer as a Python does: remove its environment") from error


def take(python: Path) -> Fingerprint:
    """Return the fingerprint of a Python that nothing is known of yet; EnvironmentFailedError when it does not run."""
    return ask(python).fingerprint()


def _naming(places: tuple[Path, ...]) -> frozenset[tuple[Path, int]]:
    """Return the files in which places name further ones."""
    return frozenset((one, one.stat().st_mtime_ns) for place in places for one in place.glob("*.pth"))


def _distributions(place: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of the distributions in a place; of two with one name the last counts."""
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        inside = _METADATA.get(folder.suffix)
        if inside and (folder / inside).is_file():
            facts = _header(folder / inside)
            if facts.get("name"):
                yield facts["name"], facts.get("version", "")


def _header(path: Path) -> dict[str, str]:
    """Return the fields of a metadata file, up to its description."""
    found: dict[str, str] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, colon, value = line.partition(":")
            if not line.strip() or not colon:
                break
            found[name.lower()] = value.strip()
    return found
