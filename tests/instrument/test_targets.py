"""Functions are found behind what wraps them, and in modules, without running the program's code."""

import functools
import importlib.util
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench_runner.instrument import targets

MODULE = """
import functools
from os.path import join          # not its own
from functools import wraps

def plain(): ...
other_name = plain
some_lambda = lambda: 0

@functools.lru_cache
def cached(): ...

def decorator(function):
    @wraps(function)
    def inner(): return function()
    return inner

@decorator
def decorated(): ...

class Outer:
    def method(self): ...
    @staticmethod
    def static(): ...
    @classmethod
    def of_class(cls): ...
    @property
    def both(self): ...
    @both.setter
    def both(self, value): ...
    @functools.cached_property
    def once(self): ...
    class Inner:
        def method(self): ...
    borrowed = join

Outer.Inner.outer = Outer         # round and round

class Proxy:
    @property
    def __class__(self): raise RuntimeError("working outside of a request")
    def __getattr__(self, name): raise RuntimeError("working outside of a request")
    def __call__(self): ...

proxy = Proxy()

class Meta(type):
    def __getattribute__(cls, name): raise RuntimeError("asked the class")

class Strange(metaclass=Meta):
    def method(self): ...
"""
FOUND = {
    "plain", "<lambda>", "cached", "decorator", "decorated", "Outer.method", "Outer.static", "Outer.of_class",
    "Outer.both", "Outer.both.setter", "Outer.once", "Outer.Inner.method", "Proxy.__class__", "Proxy.__getattr__",
    "Proxy.__call__", "Meta.__getattribute__", "Strange.method",
}  # fmt: skip


@pytest.fixture
def module(tmp_path: Path) -> Iterator[types.ModuleType]:
    made = types.ModuleType("targets_example")
    sys.modules[made.__name__] = made
    exec(MODULE, made.__dict__)
    yield made
    del sys.modules[made.__name__]


def paths_in(name: str) -> list[str]:
    return [targets.path(*found) for found in targets.in_module(name)]


def test_a_module_tells_what_it_defines(module: types.ModuleType) -> None:
    assert set(paths_in(module.__name__)) == {f"targets_example:{name}" for name in FOUND}


def test_behind_a_wrapper_is_the_function_that_runs(module: types.ModuleType) -> None:
    [(function, _)] = targets.inside(module.cached)
    assert function is module.cached.__wrapped__
    [(function, _)] = targets.inside(module.Outer().method)
    assert function is vars(module.Outer)["method"]
    for thing in (len, int, module.proxy, functools.partial(int), None):
        assert list(targets.inside(thing)) == []


def test_a_lazy_module_stays_unloaded(tmp_path: Path) -> None:
    file = tmp_path / "targets_lazy.py"
    file.write_text("raise SystemExit('was loaded')")
    spec = importlib.util.spec_from_file_location("targets_lazy", file)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["targets_lazy"] = module
    try:
        spec.loader.exec_module(module)
        assert targets.is_loaded("targets_lazy")
        assert paths_in("targets_lazy") == []
    finally:
        del sys.modules["targets_lazy"]


def test_what_stands_for_a_module_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for strange in (None, 3, object()):
        monkeypatch.setitem(sys.modules, "targets_strange", strange)
        assert paths_in("targets_strange") == []


def test_patterns_with_a_colon_name_their_modules() -> None:
    names = ["shop", "shop.cart", "shopping"]
    assert targets.modules_for(["shop:*"], names) == ["shop"]
    assert targets.modules_for(["shop.*:Cart.*", "other:f"], names) == ["shop.cart"]
    assert targets.modules_for(["*:*"], names) == names
    assert targets.modules_for(["*", "shop"], names) == []


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("a.b:C.m", True), ("a.*:C.*", True), ("a.b:*", True), ("*", True), ("a.b:c.m", False), ("b:C.m", False)],
)
def test_patterns_are_the_shells(pattern: str, fits: bool) -> None:
    assert targets.matches("a.b:C.m", pattern) == fits


def test_ours_is_this_package_alone() -> None:
    assert targets.ours("bench_runner.instrument.probe")
    assert not any(targets.ours(name) for name in ("bench_runner.store.files", "bench_runner.instruments", None))
