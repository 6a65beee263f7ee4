"""A collector on loopback gets what was measured, and the program does not mind one that is not there."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from bench_runner.instrument import counting, export, push, registry
from bench_runner.instrument.counting import counter

ROOT = Path(__file__).parents[2]


class Collector(HTTPServer):
    """Keeps what was posted, and answers with a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/metrics"

    def orders(self) -> dict[int, list[int]]:
        """Return what was told of the counter "orders" by each process."""
        found: dict[int, list[int]] = {}
        for body in self.bodies:
            [resource] = Parse(body, ExportMetricsServiceRequest()).resource_metrics
            [pid] = [one.value.int_value for one in resource.resource.attributes if one.key == "process.pid"]
            counts = [one for one in resource.scope_metrics[0].metrics if one.name == "instrument.count"]
            points = [point for one in counts for point in one.sum.data_points]
            found.setdefault(pid, []).extend(
                point.as_int for point in points if point.attributes[0].value.string_value == "orders"
            )
        return found


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.headers["Content-Type"] == "application/json"
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setattr(registry, "_failures", {})
    monkeypatch.setattr(counting, "_counters", {})
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_posts_again_and_again_and_once_more_at_the_end(collector: Collector) -> None:
    counter("orders").add(1)
    with export.push(collector.url, "shop", every_s=0.02):
        deadline = time.monotonic() + 30
        while len(collector.bodies) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        counter("orders").add(16)
    told = collector.orders()[os.getpid()]
    assert told[0] == 1
    assert told[-1] == 17
    assert registry.failures() == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forked_workers_post_for_themselves_when_they_end(collector: Collector) -> None:
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1]);"
        "from bench_runner.instrument import counter, export;"
        "export.push(sys.argv[2], 'shop'); counter('orders').add(1);"
        "child = os.fork(); counter('orders').add(5) if child == 0 else os.wait()"
    )
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, ROOT, collector.url]
    subprocess.run(command, check=True, timeout=120)
    assert sorted(collector.orders().values()) == [[1], [5]]


def test_a_collector_that_refuses_is_a_counted_failure(collector: Collector) -> None:
    collector.status = 503
    pushing = export.push(collector.url, "shop")
    pushing.stop()
    pushing.stop()
    assert len(collector.bodies) == registry.failures()["push"].count == 1
    assert "503" in registry.failures()["push"].message


def test_one_that_is_not_there_and_one_that_is_silent_are_counted_too(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "TIMEOUT_S", 0.2)
    with HTTPServer(("127.0.0.1", 0), Handler) as silent:
        for port in (silent.server_port, 1):
            export.push(f"http://127.0.0.1:{port}", "shop").stop()
    assert registry.failures()["push"].count == 2


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "localhost:4318"])
def test_only_http_is_posted_to(url: str) -> None:
    with pytest.raises(ValueError, match="begins with http"):
        export.push(url, "shop")
