"""What the detector found in the points of series, kept from one time to the next."""

import hashlib
import io
import json
from collections.abc import Iterator, MutableMapping
from dataclasses import asdict
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np

from bench_runner import stats
from bench_runner.model.change import Drift, Examined, Step
from bench_runner.stats.changepoints import Checked
from bench_runner.stats.watch import Watch
from bench_runner.store import cache as kept
from bench_runner.store.files import Store

FORMAT = 1
_NUMBERS = ("level", "noise", "inflation", "back", "lasts")


class Examinations(MutableMapping[bytes, Checked]):
    """Findings by the digest of their points; `save` keeps those that were asked for since.

    They hold for the detector that made them: with other sources of ours nothing is known.
    """

    def __init__(self, store: Store, cache: Path | None = None) -> None:
        self._place, self._head = kept.place(store, cache, "examined", "npz"), f"examined {FORMAT} {_sources()}"
        self._old = _Old(kept.read(self._place, self._head))
        self._asked: dict[bytes, Checked] = {}
        self._news = False

    def __getitem__(self, digest: bytes) -> Checked:
        if digest not in self._asked:
            self._asked[digest] = self._old[digest]
        return self._asked[digest]

    def __setitem__(self, digest: bytes, found: Checked) -> None:
        self._asked[digest] = found
        self._news = True

    def __delitem__(self, digest: bytes) -> None:
        self._asked.pop(digest, None)
        self._old.rows.pop(digest, None)

    def __iter__(self) -> Iterator[bytes]:
        return iter({**self._old.rows, **self._asked})

    def __len__(self) -> int:
        return len({**self._old.rows, **self._asked})

    def __contains__(self, digest: object) -> bool:
        return digest in self._asked or digest in self._old.rows

    def save(self) -> None:
        """Keep what was asked for, if any of it is new."""
        if not self._news:
            return
        body = io.BytesIO()
        found = list(self._asked.values())
        numbers = [[getattr(one.watch, name) for name in _NUMBERS] for one in found]
        logs = [one.watch.log for one in found if one.watch.log is not None]
        words = [_words(one) for one in found]
        np.savez(
            body,
            digests=np.frombuffer(b"".join(self._asked), dtype=np.uint8),
            numbers=np.array(numbers, dtype=np.float64),
            logs=np.array(logs, dtype=np.float32),
            words=np.frombuffer(json.dumps(words).encode(), dtype=np.uint8),
        )
        kept.write(self._place, self._head, body.getbuffer())
        self._news = False


class _Old:
    """What was kept, each read when it is asked for."""

    def __init__(self, body: memoryview | None) -> None:
        self.rows: dict[bytes, int] = {}
        if body is None:
            return
        with np.load(io.BytesIO(body), allow_pickle=False) as found:
            digests, self._numbers, self._logs = found["digests"].tobytes(), found["numbers"], found["logs"]
            self._words: list[Any] = json.loads(found["words"].tobytes())
        self.rows = {digests[16 * row : 16 * (row + 1)]: row for row in range(len(self._words))}
        varies = np.array([one["varies"] for one in self._words], dtype=bool)
        self._log = np.cumsum(varies) - 1

    def __getitem__(self, digest: bytes) -> Checked:
        row = self.rows[digest]
        words = self._words[row]
        level, noise, inflation, back, lasts = self._numbers[row].tolist()
        log = self._logs[self._log[row]] if words["varies"] else None
        watch = Watch(words["unit"], level, noise, log, inflation, int(back), int(lasts))
        steps = tuple(_step(one) for one in words["steps"])
        drifts = tuple(Drift(**one) for one in words["drifts"])
        return Checked(Examined(steps, tuple(words["states"]), drifts), tuple(words["places"]), watch)


def _step(words: dict[str, Any]) -> Step:
    """Return a step from what JSON kept of it."""
    return Step(**{**words, "warnings": tuple(words["warnings"]), "chances": tuple(words["chances"])})


def _words(one: Checked) -> dict[str, Any]:
    """Return what is no row of numbers, for JSON."""
    steps = [asdict(step) for step in one.examined.steps]
    drifts = [asdict(drift) for drift in one.examined.drifts]
    told = {"steps": steps, "states": one.examined.states, "drifts": drifts, "places": one.places}
    return {**told, "unit": one.watch.unit, "varies": one.watch.log is not None}


@once
def _sources() -> str:
    """Return a digest of the sources that decide what is found."""
    files = sorted(Path(stats.__path__[0]).glob("*.py"))
    return hashlib.blake2b(b"".join(one.read_bytes() for one in files), digest_size=8).hexdigest()
