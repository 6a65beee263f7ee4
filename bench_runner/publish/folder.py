"""Keeps a folder of generated files: touches only what changed, and never what it did not write.

A list of everything written stands in the folder. New content is laid beside its place first; when all of it is there,
files that did not exist are renamed into place, then those that did, in the order in which they came. What is gone is
removed at the end. So an interruption leaves the former site, or a mixture in which every link still leads somewhere.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bench_runner.errors import UsageError

LIST = "data/manifest.json"
_GENERATED = (LIST, "asv.js")  # marks of a folder whose pages may be replaced: ours with a damaged list, and asv's


@dataclass
class Folder:
    """A folder, and what of it is ours; paths are relative, with slashes."""

    root: Path
    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    _ours: set[str] = field(default_factory=set)
    _wanted: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def claim(self, wanted: set[str]) -> None:
        """Enter what will be written into the list, before any of it exists; UsageError where another's file stands."""
        self._ours = self._listed()
        self._wanted = wanted | {LIST}
        foreign = sorted(path for path in self._wanted - self._ours if (self.root / path).exists())
        if foreign and not any((self.root / mark).exists() for mark in _GENERATED):
            place = self.root / foreign[0]
            raise UsageError(f"{place} was not written by publish: remove it, or choose another folder with -o")
        self._list(self._ours | self._wanted)

    def put(self, path: str, text: str) -> None:
        """Lay a file beside its place when its content is new; the second of one path is ignored."""
        if path in self._seen:
            return
        self._seen.add(path)
        place, content = self.root / path, text.encode()
        if place.is_file() and place.read_bytes() == content:
            self.kept.append(path)
        else:
            _lay(place, content)
            self.written.append(path)

    def finish(self) -> list[str]:
        """Rename everything into place and return what was removed."""
        for path in sorted(self.written, key=lambda path: (self.root / path).exists()):
            place = self.root / path
            _draft(place).replace(place)
        gone = sorted(self._ours - self._wanted)
        for path in gone:
            (self.root / path).unlink(missing_ok=True)
        for path in self._ours:
            _draft(self.root / path).unlink(missing_ok=True)
        self._list(self._wanted)
        return gone

    def _listed(self) -> set[str]:
        """Return what the list holds; an unreadable one claims nothing but itself."""
        try:
            paths = json.loads((self.root / LIST).read_bytes())["files"]
            return {path for path in paths if _inside(path)} | {LIST}
        except (OSError, ValueError, KeyError, TypeError):
            return {LIST}

    def _list(self, paths: set[str]) -> None:
        """Write the list when it differs."""
        content = json.dumps({"schema": 1, "files": sorted(paths)}, indent=0).encode() + b"\n"
        place = self.root / LIST
        if not place.is_file() or place.read_bytes() != content:
            _lay(place, content)
            _draft(place).replace(place)


def _lay(place: Path, content: bytes) -> None:
    """Write the content of a file beside its place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _draft(place).write_bytes(content)


def _draft(place: Path) -> Path:
    """Return where a file waits for being renamed."""
    return place.with_name(f".{place.name}.new")


def _inside(path: object) -> bool:
    """Return whether a listed path stays below the folder."""
    return isinstance(path, str) and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
