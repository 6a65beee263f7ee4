"""Functions of random signatures, called at random, do the same with a stub in them as without."""

import contextlib
import inspect
import itertools
import sys
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.instrument import registry
from bench_runner.instrument.lives import LifeProbe
from bench_runner.instrument.probe import Probe
from bench_runner.instrument.stub import is_stub, stub, suspends

NUMBER = itertools.count()


def probe_for(function: FunctionType) -> Probe:
    kind = LifeProbe if suspends(function.__code__) else Probe
    return kind(f"test_stub {next(NUMBER)}", print)


def with_stub(function: FunctionType) -> Probe:
    probe = probe_for(function)
    function.__code__ = stub(function.__code__, probe)
    return probe


def count(probe: Probe) -> int:
    return probe._shared.read().count


@st.composite
def signatures(draw: Callable[..., Any]) -> str:
    """Parameter lists of all sorts, some with names that ours begin with."""
    names = iter(draw(st.permutations(["a", "b", "c", "d", "self", "_timed_ns", "_timed__run", "args", "kwargs"])))
    only_place, either, only_name = (draw(st.integers(0, 2)) for _ in range(3))
    parts = [next(names) for _ in range(only_place + either)]
    first_default = draw(st.integers(0, len(parts)))
    parts = [part if place < first_default else f"{part}={place}" for place, part in enumerate(parts)]
    if only_place:
        parts.insert(only_place, "/")
    rest = draw(st.booleans())
    if rest or only_name:
        parts.append("*" + (next(names) if rest else ""))
    parts += [next(names) + draw(st.sampled_from(["", "='k'"])) for _ in range(only_name)]
    if draw(st.booleans()):
        parts.append("**" + next(names))
    return ", ".join(parts)


CALLS = st.tuples(
    st.lists(st.integers(), max_size=6),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d", "_timed_ns", "more"]), st.integers(), max_size=4),
)


def outcome(function: Callable[..., object], args: list[int], kwargs: dict[str, int]) -> object:
    try:
        return function(*args, **kwargs)
    except TypeError as error:
        return str(error)


@pytest.mark.slow
@given(signatures(), st.lists(CALLS, min_size=1, max_size=5), st.booleans())
def test_any_signature_binds_as_before(text: str, calls: list[Any], closed: bool) -> None:
    def made() -> FunctionType:
        body = f"def f({text}): return sorted(locals().items()){', around' if closed else ''}"
        space: dict[str, Any] = {}
        exec(f"def outer(around):\n {body}\n return f", space)
        return space["outer"]("cell")

    plain, timed = made(), made()
    signature = inspect.signature(timed)
    probe = with_stub(timed)
    assert inspect.signature(timed) == signature
    results = [outcome(plain, *call) for call in calls]
    assert [outcome(timed, *call) for call in calls] == results
    assert count(probe) == sum(not isinstance(result, str) for result in results)


def test_cells_are_shared_and_super_finds_its_class() -> None:
    def counter() -> tuple[FunctionType, FunctionType]:
        n = 0

        def up(by: int) -> int:
            nonlocal n
            n += by
            return n

        return up, lambda: n  # type: ignore[return-value]

    up, read = counter()
    with_stub(up)
    assert (up(2), up(3), read()) == (2, 5, 5)

    class Base:
        def say(self) -> str:
            return "base"

    class Child(Base):
        def say(self) -> str:
            return "child of " + super().say()

    with_stub(Child.say)  # type: ignore[arg-type]
    assert Child().say() == "child of base"


def test_names_of_the_program_do_not_reach_ours() -> None:
    space: dict[str, Any] = dict.fromkeys(["BaseException", "Exception", "RecursionError", "time"], None)
    exec("def f(x): return 1 // x", space)
    probe = with_stub(space["f"])
    assert space["f"](1) == 1
    with pytest.raises(ZeroDivisionError):
        space["f"](0)
    assert count(probe) == 2


def test_it_is_known_for_ours_and_has_the_place_of_the_old_code() -> None:
    def f() -> None:
        pass

    old = f.__code__
    new = stub(old, probe_for(f))
    assert is_stub(new)
    assert not is_stub(old)
    kept = ("co_name", "co_qualname", "co_filename", "co_firstlineno", "co_freevars", "co_argcount")
    assert all(getattr(new, name) == getattr(old, name) for name in kept)
    assert {line for _, _, line in new.co_lines()} <= {old.co_firstlineno, None}
    assert isinstance(hash(new), int)  # tracers keep code in dicts


def test_one_frame_of_ours_is_around_and_none_in_the_traceback() -> None:
    def fail() -> None:
        raise KeyError("why")

    def names(error: BaseException) -> list[str]:
        trace, found = error.__traceback__, []
        while trace:
            found.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
            trace = trace.tb_next
        return found

    def caught() -> BaseException:
        with pytest.raises(KeyError) as raised:
            fail()
        return raised.value

    before = caught()
    with_stub(fail)  # type: ignore[arg-type]
    after = caught()
    assert names(after) == names(before)
    assert after.__context__ is None


def test_an_exception_that_cannot_be_changed_passes_as_it_is() -> None:
    class FrozenError(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    error = FrozenError("hello")

    def fail() -> None:
        raise error

    with_stub(fail)  # type: ignore[arg-type]
    with pytest.raises(FrozenError) as raised:
        fail()
    assert raised.value is error


def test_recursion_counts_each_call() -> None:
    def down(n: int) -> int:
        return n and 1 + down(n - 1)

    probe = with_stub(down)  # type: ignore[arg-type]
    assert down(50) == 50
    assert count(probe) == 51


def test_too_deep_is_the_programs_error_and_breaks_nothing() -> None:
    def endless(n: int) -> int:
        return endless(n + 1)

    probe = with_stub(endless)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(RecursionError):
            endless(0)
    assert not probe.broken
    assert count(probe) > 300


def test_where_there_is_no_room_to_record_the_call_succeeds_and_counts_as_lost() -> None:
    def leaf() -> int:
        return 1

    def two_deep() -> int:
        return leaf()

    def at(depth: int, call: Callable[[], int]) -> int:
        return at(depth - 1, call) if depth else call()

    def succeeds(depth: int, call: Callable[[], int], told: list[int]) -> None:
        with contextlib.suppress(RecursionError):
            told.append(at(depth, call))

    def successes(call: Callable[[], int]) -> int:
        """Count the depths at which a call succeeds that is the first in its thread: recording takes most room then."""
        told: list[int] = []
        for depth in range(100, 300):
            thread = threading.Thread(target=succeeds, args=(depth, call, told))
            thread.start()
            thread.join()
        return len(told)

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(250)
    try:
        expected = successes(two_deep)
        probe = with_stub(leaf)  # type: ignore[arg-type]
        assert successes(leaf) == expected
    finally:
        sys.setrecursionlimit(before)
    assert probe.trouble.count > 0
    assert count(probe) + probe.trouble.count in {expected, expected + 1}  # one had no room for the old code
    assert registry.failures()[probe.name] is probe.trouble
