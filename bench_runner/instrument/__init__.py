"""Programs built to be measured: standard library only, safe in production, importable from every layer.

    from bench_runner.instrument import span, timed

Each public name is loaded from its module when it is first asked for, and costs only what that module needs.
"""

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from bench_runner.instrument.control import watch as watch
    from bench_runner.instrument.counting import Count as Count
    from bench_runner.instrument.counting import Counter as Counter
    from bench_runner.instrument.counting import counter as counter
    from bench_runner.instrument.counting import counters as counters
    from bench_runner.instrument.growth import assert_no_growth as assert_no_growth
    from bench_runner.instrument.histogram import Histogram as Histogram
    from bench_runner.instrument.ledger import Ledger as Ledger
    from bench_runner.instrument.ledger import lifetimes as lifetimes
    from bench_runner.instrument.log_fields import bind as bind
    from bench_runner.instrument.memory import MemoryReport as MemoryReport
    from bench_runner.instrument.memory import memory_watch as memory_watch
    from bench_runner.instrument.profiling import profile_when as profile_when
    from bench_runner.instrument.registry import failures as failures
    from bench_runner.instrument.registry import histograms as histograms
    from bench_runner.instrument.resources import Resources as Resources
    from bench_runner.instrument.resources import ResourceSampler as ResourceSampler
    from bench_runner.instrument.spans import Span as Span
    from bench_runner.instrument.spans import charge as charge
    from bench_runner.instrument.spans import listening as listening
    from bench_runner.instrument.spans import note as note
    from bench_runner.instrument.spans import span as span
    from bench_runner.instrument.switching import disable as disable
    from bench_runner.instrument.switching import enable as enable
    from bench_runner.instrument.switching import follow as follow
    from bench_runner.instrument.switching import poll as poll
    from bench_runner.instrument.timing import timed as timed
    from bench_runner.instrument.trace_context import traceparent as traceparent
    from bench_runner.instrument.trace_context import tracing as tracing
    from bench_runner.instrument.windows import Window as Window

# The same again for the running program. A name must not be a module's, too: who imports that would get the module.
_HOMES = {
    "control": "watch",
    "counting": "Count Counter counter counters",
    "growth": "assert_no_growth",
    "histogram": "Histogram",
    "ledger": "Ledger lifetimes",
    "log_fields": "bind",
    "memory": "MemoryReport memory_watch",
    "profiling": "profile_when",
    "registry": "failures histograms",
    "resources": "Resources ResourceSampler",
    "spans": "Span charge listening note span",
    "switching": "disable enable follow poll",
    "timing": "timed",
    "trace_context": "traceparent tracing",
    "windows": "Window",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Return a public name."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(__import__(f"{__name__}.{_HOME[name]}", fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not, and the rest."""
    return sorted({*globals(), *_HOME})
