"""What a program measures, in the formats that others read; nothing is done for them while it measures.

    export.prometheus()                                       # text for a scrape, or `scrape` as a WSGI application
    export.otlp("shop", version="1.4")                        # body of a POST to <collector>/v1/metrics
    export.push("http://localhost:4318/v1/metrics", "shop")   # the same, each minute
    export.lines()                                            # JSON, all buckets
    export.results("windows", service="shop", commit="v1.4", environment="prod")    # for `bench-runner ingest`

Each process tells of itself alone; of several workers, Prometheus sums over the label `pid`, OTLP has instances, and
windows are merged.
"""

from bench_runner.instrument import registry

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    import os
    from wsgiref.types import StartResponse, WSGIEnvironment

    from bench_runner.instrument.push import Push
    from bench_runner.instrument.results import Results


def prometheus(*, openmetrics: bool = False) -> str:
    """Return the text that a scrape gets; `bench_runner.instrument.prometheus` says what is in it."""
    from bench_runner.instrument import reading
    from bench_runner.instrument.prometheus import text

    return text(reading.take(), openmetrics=openmetrics)


def scrape(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    """Answer any request with that text: a WSGI application, to be mounted at /metrics."""
    from bench_runner.instrument.prometheus import OPENMETRICS, PLAIN

    try:
        modern = "application/openmetrics-text" in environ.get("HTTP_ACCEPT", "")
        status, kind, body = "200 OK", OPENMETRICS if modern else PLAIN, prometheus(openmetrics=modern).encode()
    except Exception as error:  # noqa: BLE001 - the server has other things to do
        registry.failed("scrape", error)
        status, kind, body = "500 Internal Server Error", PLAIN, b""
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def otlp(service: str, *, version: str = "", environment: str = "") -> str:
    """Return a request for metrics; its Content-Type is application/json."""
    import json

    from bench_runner.instrument import reading
    from bench_runner.instrument.otlp import request

    body = request(reading.take(), service, version=version, environment=environment)
    return json.dumps(body, allow_nan=False)


def push(url: str, service: str, *, version: str = "", environment: str = "", every_s: float = 60.0) -> "Push":
    """Post that request to a collector again and again, from this process and its forked children, until they end.

    ValueError for what is no http or https address; a collector that does not answer is a counted failure.
    """
    from bench_runner.instrument.push import Push

    return Push(url, lambda: otlp(service, version=version, environment=environment), every_s)


def lines() -> str:
    """Return an object of JSON a line, ASCII: all histograms, counters, resources, failures, each with time and pid."""
    from bench_runner.instrument import json_lines, reading

    return json_lines.text(reading.take())


def results(
    folder: "str | os.PathLike[str]", *, service: str, commit: str, environment: str, window_s: float = 60.0
) -> "Results":
    """Write windows of this process and its forked children into a folder, from now until they end.

    `commit` is a sha or tag of what runs. TypeError or ValueError for what cannot be written; no failure later.
    """
    import os

    from bench_runner.instrument.results import Results

    if not all(isinstance(one, str) for one in (service, commit, environment)):
        raise TypeError(f"service, commit and environment are text, not {(service, commit, environment)!r}")
    there = os.path.abspath(folder)  # noqa: PTH100 - pathlib takes time to import; services change their folder later
    return Results(there, (service, commit, environment), window_s)
