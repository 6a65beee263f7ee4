"""Loads asv_runner's kinds of benchmarks without reading about every distribution that is installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

_METADATA = "importlib.metadata"
_OTHERS = "asv_bench"  # how distributions are called that bring kinds of their own


def load() -> None:
    """Import the kinds, as asv_runner does once in each process by reading about all distributions: up to 0.1 CPU-s.

    Only where one may bring kinds are they read; elsewhere asv_runner is told that there are none.
    """
    if _METADATA in sys.modules or sys.version_info < (3, 8) or any(map(_has_others, sys.path)):
        return  # the engine loads them as it is imported
    none = ModuleType(_METADATA)
    none.distributions = lambda: ()  # type: ignore[attr-defined]
    sys.modules[_METADATA] = none
    try:
        import asv_runner.benchmarks  # noqa: F401 - what counts is that it is loaded
    finally:
        del sys.modules[_METADATA]


def _has_others(place: str) -> bool:
    """Return whether a place on the module search path may hold such a distribution; archives are not looked into."""
    try:
        names = os.listdir(place or ".")  # noqa: PTH208 - hundreds of names, of which a path each would be made
    except OSError:
        return Path(place).is_file()
    return any(name.lower().replace("-", "_").startswith(_OTHERS) for name in names)
