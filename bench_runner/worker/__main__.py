"""Starts the worker by its path, in whichever Python measures, without a trace on the module search path."""

import gc
import importlib
import importlib.util
import sys
from pathlib import Path

# A private name: the suite, or the project, may have modules called messages, engine or even bench_runner.
PACKAGE = "_bench_runner_worker"


def start() -> None:
    """Load this folder as a package and do what the command line says: "serve" or "once", with a suite and pipes."""
    gc.disable()  # while nothing but our own modules is loaded: there is no garbage in them
    folder = Path(__file__).absolute().parent
    # Python puts a script's folder first on the path, unless it is told not to (-P, PYTHONSAFEPATH).
    if sys.path and Path(sys.path[0]).absolute() == folder:
        del sys.path[0]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, str(folder / "__init__.py"), submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    task, *rest = sys.argv[1:]
    sys.argv[1:] = []
    getattr(importlib.import_module(PACKAGE + ".serve"), task)(*rest)


if __name__ == "__main__":
    start()
