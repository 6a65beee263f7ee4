"""Steadies this host for a while."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_runner.runner.doctor import BOOST, GOVERNORS, NO_TURBO, Kernel


@dataclass(frozen=True, slots=True)
class Knob:
    """Files of the kernel's, and what to write into them."""

    name: str
    pattern: str
    value: str


KNOBS = (Knob("governor", GOVERNORS, "performance"), Knob("turbo", NO_TURBO, "1"), Knob("boost", BOOST, "0"))


@contextlib.contextmanager
def tuned(kernel: Kernel) -> Iterator[list[str]]:
    """Turn the knobs that may be turned, yield what was done in words, and put all back as it was; needs root."""
    before: list[tuple[Path, str]] = []
    try:
        yield [f"{knob.name} is {knob.value}" for knob in KNOBS if _turn(kernel, knob, before)]
    finally:
        for path, text in reversed(before):
            with contextlib.suppress(OSError):
                path.write_text(text)


def _turn(kernel: Kernel, knob: Knob, before: list[tuple[Path, str]]) -> bool:
    """Turn a knob where it is not turned, and remember what was there; False where nothing was to do, or allowed."""
    count = len(before)
    for path in sorted(kernel.root.glob(knob.pattern)):
        with contextlib.suppress(OSError):
            old = path.read_text().strip()
            if old != knob.value:
                path.write_text(knob.value)
                before.append((path, old))
    return len(before) > count
