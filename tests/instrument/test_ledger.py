"""Births and deaths are counted exactly whatever becomes of the objects, and the class is left as it was found."""

import abc
import copy
import gc
import inspect
import os
import pickle
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench_runner.instrument import births, ledger, registry, slots
from bench_runner.instrument.ledger import Ledger, Lifetimes, lifetimes


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    registry.clear()
    yield
    assert ledger._open == {}
    registry.clear()


@pytest.fixture
def _swift() -> Iterator[None]:
    """Collections and recounts look at new objects alone."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def counts(ledger: Ledger) -> tuple[int, int, int]:
    now = ledger.read()
    return now.births, now.deaths, now.alive


class Node:
    """One that may lie in a cycle, and come back when it is deleted."""

    revived: "list[Node]" = []  # noqa: RUF012 - shared on purpose

    comes_back = False

    def __init__(self, number: int, *, comes_back: bool = False) -> None:
        self.number, self.comes_back, self.other = number, comes_back, None

    def plain(self) -> bool:
        """Whether a copy is one object more, and nothing that only it holds."""
        return self.other is None and type(self) is not Own

    def __del__(self) -> None:
        if self.comes_back:
            self.comes_back = False
            Node.revived.append(self)


class Leaf(Node):
    pass


class Own(Node):
    def __new__(cls, number: int, *, comes_back: bool = False) -> Self:
        return super().__new__(cls)


class Slotted(Node):
    __slots__ = ("extra",)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["make", "drop", "copy", "deepcopy", "pickle", "old pickle", "cycle", "revive", "collect", "fail"]
        ),
        st.integers(0, 99),
    ),
    max_size=40,
)


class Truth:
    """What lives, told by weak references and by hand."""

    def __init__(self, kind: type[Node]) -> None:
        self.kind, self.here, self.born = kind, [], 0

    def add(self, *made: Node) -> None:
        self.here.extend(made)
        self.born += len(made)

    def step(self, what: str, n: int) -> None:
        one = self.here[n % len(self.here)] if self.here else None
        if what == "make":
            self.add(self.kind(n))
        elif what == "collect":
            gc.collect()
        elif what == "fail":
            with pytest.raises(TypeError):
                self.kind()
            self.born += self.kind is not Own  # there it fails before there is an object
        elif one is not None:
            self.change(what, n, one)

    def change(self, what: str, n: int, one: Node) -> None:
        if what == "drop":
            self.here.remove(one)
        elif what == "copy":
            self.add(copy.copy(one) if one.plain() else self.kind(1))
        elif what == "deepcopy":
            self.add(copy.deepcopy(one) if one.plain() else self.kind(1))
        elif what.endswith("pickle") and one.plain():
            old = what == "old pickle" and type(one) is not Slotted
            self.add(pickle.loads(pickle.dumps(one, n % 2 if old else 2 + n % 4)))
        elif what == "cycle":
            one.other = one
        elif what == "revive":
            one.comes_back = True


@pytest.mark.slow
@pytest.mark.usefixtures("_swift")
@pytest.mark.parametrize("kind", [Node, Leaf, Own, Slotted])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_ledger_is_exact(kind: type[Node], steps: list[tuple[str, int]]) -> None:
    one = None
    gc.collect()
    Node.revived.clear()
    truth, old = Truth(kind), [kind(1), kind(2)]
    with lifetimes(Node) as ledger:
        truth.add(*old)
        old.clear()
        for what, n in steps:
            # A pickle of protocol 0 or 1 is seen by a recount, and so must still be there then.
            truth.step(what, n)
            if what == "old pickle":
                ledger.recount()
        gc.collect()
        truth.here += Node.revived
        now = ledger.recount()
        alive = [one for one in gc.get_objects() if isinstance(one, Node)]
        assert now.alive == len(alive) == len({id(one) for one in truth.here})
        assert now.births - now.deaths == now.alive
        came_back = now.births - truth.born  # only from cycles, and each of them died once more
        assert 0 <= came_back <= len(Node.revived)
        assert ledger.broken == ""
        for one in alive:
            one.comes_back = False
        del alive, one
        truth.here.clear()
        Node.revived.clear()
        gc.collect()
        assert ledger.read().alive == 0
    assert "__new__" not in vars(Node)


def test_one_that_comes_back_has_not_died_unless_it_was_in_a_cycle() -> None:
    Node.revived.clear()
    with lifetimes(Node) as ledger:
        Node(1, comes_back=True)
        assert counts(ledger) == (1, 0, 1)
        Node.revived.clear()
        assert counts(ledger) == (1, 1, 0)
        one = Node(2, comes_back=True)
        one.other = one
        del one
        gc.collect()
        assert counts(ledger) == (2, 2, 0)
        assert (ledger.recount().births, ledger.read().alive) == (3, 1)
        Node.revived[0].other = None
        Node.revived.clear()
        assert counts(ledger) == (3, 3, 0)


def test_a_ledger_begins_with_what_there_is_and_tells_the_age_of_the_oldest() -> None:
    first = Node(1)
    with lifetimes(Node) as ledger:
        assert counts(ledger) == (1, 0, 1)
        second = Node(2)
        time.sleep(0.05)
        third = Node(3)
        assert 0.05 <= ledger.read().oldest_s < 30
        del first
        assert 0.05 <= ledger.read().oldest_s < 30
        del second
        assert ledger.read().oldest_s < 0.05 or time.sleep(0) is None
        del third
        assert ledger.read() == Lifetimes(3, 3, 0, 0.0)
    after = Node(4)
    assert ledger.read() == ledger.recount() == Lifetimes(3, 3, 0, 0.0)
    ledger.close()
    assert after.number == 4


def plain() -> type:
    class Plain:
        def __init__(self, number: int, *, key: int = 0) -> None:
            self.number = number

    return Plain


def with_new() -> type:
    class WithNew:
        def __new__(cls, number: int, *, key: int = 0) -> Any:
            return super().__new__(cls)

        def __init__(self, number: int, *, key: int = 0) -> None:
            self.number = number

    return WithNew


def abstract() -> type:
    class Base(abc.ABC):
        def __init__(self, number: int, *, key: int = 0) -> None:
            self.number = number

        @abc.abstractmethod
        def f(self) -> int: ...

    return type("Concrete", (Base,), {"f": lambda self: 1})


def a_dict() -> type:
    return type("Dict", (dict,), {"__init__": plain().__init__})


def a_tuple() -> type:
    class Pair(NamedTuple):
        number: int
        key: int = 0

    return type("Tuple", (Pair,), {})


def data() -> type:
    @dataclass(slots=True, weakref_slot=True)
    class Data:
        number: int
        key: int = 0

    return Data


@pytest.mark.parametrize("make", [plain, with_new, abstract, a_dict, data], ids=lambda make: make.__name__)
def test_a_class_behaves_as_ever_while_it_is_watched_and_is_the_same_afterwards(make: Any) -> None:
    kind = make()
    below = type("Below", (kind,), {})
    names, signature = dict(vars(kind)), inspect.signature(kind)
    words = [list(slots._words(one)) for one in (kind, below)] if make is not with_new else []
    for _ in range(2):
        ledger = lifetimes(kind)
        later = type("Later", (below,), {})
        made = [kind(1, key=2), below(3), later(4)]
        assert [one.number for one in made] == [1, 3, 4]
        assert inspect.signature(kind) == signature
        with pytest.raises(TypeError):
            kind()
        seen = counts(ledger)
        ledger.close()
        assert seen[2] == 3
        assert [one(7, key=1).number for one in (kind, below, later)] == [7, 7, 7]
    assert {name: one for name, one in vars(kind).items() if name != "__slotnames__"} == names
    # Words that are the type's version and its caches may differ; the address of `__new__` must not.
    index = slots._index()
    assert [list(slots._words(one))[index] for one in (kind, below)[: len(words)]] == [one[index] for one in words]
    assert registry.failures() == {}


class Bare:
    pass


def test_arguments_that_a_class_does_not_take_are_refused_as_ever() -> None:
    with pytest.raises(TypeError) as before:
        Bare(1)
    with lifetimes(Bare) as ledger:
        with pytest.raises(TypeError) as meanwhile:
            Bare(1)
        Bare()
        with pytest.raises(TypeError):
            Bare(1)

        class Hands(Bare):
            def __new__(cls, *args: object) -> Self:
                return super().__new__(cls, *args)

            def __init__(self, *args: object) -> None: ...

        with pytest.raises(TypeError, match="exactly one argument"):
            Hands(1)
        assert counts(ledger) == (1, 1, 0)
    with pytest.raises(TypeError) as after:
        Bare(1)
    assert str(before.value) == str(meanwhile.value) == str(after.value)


class Cached:
    one: "Cached | None" = None

    def __new__(cls) -> Any:
        if cls.one is None:
            cls.one = super().__new__(cls)
        return cls.one


class Other:
    def __new__(cls) -> Any:
        return 5


def test_what_new_returns_is_counted_once_and_only_if_it_is_of_the_class() -> None:
    with lifetimes(Cached) as cached, lifetimes(Other) as other:
        assert Cached() is Cached()
        assert Other() == 5
        assert (counts(cached), counts(other)) == ((1, 0, 1), (0, 0, 0))
    Cached.one = None


def test_ledgers_of_a_class_and_of_its_base_end_in_any_order() -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)):
        base = plain()
        below = type("Below", (base,), {})
        ledgers = [lifetimes(base), lifetimes(below), lifetimes(base)]
        kept = [base(1), below(1)]
        assert [counts(one)[0] for one in ledgers] == [2, 1, 2]
        for n in order:
            ledgers[n].close()
            kept.append(below(1))
        assert "__new__" not in {**vars(base), **vars(below)}
        assert below(1).number == 1
        late = lifetimes(below)
        assert counts(late) == (4, 0, 4)
        late.close()


def test_a_new_that_somebody_else_puts_over_ours_stays_and_works() -> None:
    kind = plain()
    ledger = lifetimes(kind)
    ours = kind.__new__
    kind.__new__ = staticmethod(partial(ours))
    kept = kind(1)
    assert counts(ledger) == (1, 0, 1)
    ledger.close()
    assert "changed by somebody else" in ledger.broken
    assert registry.failures()["lifetimes plain.<locals>.Plain"].count == 1
    assert kind(2).number == 2
    assert kept.number == 1


class NoRoom:
    __slots__ = ("number",)


@pytest.mark.parametrize(
    ("kind", "why"), [(NoRoom, "weak"), (int, "weak"), (set, "immutable"), (a_tuple(), "weak"), (3, "not a class")]
)
def test_what_cannot_be_watched_is_a_failure_that_is_counted(kind: Any, why: str) -> None:
    with lifetimes(kind) as ledger:
        assert ledger.read() == ledger.recount() == Lifetimes()
    assert why in ledger.broken
    assert [one.count for one in registry.failures().values()] == [1]


def test_an_interpreter_that_is_built_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_index", lambda: None)
    kind = plain()
    with lifetimes(kind) as ledger:
        assert "cannot be taken out" in ledger.broken
        assert "__new__" not in vars(kind)
    with pytest.raises(RuntimeError, match="not laid out"):
        slots.restore(kind, object.__new__)
    other = with_new()
    with lifetimes(other) as ledger:
        other(1)
        assert counts(ledger) == (1, 1, 0)


def test_a_failure_of_ours_is_counted_once_and_the_program_has_its_object(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = plain()
    with lifetimes(kind) as watched:
        with monkeypatch.context() as patch:
            patch.setattr(ledger, "monotonic_ns", partial(divmod, 1, 0))
            assert [kind(1).number, kind(2).number] == [1, 2]
        kind(3)
        assert watched.read() == Lifetimes()
        assert watched.broken == "ZeroDivisionError: integer division or modulo by zero"
    assert registry.failures()["lifetimes plain.<locals>.Plain"].count == 1
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "family", partial(divmod, 0))
        assert lifetimes(kind).broken
    assert "__new__" not in vars(kind)


def test_threads_lose_nothing() -> None:
    kind, kept = plain(), []
    with lifetimes(kind) as ledger:

        def work() -> None:
            for n in range(3_000):
                one = kind(n)
                if n % 10 == 0:
                    kept.append(one)
                now = ledger.read()
                assert now.births - now.deaths == now.alive >= 0

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts(ledger) == (12_000, 10_800, 1_200)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_begins_with_what_it_holds() -> None:
    kept = [Node(n) for n in range(3)]
    with lifetimes(Node) as ledger:
        Node(5)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            Node(6)
            kept.pop()
            os.write(writing, f"{counts(ledger)}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reading, 100) == b"(4, 2, 2)"
        assert counts(ledger) == (4, 1, 3)


@pytest.mark.slow
def test_a_thread_that_makes_objects_while_another_closes_never_fails() -> None:
    kind, stop, failed = plain(), threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            try:
                kind(1)
            except Exception as error:  # noqa: BLE001 - it is what must not be
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        with lifetimes(kind):
            time.sleep(0.0005)
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []


def test_births_tell_a_family_without_asking_its_metaclass() -> None:
    class Equal(type):
        def __eq__(cls, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    top = Equal("Top", (), {})
    below = Equal("Below", (top,), {})
    assert [one.__name__ for one in births.family(top)] == ["Top", "Below"]
    assert below.__name__ == "Below"
