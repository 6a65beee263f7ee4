"""Files that spare work and may be thrown away at any moment: missing, old or damaged ones are as if they were not."""

import contextlib
import hashlib
import secrets
from pathlib import Path

from bench_runner.store.files import Store

_DIGEST = 32


def place(store: Store, cache: Path | None, kind: str, suffix: str) -> Path:
    """Return the file of some kind that belongs to a results directory; `cache` is a folder, the user's own if None."""
    if cache is None:
        from platformdirs import user_cache_path

        cache = user_cache_path("bench-history", appauthor=False)
    name = hashlib.sha256(str(store.results.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]
    return cache / kind / f"{name}.{suffix}"


def read(path: Path, head: str) -> memoryview | None:
    """Return what was kept under the same head; None where there is no such file, or it is damaged."""
    try:
        content = memoryview(path.read_bytes())
    except OSError:
        return None
    begins = f"bench-history {head}\n".encode()
    start = len(begins) + _DIGEST
    body = content[start:]
    return body if content[:start] == begins + hashlib.blake2b(body, digest_size=_DIGEST).digest() else None


def write(path: Path, head: str, body: bytes | memoryview) -> None:
    """Keep something for the next time, if that is possible: what cannot be kept costs time, nothing else."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(f"bench-history {head}\n".encode() + hashlib.blake2b(body, digest_size=_DIGEST).digest())
            file.write(body)
        temporary.replace(path)
