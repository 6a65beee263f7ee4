"""The benchmark suite as the worker knows it: listed, checked, and measured case by case."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import inspect
import io
import os
import re
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

from . import case, children, engine, exact, meter, metrics
from .forking import forks_whole
from .launch import Request, forked
from .messages import (
    Check,
    Checked,
    Discover,
    Discovered,
    Ended,
    MakeCache,
    Preload,
    Preloaded,
    RunCase,
)
from .outcome import answered, sentence

_MEMORY = re.compile(r"(Mem[A-Z_].+)|(mem_.+)")


class Suite:
    """A folder of benchmarks; `private` are the pipes to the host, the one that brings requests first."""

    def __init__(self, root: str, private: Sequence[int]) -> None:
        self._root = root
        self._private = private
        self._loaded: Optional[Dict[str, Any]] = None
        self._failures: Dict[str, str] = {}
        exact.register()
        engine.open_suite(root)

    def answer(self, request: Any) -> Any:
        """Return the answer to a request; importing a suite can raise anything."""
        kinds: Dict[type, Callable[[Any], Any]] = {
            Discover: self.discover,
            Check: self.check,
            Preload: self.preload,
            RunCase: self.child,
            MakeCache: self.child,
        }
        return kinds[type(request)](request)

    def discover(self, request: Discover) -> Discovered:
        """List the benchmarks, as asv describes them, each followed by its further metrics."""
        found = [
            engine.describe(one)
            for benchmark in self._load().values()
            for one in (benchmark, *exact.further(benchmark, request.metrics))
        ]
        warnings = [] if engine.has_memory() else self._left_out()
        return Discovered(found, self._failures, [*warnings, *self._strange()])

    def check(self, _: Check) -> Checked:
        """Look for benchmarks that cannot run, by asv's own check."""
        failures = engine.load(self._root)
        problems = ["module %s fails to import: %s" % (name, _last(text)) for name, text in failures.items()]
        for benchmark in engine.benchmarks(self._root, failures):
            printed = io.StringIO()
            try:
                with contextlib.redirect_stdout(printed):
                    benchmark.check(self._root)
            except Exception as error:  # noqa: BLE001 - a broken benchmark is a finding
                printed.write("%s: %s" % (benchmark.name, sentence(error)))
            problems += [line for line in printed.getvalue().splitlines() if line.strip()]
        return Checked(problems)

    def preload(self, _: Preload) -> Preloaded:
        """Import everything once."""
        if self._loaded is None:
            self._load()
        gc.freeze()  # what is here now need not be looked through, page by page, in every child
        return Preloaded(forks_whole(), self._failures)

    def child(self, request: Request) -> Ended:
        """Measure a case, or run a setup_cache, in a fork of this process."""
        return forked(lambda said: self.here(request, said), request, self._private)

    def here(self, request: Request, said: int) -> bytes:
        """Measure a case, or run a setup_cache, in this process; return the line for the pipe `said`."""

        def work() -> Ended:
            faulthandler.enable(2)  # the last words of a segmentation fault
            os.chdir(request.cwd)
            engine.pin(request.affinity)
            bare_rss = meter.peak_rss()
            benchmark = self._find(request.name)
            children.say_loaded(said)
            if isinstance(request, RunCase):
                return case.run(benchmark, request, bare_rss)
            return case.make_cache(benchmark, request)

        return answered(work, request.memory)

    def _load(self) -> Dict[str, Any]:
        """Import every module and remember what is in them."""
        self._failures = engine.load(self._root)
        self._loaded = {one.name: one for one in engine.benchmarks(self._root, self._failures)}
        return self._loaded

    def _find(self, name: str) -> Any:
        """Return a benchmark, or what takes a further metric of it; what is wrong with its module is raised again."""
        base, word = metrics.split(name)
        benchmark = self._written(base)
        return exact.of(benchmark, word) if word else benchmark

    def _written(self, name: str) -> Any:
        """Return a benchmark as it stands in the suite."""
        found = engine.find(self._root, name) if self._loaded is None else None
        if found is not None:
            return found
        loaded = self._load() if self._loaded is None else self._loaded
        if name in loaded:
            return loaded[name]
        for module, text in self._failures.items():
            inside = module.partition(".")[2]
            if not inside or name.startswith(inside + "."):
                sys.stderr.write(text)
                raise ImportError("module %s fails to import: %s" % (module, _last(text)))
        raise LookupError("the suite has no benchmark of this name here")

    def _strange(self) -> List[str]:
        """Return a warning for each benchmark that names what is no metric."""
        told = "%s: metrics names %s, which is none of %s"
        strange = ((name, metrics.unknown(engine.own(one))) for name, one in (self._loaded or {}).items())
        return [told % (name, ", ".join(words)[:100], ", ".join(metrics.WORDS)) for name, words in strange if words]

    def _left_out(self) -> List[str]:
        """Return a warning that names the benchmarks which need pympler."""
        package = Path(self._root).name
        modules = [(name, one) for name, one in sys.modules.items() if name.partition(".")[0] == package]
        names = sorted({found for name, module in modules for found in _memory_names(name, module)})
        if not names:
            return []
        return ["pympler is not installed here, so these are left out: " + ", ".join(names)]


def _memory_names(name: str, module: Any) -> List[str]:
    """Return what in a module asv would take for a mem_* benchmark."""
    inside = ".".join(name.split(".")[1:])
    found = []
    for attribute, value in vars(module).items():
        if inspect.isfunction(value) and _MEMORY.match(attribute):
            found.append(inside + "." + attribute)
        elif inspect.isclass(value) and not attribute.startswith("_"):
            found += ["%s.%s.%s" % (inside, attribute, one) for one in dir(value) if _MEMORY.match(one)]
    return [one.lstrip(".") for one in found]


def _last(text: str) -> str:
    """Return the last line of a traceback."""
    return text.strip().splitlines()[-1]
