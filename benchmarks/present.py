"""Asks a commit for what a benchmark needs of it: commits from before that are skipped, not failed."""

from importlib import import_module


def need(*names):
    """Return objects by "module:name" below bench_runner; NotImplementedError, which skips, where one is missing."""
    found = []
    for name in names:
        module, _, what = name.partition(":")
        try:
            found.append(getattr(import_module(f"bench_runner.{module}"), what))
        except (ImportError, AttributeError) as error:
            raise NotImplementedError(f"not in this commit: {name}") from error
    return found[0] if len(names) == 1 else found
