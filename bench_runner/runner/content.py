"""Tells the content of a folder by the digests of its files, reading only those that may have changed."""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_UNREAD = ("__pycache__", ".git")
_RECENT_NS = 2_000_000_000  # a file may change twice within one tick of a coarse clock
_DIGEST = 16


@dataclass(frozen=True, slots=True)
class File:
    """A file as last read: its size, its last change in ns, its inode, and the digest of its content."""

    size: int
    changed_ns: int
    inode: int
    digest: str


Files = Mapping[str, File]


def content(folder: Path, before: Files, read_ns: int, apart: Collection[Path] = ()) -> dict[str, File]:
    """Return all files below a folder, links followed, those in the folders `apart` left out; OSError as it comes.

    What stands in `before`, read at `read_ns` (since 1970), is not read again when it is older and looks the same.
    """
    found = {}
    for path in _paths(folder, {one.resolve() for one in apart}):
        name = os.path.relpath(path, folder)
        found[name] = _link(path) if path.is_dir() else _file(path, before.get(name), read_ns - _RECENT_NS)
    return found


def same(one: Files, other: Files) -> bool:
    """Whether two folders hold the same, whenever it was written."""
    return {name: file.digest for name, file in one.items()} == {name: file.digest for name, file in other.items()}


def _file(path: Path, before: File | None, sure_ns: int) -> File:
    """Return a file; `before`, where it looks the same and changed last before `sure_ns`."""
    now = path.stat()
    stamp = (now.st_size, now.st_mtime_ns, now.st_ino)
    if before and (before.size, before.changed_ns, before.inode) == stamp and now.st_mtime_ns < sure_ns:
        return before
    return File(*stamp, hashlib.blake2b(path.read_bytes(), digest_size=_DIGEST).hexdigest())


def _link(folder: Path) -> File:
    """Return what stands for a linked folder itself, which may lead back to where it lies."""
    return File(0, 0, 0, str(folder.resolve()))


def _paths(folder: Path, apart: Collection[Path]) -> Iterator[Path]:
    """Yield the files and the linked folders below a folder; each real folder is looked into once."""
    seen = {folder.resolve(), *apart}
    for place, folders, names in os.walk(folder, followlinks=True, onerror=_raised):
        here = Path(place)
        inside = {one: (here / one).resolve() for one in folders if one not in _UNREAD}
        yield from (here / one for one in inside if (here / one).is_symlink())
        folders[:] = [one for one, real in inside.items() if real not in seen]
        seen.update(inside.values())
        yield from (here / name for name in names if (here / name).is_file())


def _raised(error: OSError) -> None:
    """Let nothing be passed over: what cannot be looked into may hold anything."""
    raise error
