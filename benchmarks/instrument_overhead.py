"""What a timed call costs, off and on, beside what else one might put around a function.

    python benchmarks/instrument_overhead.py [--rounds 41] [--calls 5000] [--json]

All variants are called in turn in the same process, round by round, in thread-CPU time; the table has the median per
call, without the loop around it, and the ratio to the same function without anything. Other people's ways take part
where they are installed:

    pip install prometheus-client opentelemetry-sdk structlog
"""

import argparse
import contextlib
import functools
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import time

try:
    from bench_runner.instrument import switching
    from bench_runner.instrument.timing import timed
except ImportError:  # a commit from before there was one
    timed = None

CLOSURE, C, SCALE = "closure", "C function", "for scale"
NEVER, AGAIN, ON = "timed, off", "timed, off again", "timed, on"
TARGETS = {NEVER: 1.15, AGAIN: 1.15, ON: 20.0}
IMPORTS = {
    "import timing": "import bench_runner.instrument.timing",
    "import of all that measures": "from bench_runner.instrument import ResourceSampler, counter, enable, span, timed",
    "import of the control": "from bench_runner.instrument import watch",
    f"{SCALE}: import logging": "import logging",
}
MARK = "instrument_overhead"  # begins our names


def work(a, b):
    return a * b + a


def copy_of_work():
    """Return the function anew, so that variants share no specialised code."""
    return type(work)(work.__code__.replace(), work.__globals__, "work")


def ours(name, *, on, again=False, around=lambda function: function):
    """Return a timed function in one of its states; `around` is what the function is before."""
    made = timed(around(copy_of_work()), name=f"{MARK} {name}")
    if on or again:
        switching.enable(f"{MARK} {name}")
    if again:
        made(1, 2)
        switching.disable(f"{MARK} {name}")
    return made


def closure(function):
    def inner(a, b):
        return function_of_two(a, b)

    function_of_two = function
    return inner


def naive(function):
    out = open(os.devnull, "w")  # noqa: SIM115, PTH123 - open for as long as the function lives

    @functools.wraps(function)
    def inner(*args, **kwargs):
        begun = time.perf_counter()
        result = function(*args, **kwargs)
        print(f"{function.__name__} took {time.perf_counter() - begun:.6f} s", file=out)
        return result

    return inner


def prometheus(function):
    import prometheus_client

    registry_ = prometheus_client.CollectorRegistry()
    return prometheus_client.Histogram("work_seconds", "of work", registry=registry_).time()(function)


def otel_histogram(function):
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    histogram = MeterProvider([InMemoryMetricReader()]).get_meter("overhead").create_histogram("work", "ns")

    @functools.wraps(function)
    def inner(*args, **kwargs):
        begun = time.perf_counter_ns()
        try:
            return function(*args, **kwargs)
        finally:
            histogram.record(time.perf_counter_ns() - begun)

    return inner


def otel_span(function):
    from opentelemetry.sdk.trace import TracerProvider

    tracer = TracerProvider().get_tracer("overhead")

    @functools.wraps(function)
    def inner(*args, **kwargs):
        with tracer.start_as_current_span("work"):
            return function(*args, **kwargs)

    return inner


def structlog_json(function):
    import structlog

    out = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the same
    steps = [structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer()]
    log = structlog.wrap_logger(
        structlog.WriteLogger(out), processors=steps, wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
    )

    @functools.wraps(function)
    def inner(*args, **kwargs):
        begun = time.perf_counter_ns()
        try:
            return function(*args, **kwargs)
        finally:
            log.info("work", ns=time.perf_counter_ns() - begun)

    return inner


def logged(make, level=logging.INFO):
    """Return what puts a function beside a line of the standard library's logging."""

    def around(function):
        log = logging.Logger(MARK, level)  # noqa: LOG001 - one of its own for each variant
        log.addHandler(make())

        @functools.wraps(function)
        def inner(*args, **kwargs):
            begun = time.perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                log.info("work", extra={"ns": time.perf_counter_ns() - begun})

        return inner

    return around


def plain_line():
    handler = logging.StreamHandler(open(os.devnull, "w"))  # noqa: SIM115, PTH123 - the same
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return handler


def our_line():
    from bench_runner.instrument.log_limit import Limit
    from bench_runner.instrument.log_lines import JsonLines
    from bench_runner.instrument.logs import Lines

    handler = Lines(os.devnull)
    handler.setFormatter(JsonLines("run"))
    handler.addFilter(Limit(lines=10**9))
    return handler


def counted(function):
    from bench_runner.instrument.counting import counter

    ours = counter(f"{MARK} calls")

    @functools.wraps(function)
    def inner(*args, **kwargs):
        ours.add()
        return function(*args, **kwargs)

    return inner


OTHERS = {
    "our counter": counted,
    "our JSON log line": logged(our_line),
    "our JSON log line, off": logged(our_line, logging.WARNING),
    "logging, a line of text": logged(plain_line),
    "naive decorator that prints": naive,
    "prometheus_client .time()": prometheus,
    "OpenTelemetry SDK histogram": otel_histogram,
    "OpenTelemetry SDK span": otel_span,
    "structlog, a JSON line": structlog_json,
}


def variants():
    """Return name -> function, and the names of those that are not installed."""
    made = {
        "bare": copy_of_work(),
        NEVER: ours("off", on=False),
        AGAIN: ours("again", on=False, again=True),
        ON: ours("on", on=True),
        f"{CLOSURE}, bare": closure(copy_of_work()),
        f"{CLOSURE}, timed, off again": ours("closure again", on=False, again=True, around=closure),
        f"{CLOSURE}, timed, on": ours("closure", on=True, around=closure),
        f"{C}, bare": divmod,
        f"{C}, timed, off": timed(divmod, name=f"{MARK} C off"),
        f"{C}, timed, on": timed(divmod, name=f"{MARK} C on", enabled=True),
    }
    missing = []
    for name, around in OTHERS.items():
        try:
            made[name] = around(copy_of_work())
        except ImportError:
            missing.append(name)
    return made, missing


def loop_of(function):
    """Return a loop with a call site of its own; None is the empty loop."""
    call = "function(3, 4)" if function else "pass"
    names = {"function": function}
    exec(f"def loop(times):\n call = function\n for _ in range(times):\n  {call.replace('function', 'call')}", names)  # noqa: S102
    return names["loop"]


def measure(functions, rounds, calls):
    """Return name -> ns per call, the median over rounds of what it takes above the empty loop of the same round."""
    loops = {name: loop_of(function) for name, function in functions.items()}
    empty, taken = loop_of(None), {name: [] for name in functions}
    for _ in range(rounds):
        base = spent(empty, calls)
        for name, loop in loops.items():
            taken[name].append((spent(loop, calls) - base) / calls)
    return {name: statistics.median(row) for name, row in taken.items()}


def spent(loop, calls):
    begun = time.thread_time_ns()
    loop(calls)
    return time.thread_time_ns() - begun


def import_ms(imports, times=15):
    """Return name -> median CPU-ms that an import takes above an empty program, bytecode at hand."""
    import resource
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        env.pop("PYTHONDONTWRITEBYTECODE", None)

        def cpu(code):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True, env=env)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

        codes = {"": "pass", **imports}
        rounds = [{name: cpu(code) for name, code in codes.items()} for _ in range(times + 1)]
    warm = rounds[1:]  # the first compiles
    return {name: statistics.median(taken[name] - taken[""] for taken in warm) for name in imports}


def bare(name):
    """Return what a variant is compared with: the same thing without anything around it."""
    kind, comma, _ = name.partition(", ")
    return f"{kind}, bare" if comma and kind in {CLOSURE, C} else "bare"


def table(document):
    print(f"Python {document['python']}, {document['rounds']} rounds of {document['calls']} calls, thread-CPU time")
    for row in document["rows"]:
        target = f"   target <= {row['target']:g}" if row["target"] else ""
        print(f"{row['variant']:30}{row['ns']:9.1f} ns{row['ratio']:8.2f} x{target}")
    for name, ms in document["import_ms"].items():
        print(f"{name:30}{ms:9.1f} ms" + ("" if name.startswith(SCALE) else "            target <= 20"))
    for name in document["missing"]:
        print(f"{name}: not installed, see --help")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    chosen = parser.parse_args()
    functions, missing = variants()
    taken = measure(functions, chosen.rounds, chosen.calls)
    rows = [
        {"variant": name, "ns": round(ns, 1), "ratio": round(ns / taken[bare(name)], 2), "target": TARGETS.get(name)}
        for name, ns in taken.items()
    ]
    document = {
        "python": platform.python_version(),
        "rounds": chosen.rounds,
        "calls": chosen.calls,
        "import_ms": {name: round(ms, 1) for name, ms in import_ms(IMPORTS).items()},
        "rows": rows,
        "missing": missing,
    }
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(document)) if chosen.json else table(document)


def skip_without_it():
    if timed is None:
        raise NotImplementedError("this commit times no functions")


class Timed:
    """A thousand calls of a small function, bare and timed, for the history."""

    params = ["bare", "off", "off again", "on"]
    param_names = ["state"]

    def setup(self, state):
        skip_without_it()
        made = {
            "bare": copy_of_work,
            "off": lambda: ours("suite off", on=False),
            "off again": lambda: ours("suite again", on=False, again=True),
            "on": lambda: ours("suite on", on=True),
        }
        self.loop = loop_of(made[state]())

    def time_call(self, state):
        self.loop(1000)


def timeraw_import_timing():
    return "import bench_runner.instrument.timing"


timeraw_import_timing.setup = skip_without_it


if __name__ == "__main__":
    main()
