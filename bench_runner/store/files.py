"""The results directory: one file per run, written so that a kill at any moment loses nothing that was finished."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from bench_runner.errors import StoreError
from bench_runner.instrument.spans import span
from bench_runner.model.benchmark import Benchmark
from bench_runner.model.machine import Machine
from bench_runner.model.run import Run
from bench_runner.store import jsonfile
from bench_runner.store.asv_entries import API_VERSION as BENCHMARKS_VERSION
from bench_runner.store.asv_entries import write_entry
from bench_runner.store.asv_format import Document
from bench_runner.store.asv_update import update
from bench_runner.store.documents import (
    document,
    document_or_aside,
    entries_or_aside,
    load_benchmarks,
    load_machine,
    run_of,
    same_commit,
    sha_of,
    sound,
)
from bench_runner.store.fields import unicode
from bench_runner.store.jsonfile import Damage
from bench_runner.store.layout import (
    BENCHMARKS,
    MACHINE,
    PRIVATE,
    RESERVED,
    RESULT_FILE,
    machine_folder,
    run_file,
)
from bench_runner.store.published import published

_MACHINE_VERSION = 1
_PATIENCE_S = 120.0  # another program holds the lock for well under a second
_FULL = 64  # digits of the longest sha


class Store:
    """All results below one directory; `damaged` collects what reading had to leave out."""

    def __init__(self, results: Path, root: Path | None = None) -> None:
        """Open it; `root` is the folder of the project, which is not told to those who read the results."""
        self.results, self.root = results, root
        self.damaged: list[Damage] = []

    def add(self, run: Run, *, benchmarks: Iterable[Benchmark]) -> Path:
        """Store a run beside what its file already holds; return the file. Two programs may do so at once.

        `benchmarks` must hold those of the results, and may hold all of the suite. Raises StoreError (nothing is lost
        then) when something cannot be written or was written by a newer program; an unreadable old file is set aside.
        """
        known = _by_name(benchmarks)
        with span("save"), self.writing() as scratch:
            path, old = self._old(run)
            self._put(path, old, run, known, scratch)
        return path

    def renew(self, blank: Run, make: Callable[[Run], tuple[Run, Iterable[Benchmark]] | None]) -> Path:
        """Store what `make` makes of the run that is stored, or of `blank` where there is none; return the file.

        Nobody else writes meanwhile. None from `make` leaves all as it is. Raises as `add` does.
        """
        with span("save"), self.writing() as scratch:
            path, old = self._old(blank)
            made = make(old.run() if old else blank)
            if made is not None:
                self._put(path, old, made[0], _by_name(made[1]), scratch)
        return path

    def load(self, path: Path) -> Run:
        """Return the run in a file; StoreError names the file, what is wrong and what to do."""
        return run_of(path, self.document(path))

    def document(self, path: Path) -> Document:
        """Return a result file taken apart, its runs not yet read; StoreError as from `load`."""
        return document(jsonfile.read_bytes(path), path)

    def paths(self, machine: str | None = None) -> list[Path]:
        """Return the result files of one machine or all, sorted; what merely lies there is not among them."""
        folders = self.folders() if machine is None else [machine_folder(self.results, machine)]
        found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
        return sorted(path for path in found if RESULT_FILE.fullmatch(path.name))

    def folders(self) -> list[Path]:
        """Return the folders of machines, sorted."""
        if not self.results.is_dir():
            return []
        return sorted(
            path
            for path in self.results.iterdir()
            if path.is_dir() and path.name[0] != "." and path.name not in RESERVED
        )

    def runs(self, machine: str | None = None, shas: Collection[str] | None = None) -> Iterator[Run]:
        """Yield the runs of one machine or all, and of some commits (full shas) or all.

        Damaged files are skipped and collected in `damaged`.
        """
        for path in self._of(machine, shas):
            with self._collecting(path):
                run = self.load(path)
                if shas is None or run.commit_sha in shas:
                    yield run

    def _of(self, machine: str | None, shas: Collection[str] | None) -> list[Path]:
        """Return the files that may hold runs of these commits, or of all."""
        begins = None if shas is None else {sha[:8] for sha in shas}
        return [path for path in self.paths(machine) if begins is None or path.name[:8] in begins]

    def find(self, sha: str, environment_name: str, machine: str) -> Run | None:
        """Return the run of a commit (full sha), None when there is none that can be read, and `add` would make one.

        Raises StoreError for a file in another format.
        """
        for digits in (8, _FULL):
            path = machine_folder(self.results, machine) / run_file(sha, environment_name, digits)
            if path.is_file() and same_commit(path, sha):
                found = sound(path)
                return run_of(path, found) if found else None
        return None

    def shas(self, machine: str | None = None) -> set[str]:
        """Return the commits that have a result file, from the first line of each."""
        return {sha for path in self.paths(machine) if (sha := sha_of(path))}

    def benchmarks(self) -> dict[str, Benchmark]:
        """Return every benchmark that was ever stored, as last discovered.

        What the list lacks because it is damaged, or missing beside results, is collected in `damaged`.
        """
        found, damages = load_benchmarks(self._list)
        if self._list.is_file() or self.paths():
            self.damaged += damages
        return found

    def machines(self) -> list[Machine]:
        """Return the machines with a readable machine.json, sorted by name; others are collected in `damaged`."""
        found = []
        for folder in self.folders():
            path = folder / MACHINE
            if path.is_file():
                with self._collecting(path):
                    found.append(load_machine(path))
        return found

    def save_benchmarks(self, benchmarks: Iterable[Benchmark]) -> None:
        """Unite the list with benchmarks as discovered now; a damaged list is set aside and written again.

        Raises StoreError for a list in another format, and when it cannot be written.
        """
        with self.writing() as scratch:
            self._save_benchmarks(_by_name(benchmarks), scratch)

    def save_machine(self, machine: Machine) -> None:
        """Write the facts of a machine into its folder."""
        with self.writing() as scratch:
            self._save_machine(machine, scratch)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the one lock of the results; yields the folder for unfinished files, cleared of what a kill left."""
        scratch = self.results / PRIVATE
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            if not (scratch / ".gitignore").is_file():
                (scratch / ".gitignore").write_text("*\n")
            lock = FileLock(scratch / "lock", timeout=_PATIENCE_S)
            lock.acquire()
        except OSError as cause:
            hint = "wait for the other bench-runner" if isinstance(cause, Timeout) else "make it writable"
            raise StoreError(f"{self.results}: cannot be locked for writing ({cause}): {hint}") from cause
        try:
            for left in scratch.glob("*.tmp"):
                left.unlink(missing_ok=True)
            yield scratch
        finally:
            lock.release()

    @property
    def _list(self) -> Path:
        return self.results / BENCHMARKS

    def _put(self, path: Path, old: Document | None, run: Run, known: Mapping[str, Benchmark], scratch: Path) -> None:
        """Write a run beside what its file holds, its machine and benchmarks first."""
        content = update(old, published(run, self.root), known)
        self._save_machine(run.machine, scratch)
        self._save_benchmarks(known, scratch)
        jsonfile.write(path, content, scratch, compact=True)

    def _save_benchmarks(self, known: Mapping[str, Benchmark], scratch: Path) -> None:
        """Unite benchmarks.json with what is known now; names are never dropped, the newest description wins."""
        old, damages = entries_or_aside(self._list)
        self.damaged += damages
        new = old | {name: write_entry(benchmark) for name, benchmark in known.items()}
        if new != old or not self._list.is_file():
            jsonfile.write(self._list, {**new, "version": BENCHMARKS_VERSION}, scratch)

    def _save_machine(self, machine: Machine, scratch: Path) -> None:
        """Write machine.json where it is missing, damaged, or says something else."""
        path = machine_folder(self.results, machine.machine) / MACHINE
        try:
            same = load_machine(path) == machine
        except StoreError:
            same = False
        if not same:
            jsonfile.write(path, {**machine.fields(), "version": _MACHINE_VERSION}, scratch)

    def _old(self, run: Run) -> tuple[Path, Document | None]:
        """Return the file of a run and what it holds.

        Another commit with the same first digits keeps its file, and this one's name then has all digits.
        """
        folder = machine_folder(self.results, run.machine.machine)
        path = folder / run_file(run.commit_sha, run.environment.name)
        if path.is_file() and not same_commit(path, run.commit_sha):
            path = folder / run_file(run.commit_sha, run.environment.name, _FULL)
        return path, document_or_aside(path) if path.is_file() else None

    @contextlib.contextmanager
    def _collecting(self, path: Path) -> Iterator[None]:
        """Turn the error of one file into a Damage."""
        try:
            yield
        except StoreError as error:
            self.damaged.append(Damage.of(path, error))


def _by_name(benchmarks: Iterable[Benchmark]) -> dict[str, Benchmark]:
    """Return benchmarks by name; StoreError for one that cannot be written."""
    return {unicode(one.name, "benchmark name"): one for one in benchmarks}
