"""Offers leak tests to pytest, which loads this by the entry point `bench_history`.

    @pytest.mark.no_growth(iterations=30)          # the test runs so often, and memory must not grow
    def test_orders_are_forgotten(shop): ...

    def test_parsing(no_growth):                   # `assert_no_growth` as a fixture
        no_growth(lambda: parse(TEXT))

    def test_peak(memory_watch):
        with memory_watch() as watch:
            build()
        assert watch.report().peak_bytes < 10_000_000

Fixtures of a marked test are set up once. Methods of `unittest.TestCase` cannot be marked: pytest does not call them.
"""

from collections.abc import Callable, Iterator, Mapping

import pytest

TYPE_CHECKING = False  # whoever has us installed loads this at each start of pytest, so nothing else is imported
if TYPE_CHECKING:
    from bench_runner.instrument.memory import Watch

MARKER = "no_growth(iterations=30, warmup=5, frames=1): run the test so often, and fail if memory grows (bench-history)"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def no_growth() -> "Callable[..., None]":
    """Return `assert_no_growth(fn, *, iterations=30, warmup=5, frames=1)`."""
    from bench_runner.instrument.growth import assert_no_growth

    return assert_no_growth


@pytest.fixture(scope="session")
def memory_watch() -> "Callable[..., Watch]":
    """Return `memory_watch(frames=1)`."""
    from bench_runner.instrument.memory import memory_watch

    return memory_watch


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Have a marked test called many times by whoever would call it once."""
    marker = pyfuncitem.get_closest_marker("no_growth")
    if marker is None:
        yield
        return
    test = pyfuncitem.obj
    pyfuncitem.obj = _repeated(test, marker.kwargs)
    yield
    pyfuncitem.obj = test


def _repeated(test: "Callable[..., object]", how: "Mapping[str, int]") -> "Callable[..., None]":
    """Return a test that calls another in the way its marker says."""

    def repeated(**fixtures: object) -> None:
        __tracebackhide__ = True
        from bench_runner.instrument.growth import assert_no_growth

        assert_no_growth(lambda: test(**fixtures), **how)

    return repeated
