"""Asks a commit for what a benchmark needs of it: commits from before that are skipped, not failed."""

from contextlib import suppress
from importlib import import_module


def need(*names):
    """Return objects by "module:name" below bench_runner; NotImplementedError, which skips, where one is missing.

    What moved from one module to another has both places, "now:name|before:name".
    """
    found = [_one(name) for name in names]
    return found[0] if len(names) == 1 else found


def _one(names):
    for name in names.split("|"):
        module, _, what = name.partition(":")
        with suppress(ImportError, AttributeError):
            return getattr(import_module(f"bench_runner.{module}"), what)
    raise NotImplementedError(f"not in this commit: {names}")
