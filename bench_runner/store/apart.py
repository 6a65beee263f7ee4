"""Results that are kept apart from the history: read beside it, and not kept for long."""

from pathlib import Path

from bench_runner.model.benchmark import Benchmark
from bench_runner.store.files import Store


class Beside(Store):
    """Results for reading, followed by those in a second place, of which nothing is ever written."""

    def __init__(self, results: Path, apart: Path) -> None:
        super().__init__(results)
        self._apart = Store(apart)
        self._apart.damaged = self.damaged

    def paths(self, machine: str | None = None) -> list[Path]:
        """Return the result files of both places."""
        return [*super().paths(machine), *self._apart.paths(machine)]

    def benchmarks(self) -> dict[str, Benchmark]:
        """Return the benchmarks of both places; the results' own description wins."""
        return self._apart.benchmarks() | super().benchmarks()


def keep_last(store: Store, commits: int) -> None:
    """Remove the results of all but the `commits` that were measured last."""
    measured: dict[str, float] = {}
    files = {path: path.name.partition("-")[0] for path in store.paths()}
    for path, sha in files.items():
        measured[sha] = max(measured.get(sha, 0.0), path.stat().st_mtime)
    kept = sorted(measured, key=lambda sha: measured[sha], reverse=True)[:commits]
    old = [path for path, sha in files.items() if sha not in kept]
    if old:
        with store.writing():
            for path in old:
                path.unlink(missing_ok=True)
