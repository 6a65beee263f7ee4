"""Finds backends, detectors and reporters by name; built-in ones are registered like anybody else's."""

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from bench_runner.errors import UsageError


def names(group: str) -> list[str]:
    """Return the registered names of `bench_runner.<group>`, sorted."""
    return sorted(point.name for point in entry_points(group=f"bench_runner.{group}"))


def load(group: str, name: str) -> Any:
    """Return the object registered as `name` in `bench_runner.<group>`; UsageError names the nearest other one."""
    found = tuple(entry_points(group=f"bench_runner.{group}", name=name))
    if not found:
        known = names(group)
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
        raise UsageError(f"no {group.removesuffix('s')} named {name!r}: {hint}")
    return found[0].load()
