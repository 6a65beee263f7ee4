"""A noun is what a frozen dataclass would be."""

import pickle

import pytest

from bench_runner.instrument.nouns import noun


@noun
class Point:
    """A place."""

    x: int
    y: int = 2

    @property
    def sum(self) -> int:
        return self.x + self.y

    @classmethod
    def zero(cls) -> "Point":
        return cls(0, 0)


def test_fields_defaults_and_methods_are_there() -> None:
    assert (Point(1).x, Point(1).y, Point(1).sum, Point(y=5, x=4).sum) == (1, 2, 3, 9)
    assert Point.zero() == Point(0, 0) != Point(0, 1)
    assert (repr(Point(1)), Point.__doc__, Point.__module__) == ("Point(x=1, y=2)", "A place.", __name__)
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg] # that is the test


def test_it_is_frozen_hashable_and_pickled() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc] # that is the test
    with pytest.raises(AttributeError):
        Point(1).z = 2  # type: ignore[attr-defined] # that is the test
    assert {Point(1), Point(1)} == {pickle.loads(pickle.dumps(Point(1)))}
