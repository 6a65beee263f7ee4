"""What `timed` is put on stays what it is, is counted while enabled, and costs nothing of its manners."""

import asyncio
import functools
import inspect
import pickle
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench_runner.instrument import registry
from bench_runner.instrument.switching import disable, enable
from bench_runner.instrument.timing import timed

pytestmark = pytest.mark.usefixtures("switches")


def counts() -> dict[str, int]:
    """Return the calls by the ends of their names."""
    return {name.rpartition(".")[2]: one.count for name, one in registry.histograms().items()}


def charge(order: int, /, price: float = 2.5, *rest: str, tax: float = 0.2, **more: int) -> float:
    """Charge somebody."""
    return order * price


charge.extra = "kept"  # type: ignore[attr-defined]


def manners(function: Callable[..., Any]) -> list[object]:
    """Return all that others may look at in a function."""
    names = "__name__ __qualname__ __module__ __doc__ __annotations__ __defaults__ __kwdefaults__ __dict__ __closure__"
    seen = [getattr(function, name) for name in names.split()]
    code = function.__code__
    place = code.co_filename, code.co_firstlineno, code.co_name, code.co_varnames[: code.co_argcount]
    return [
        *seen,
        place,
        inspect.signature(function),
        typing.get_type_hints(function),
        inspect.getsource(function),
        pickle.dumps(function),
        inspect.unwrap(function) is function,
        inspect.iscoroutinefunction(function),
    ]


def test_a_function_stays_the_same_object_with_the_same_manners() -> None:
    before, code = manners(charge), charge.__code__
    assert timed(charge) is charge
    assert charge.__code__ is code
    enable("test_timing:charge")
    assert manners(charge) == before
    assert (charge(2), charge(2, 4.0, "x", tax=1, more=2)) == (5.0, 8.0)
    disable("test_timing:charge")
    assert charge.__code__ is code
    assert charge(2) == 5.0
    assert registry.histograms()["test_timing:charge"].count == 2


def test_defaults_changed_while_timed_are_used() -> None:
    @timed(enabled=True)
    def f(a: int = 1) -> int:
        return a

    f.__defaults__ = (7,)
    assert f() == 7


class Basket:
    @timed
    def method(self, n: int) -> int:
        return n

    @timed
    @staticmethod
    def static_inside(n: int) -> int:
        return n

    @staticmethod
    @timed
    def static_outside(n: int) -> int:
        return n

    @timed
    @classmethod
    def of_class_inside(cls, n: int) -> int:
        return n + len(cls.__name__)

    @classmethod
    @timed
    def of_class_outside(cls, n: int) -> int:
        return n + len(cls.__name__)

    @timed
    @property
    def total(self) -> int:
        return 3

    @total.setter
    def total(self, value: int) -> None:
        raise AttributeError(value)

    @timed
    @functools.cached_property
    def once(self) -> int:
        return 4

    @timed
    @functools.cache  # noqa: B019 - it is to be timed
    def cached(self) -> int:
        return 5


def test_all_that_a_class_may_hold() -> None:
    enable("test_timing:Basket.*")
    one = Basket()
    assert (one.method(1), one.static_inside(2), Basket.static_outside(3)) == (1, 2, 3)
    assert (one.of_class_inside(1), Basket.of_class_outside(1)) == (7, 7)
    assert (one.total, one.total, one.once, one.once, one.cached(), one.cached()) == (3, 3, 4, 4, 5, 5)
    with pytest.raises(AttributeError):
        one.total = 3
    assert counts() == {
        "method": 1, "static_inside": 1, "static_outside": 1, "of_class_inside": 1, "of_class_outside": 1,
        "total": 2, "setter": 1, "once": 1, "cached": 1,
    }  # fmt: skip


def test_lambdas_closures_and_nested_functions() -> None:
    enable("test_timing:test_lambdas*")
    enable("three")

    def around(n: int) -> Callable[[], int]:
        @timed
        def inner() -> int:
            return n

        return inner

    assert [around(n)() for n in range(5)] == list(range(5))
    assert timed(lambda: 3, name="three")() == 3
    assert counts() == {"inner": 5, "three": 1}


def test_functions_that_suspend() -> None:
    @timed(enabled=True)
    def numbers() -> Iterator[int]:
        yield from range(3)

    @timed(enabled=True)
    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    assert list(numbers()) == [0, 1, 2]
    assert asyncio.run(answer()) == 42
    assert counts() == {"numbers": 1, "numbers [elapsed]": 1, "answer": 1, "answer [elapsed]": 1}


def test_what_has_no_code_is_called_by_a_function() -> None:
    class Adder:
        def __init__(self, n: int) -> None:
            self.n = n

        def __call__(self, n: int) -> int:
            return self.n + n

    quick = timed(divmod, enabled=True)
    assert quick(7, 3) == (2, 1)
    assert (quick.__name__, quick.__doc__, inspect.signature(quick)) == (
        "divmod", divmod.__doc__, inspect.signature(divmod),
    )  # fmt: skip
    assert timed(Adder(3), enabled=True)(4) == 7
    assert timed(functools.partial(max, 3), name="partial", enabled=True)(4, 1) == 4
    assert timed(str.upper, enabled=True)("a") == "A"
    names = ["builtins:divmod", f"test_timing:{Adder.__qualname__}", "partial"]
    assert [registry.histograms()[name].count for name in names] == [1, 1, 1]
    assert len(registry.histograms()) == 4


def test_the_function_behind_a_bound_method_is_timed() -> None:
    class Till:
        def ring(self) -> str:
            return "ring"

    till = Till()
    assert timed(till.ring, enabled=True)() == "ring"
    assert Till().ring() == "ring"
    assert counts() == {"ring": 2}


@pytest.mark.parametrize("thing", [3, int, object(), "name"])
def test_what_cannot_be_timed_comes_back_and_is_counted(thing: object) -> None:
    assert timed(thing) is thing
    assert registry.failures()[f"timed {type(thing).__name__}"].count == 1


def test_a_name_is_one_histogram_for_all_who_have_it() -> None:
    first, second = (timed(function, name="both", enabled=True) for function in (lambda: 1, lambda: 2))
    assert (first(), second()) == (1, 2)
    assert counts() == {"both": 2}


def test_enabled_is_until_somebody_says_otherwise() -> None:
    @timed(name="mine", enabled=True)
    def f() -> None: ...

    f()
    disable("mine")
    f()
    enable("mine")
    f()
    disable("*")
    f()
    assert counts() == {"mine": 2}
