"""Whether two results were taken on like things, and if not, what differs."""

import re
from collections.abc import Iterator, Mapping

from bench_runner.model.run import Fingerprint, Result, Run

# A list of differing distributions is cut here; the full ones stand in the result files.
NAMED = 3


def unlike(before: tuple[Run, Result], after: tuple[Run, Result], project: str = "") -> str:
    """Return why two results must not be compared, "" when they may; what one of them does not tell cannot differ.

    `project` is the measured distribution itself: its version is what the comparison is about.
    """
    (old_run, old), (new_run, new) = before, after
    if old.version and new.version and old.version != new.version:
        return "the benchmark itself was changed between the two"
    old_key, new_key = ((result.protocol or run.protocol).key for run, result in (before, after))
    if old_key != new_key:
        return f"measured in different ways: {old_key} / {new_key}"
    return "; ".join(
        differences(old.fingerprint or old_run.fingerprint, new.fingerprint or new_run.fingerprint, project)
    )


def differences(old: Fingerprint, new: Fingerprint, project: str, *, kernel: bool = False) -> Iterator[str]:
    """Yield what differs of CPU, Python build and distributions, and of the kernel where that is asked for."""
    kernels = (("kernel", old.kernel, new.kernel),) if kernel else ()
    for word, a, b in (("CPU", old.cpu, new.cpu), *kernels, ("Python", old.python, new.python)):
        if a and b and a != b:
            yield f"{word}: {a} / {b}"
    if old.distributions and new.distributions:
        before, after = _plain(old.distributions), _plain(new.distributions)
        differing = sorted(
            name
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name) and name != _name(project)
        )
        if differing:
            named = [f"{name} {before.get(name, 'none')} / {after.get(name, 'none')}" for name in differing[:NAMED]]
            rest = len(differing) - NAMED
            yield ", ".join(named) + (f" and {rest} more" if rest > 0 else "")


def _plain(distributions: Mapping[str, str]) -> dict[str, str]:
    """Return distributions under their normalised names."""
    return {_name(name): version for name, version in distributions.items()}


def _name(distribution: str) -> str:
    """Return a distribution's name as package indexes normalise it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
