"""Patterns find functions that nobody decorated, now and in modules to come; failures stay ours."""

import sys
import types
from collections.abc import Callable, Iterator

import pytest

from bench_runner.instrument import registry, stub, swapping
from bench_runner.instrument.switching import disable, enable, follow, poll
from bench_runner.instrument.timing import timed

pytestmark = pytest.mark.usefixtures("switches")
SOURCE = "def f(): return 1\ndef g(): return 2\nclass C:\n def m(self): return 3\n"

Load = Callable[[str], types.ModuleType]


@pytest.fixture
def load() -> Iterator[Load]:
    loaded = []

    def load_one(name: str, source: str = SOURCE) -> types.ModuleType:
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)
        loaded.append(name)
        return module

    yield load_one
    for name in loaded:
        del sys.modules[name]


def called(*modules: types.ModuleType) -> dict[str, int]:
    """Call everything once and return what was counted."""
    for module in modules:
        assert (module.f(), module.g(), module.C().m()) == (1, 2, 3)
    return {name: one.count for name, one in registry.histograms().items()}


def test_what_was_never_decorated_is_found_by_pattern(load: Load) -> None:
    shop = load("shop")
    enable("shop:C.*")
    assert called(shop) == {"shop:C.m": 1}
    enable("sh*:f")
    assert called(shop) == {"shop:C.m": 2, "shop:f": 1}
    disable("shop:*")
    assert called(shop) == {"shop:C.m": 2, "shop:f": 1}
    assert swapping.timed_names() == []


def test_the_last_rule_that_fits_decides(load: Load) -> None:
    shop = load("shop")
    enable("shop:*")
    disable("shop:g")
    assert called(shop) == {"shop:f": 1, "shop:C.m": 1}
    enable("shop:*")
    assert called(shop) == {"shop:f": 2, "shop:g": 1, "shop:C.m": 2}


def test_modules_imported_later_are_caught_up_with(load: Load) -> None:
    enable("shop*:f")
    first = load("shop")
    assert called(first) == {}
    poll()
    second = load("shop_two")
    assert called(first, second) == {"shop:f": 1}
    poll()
    assert called(first, second) == {"shop:f": 2, "shop_two:f": 1}


def test_a_module_that_is_being_imported_waits_for_the_next_poll(load: Load) -> None:
    shop = load("shop", "def f(): return 1")
    shop.__spec__ = types.SimpleNamespace(_initializing=True)  # type: ignore[assignment]
    enable("shop:*")
    poll()
    exec(SOURCE, shop.__dict__)
    assert called(shop) == {}
    shop.__spec__ = types.SimpleNamespace(_initializing=False)  # type: ignore[assignment]
    poll()
    assert called(shop) == {"shop:f": 1, "shop:g": 1, "shop:C.m": 1}


def test_what_is_decorated_after_its_pattern_is_timed_at_once() -> None:
    enable("orders")

    @timed(name="orders")
    def f() -> int:
        return 1

    assert f() == 1
    assert registry.histograms()["orders"].count == 1


def test_follow_is_exactly_these(load: Load) -> None:
    shop = load("shop")
    own = timed(lambda: 1, name="own", enabled=True)
    enable("shop:*")
    follow(["shop:g"])
    assert own() == 1
    assert called(shop) == {"shop:g": 1}
    follow([])
    assert own() == 1
    assert called(shop) == {"shop:g": 1}


def test_a_custom_name_and_the_path_both_find_it(load: Load) -> None:
    shop = load("shop")
    timed(shop.f, name="pay")
    enable("shop:f")
    shop.f()
    disable("*")
    enable("pay")
    shop.f()
    assert {name: one.count for name, one in registry.histograms().items()} == {"pay": 2}


def test_one_that_fails_keeps_no_other_from_its_turn(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, real = load("shop"), stub.stub
    space = {"__name__": stub.__name__, "real": real}
    exec(
        "def fails(code, probe):\n if code.co_name == 'f': raise ValueError('no stub')\n return real(code, probe)",
        space,
    )
    monkeypatch.setattr(swapping, "stub", space["fails"])
    enable("shop:*")
    assert called(shop) == {"shop:g": 1, "shop:C.m": 1}
    assert registry.failures()["shop:f"].message == "ValueError: no stub"


@pytest.mark.parametrize("change", [enable, disable, follow])
def test_nonsense_is_counted_not_raised(change: Callable[[object], None]) -> None:
    change([3] if change is follow else 3)
    assert registry.failures()[change.__name__].count == 1  # type: ignore[attr-defined]


def test_we_do_not_time_ourselves() -> None:
    enable("bench_runner.instrument*:*")
    timed(registry.histogram, enabled=True)
    assert [name for name in swapping.timed_names() if "instrument" in name] == []


def test_all_there_is_can_be_timed_and_given_back() -> None:
    enable("json*:*")
    enable("collections:*")
    import json

    assert json.loads(json.dumps({"a": [1, 2.5, None]}, indent=1)) == {"a": [1, 2.5, None]}
    assert {"json:loads", "json:dumps", "json.decoder:JSONDecoder.decode"} <= set(registry.histograms())
    disable("*")
    assert not any(stub.is_stub(function.__code__) for function in (json.loads, json.dumps))
    assert registry.failures() == {}
