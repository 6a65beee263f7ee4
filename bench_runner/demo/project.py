"""Writes the demo project: a small real git repository whose changes of speed and size are known."""

import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench_runner.demo import story
from bench_runner.demo.story import Edit
from bench_runner.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Kind = Literal["step", "memory", "recovered", "unbuildable", "timeout"]

COMMITS = 30
CONTROLS = ("speed.time_split", "speed.TimeFold.time_fold", "speed.TimeUnpack.time_unpack", "size.track_folding")
_MENDED_AFTER = 9
_HANGS_FOR = 2
_ENDS = range(8, 23)  # so that every level has at least eight commits on its outer side
_START = 1740988800  # 2025-03-03, 08:00 UTC
_AUTHORS = (("Ada Quill", "ada@example.org"), ("Ben Folio", "ben@example.org"), ("Cyn Vellum", "cyn@example.org"))


@dataclass(frozen=True, slots=True)
class Effect:
    """What one commit does to one benchmark: `ratio` = after / before, NaN where there is none; "" is every benchmark.

    `until` is the sha of the commit that takes it back, "" for an effect that stays.
    """

    kind: Kind
    commit: str
    benchmark: str
    ratio: float
    until: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was put in: all shas oldest first, the effects, and the benchmarks that never change."""

    commits: tuple[str, ...]
    effects: tuple[Effect, ...]
    controls: tuple[str, ...] = CONTROLS


@dataclass(frozen=True, slots=True)
class Places:
    """At which commits (0 is the first) the effects begin; the others follow from them."""

    step: int
    small: int
    memory: int
    slower: int
    broken: int
    hangs: int

    @property
    def edits(self) -> dict[int, Edit]:
        """The edits that matter, by commit."""
        return {
            self.step: story.STEP,
            self.small: story.SMALL,
            self.memory: story.MEMORY,
            self.slower: story.SLOWER,
            self.slower + _MENDED_AFTER: story.MENDED,
            self.broken: story.BROKEN,
            self.broken + 1: story.REPAIRED,
            self.hangs: story.HANGS,
            self.hangs + _HANGS_FOR: story.RETURNS,
        }

    @property
    def apart(self) -> bool:
        """Whether every level begins at a commit of its own, with measured neighbours that belong to no other one."""
        levels = (self.step, self.small, self.memory, self.slower, self.slower + _MENDED_AFTER)
        near = any(abs(a - b) < 2 for a, b in combinations(levels, 2))
        return not near and len(self.edits) == 9 and self.broken != self.hangs + 1


def places(seed: int) -> Places:
    """Draw where the effects begin."""
    rng = random.Random(seed)  # noqa: S311 - places, no secrets
    while True:
        ends = rng.sample(_ENDS, 3)
        slower = rng.choice(_ENDS[:-_MENDED_AFTER])
        drawn = Places(ends[0], ends[1], ends[2], slower, broken=rng.randrange(4, 26), hangs=rng.randrange(3, 26))
        if drawn.apart:
            return drawn


def write(folder: Path, *, seed: int = 0) -> Truth:
    """Make the repository in `folder`, which must be empty or absent; the same seed gives the same shas."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty: name a new folder for the demo project")
    folder.mkdir(parents=True, exist_ok=True)
    where = places(seed)
    _git(folder, "init", "--quiet", "--initial-branch=main", "--object-format=sha1")
    _git(folder, "fast-import", "--quiet", "--date-format=raw", stream=b"".join(_stream(where, seed)))
    _git(folder, "reset", "--quiet", "--hard", "main")
    return truth_of(folder, seed=seed)


def truth_of(folder: Path, *, seed: int = 0) -> Truth:
    """Return what was put into the repository in `folder`; UsageError when it was not written here with this seed."""
    where = places(seed)
    log = _git(folder, "log", "--reverse", "--first-parent", "--format=%H %s", "main", "--").decode().splitlines()
    commits = [line.partition(" ") for line in log[:COMMITS]]
    subjects = {index: subject for index, (_, _, subject) in enumerate(commits)}
    if any(subjects.get(index) != edit.subject for index, edit in where.edits.items()):
        raise UsageError(f"{folder} does not hold the demo project of seed {seed}: name a new folder, or its own seed")
    shas = [sha for sha, _, _ in commits]
    return Truth(tuple(shas), _effects(where, shas))


def _effects(where: Places, shas: list[str]) -> tuple[Effect, ...]:
    """Say what was put in, in the order of the issue: two steps, memory, the mended one, what breaks, what hangs."""
    none = float("nan")
    mended, repaired, returns = where.slower + _MENDED_AFTER, where.broken + 1, where.hangs + _HANGS_FOR
    return (
        Effect("step", shas[where.step], "speed.time_score", 1.3),
        Effect("step", shas[where.small], "speed.time_wrap", 27 / 25),
        Effect("memory", shas[where.memory], "size.peakmem_index", 1.4),
        Effect("recovered", shas[where.slower], "speed.time_merge", 1.25, shas[mended]),
        Effect("unbuildable", shas[where.broken], "", none, shas[repaired]),
        Effect("timeout", shas[where.hangs], "speed.time_fit", none, shas[returns]),
    )


def _stream(where: Places, seed: int) -> Iterator[bytes]:
    """Yield the history in git's fast-import format."""
    rng = random.Random(f"dates {seed}")  # noqa: S311 - dates, no secrets
    tree = dict(_first_tree())
    time = _START
    yield _commit("Lay out, search and store plain text", tree, time, 0)
    everyday = iter(story.EVERYDAY)
    for index in range(1, COMMITS):
        edit = where.edits.get(index) or next(everyday)
        tree[edit.path] = _edited(tree.get(edit.path, ""), edit)
        time += rng.randrange(5 * 3600, 50 * 3600)
        yield _commit(edit.subject, {edit.path: tree[edit.path]}, time, rng.randrange(len(_AUTHORS)))
        if edit.subject.startswith("Release "):
            yield f"reset refs/tags/v{edit.subject.removeprefix('Release ')}\nfrom refs/heads/main\n\n".encode()


def _edited(text: str, edit: Edit) -> str:
    """Apply an edit; the text it replaces must be there."""
    if not edit.old:
        return text + edit.new
    assert text.count(edit.old) == 1, f"{edit.subject}: {edit.old!r} is not once in {edit.path}"
    return text.replace(edit.old, edit.new)


def _commit(subject: str, changed: dict[str, str], time: int, author: int) -> bytes:
    """One commit on main that changes these files."""
    name, address = _AUTHORS[author]
    who = f"{name} <{address}> {time} +0000"
    head = f"commit refs/heads/main\nauthor {who}\ncommitter {who}\n{_data(subject)}"
    return (head + "".join(f"M 100644 inline {path}\n{_data(text)}" for path, text in changed.items())).encode()


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _first_tree() -> Iterator[tuple[str, str]]:
    """Yield the files of the first commit: paths without the ".txt" they are kept with."""
    folders: list[tuple[str, Traversable]] = [("", files("bench_runner.demo") / "tree")]
    while folders:
        prefix, folder = folders.pop()
        for entry in sorted(folder.iterdir(), key=lambda each: each.name):
            if entry.is_dir():
                folders.append((f"{prefix}{entry.name}/", entry))
            elif entry.name.endswith(".txt"):
                name = entry.name.removesuffix(".txt")
                yield prefix + (".gitignore" if name == "gitignore" else name), entry.read_text(encoding="utf-8")


def _git(folder: Path, *arguments: str, stream: bytes = b"") -> bytes:
    """Run git in `folder` without the user's configuration, which could change what is written."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=clean, input=stream, capture_output=True, check=False)
    if done.returncode:
        raise UsageError(f"git {arguments[0]} failed in {folder}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
