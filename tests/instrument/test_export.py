"""What a running program exports is what it has measured by then, over real HTTP as well."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

from bench_runner.instrument import counting, export, registry
from bench_runner.instrument.counting import counter
from bench_runner.instrument.timing import timed
from bench_runner.instrument.windows import read


@pytest.fixture(autouse=True)
def _of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_histograms", {})
    monkeypatch.setattr(registry, "_failures", {})
    monkeypatch.setattr(counting, "_counters", {})


def calls(text: str) -> dict[str, float]:
    families = {family.name: family for family in read_plain(text)}
    counted = families["instrument_duration_seconds"].samples
    return {one.labels["name"]: one.value for one in counted if one.name.endswith("_count")}


@pytest.mark.usefixtures("switches")
def test_a_timed_call_is_in_the_next_scrape() -> None:
    @timed(name='pay "now"', enabled=True)
    def pay() -> None:
        pass

    pay()
    assert calls(export.prometheus()) == {'pay "now"': 1}
    pay()
    assert calls(export.prometheus()) == {'pay "now"': 2}


@pytest.fixture
def address() -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    with make_server("127.0.0.1", 0, export.scrape, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()
        thread.join()


def get(address: str, accept: str) -> tuple[str, str]:
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": accept}), timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_a_scrape_over_http_is_in_the_format_that_is_asked_for(address: str) -> None:
    counter("orders").add(17)
    kind, text = get(address, "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5")
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    [orders] = [one for family in read_openmetrics(text) for one in family.samples if "orders" in one.labels.values()]
    assert orders.value == 17
    kind, text = get(address, "*/*")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert "instrument_count" in {family.name for family in read_plain(text)}


def test_a_scrape_that_fails_is_counted(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError("broken")

    with monkeypatch.context() as breaking:
        breaking.setattr(counting, "counters", broken)
        with pytest.raises(urllib.error.HTTPError, match="500"):
            get(address, "*/*")
    assert registry.failures()["scrape"].message == "ValueError: broken"
    assert "instrument_failures_total" in get(address, "*/*")[1]


def test_other_formats_have_the_same() -> None:
    counter("orders").add(17)
    [row] = [row for row in map(json.loads, export.lines().splitlines()) if row["kind"] == "counter"]
    assert (row["name"], row["value"]) == ("orders", 17)
    [resource] = json.loads(export.otlp("shop", version="v1"))["resourceMetrics"]
    [metric] = [one for one in resource["scopeMetrics"][0]["metrics"] if one["name"] == "instrument.count"]
    [point] = metric["sum"]["dataPoints"]
    assert point["asInt"] == "17"
    assert int(point["startTimeUnixNano"]) < int(point["timeUnixNano"])


def test_windows_are_written_until_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with export.results("windows", service="shop", commit="v1", environment="prod"):
        counter("orders").add(17)
        monkeypatch.chdir("/")  # as services do
    [window] = read(tmp_path / "windows")
    assert (window.service, window.environment, window.counters["orders"]["value"]) == ("shop", "prod", 17)


def test_what_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="text"):
        export.results(tmp_path, service="shop", commit=None, environment="prod")  # type: ignore[arg-type] # that is the test
    with pytest.raises(ValueError, match="0 s"):
        export.results(tmp_path, service="shop", commit="v1", environment="prod", window_s=0)
