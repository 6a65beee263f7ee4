"""Real loggers, files, processes and structlog end in the same lines."""

import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bench_runner.instrument import logs, registry
from bench_runner.instrument.log_fields import bind
from bench_runner.instrument.log_limit import Limit

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the root logger as it was."""
    monkeypatch.setattr(registry, "_failures", {})
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    for one in [one for one in root.handlers if one not in handlers]:
        one.close()


def rows(text: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, text.splitlines()) if row["logger"].startswith("shop")]


def test_one_call_has_all_loggers_write_lines(tmp_path: Path) -> None:
    lines = logs.to(tmp_path / "a.jsonl", run="r1")
    logging.getLogger("shop.till").info("paid %s", "cash", extra={"order": 17})
    logging.getLogger("shop").debug("not told")
    try:
        {}["key"]
    except KeyError:
        logging.getLogger("shop").exception("failed")
    lines.close()
    logging.getLogger("shop").warning("after the end")
    first, second = rows((tmp_path / "a.jsonl").read_text())
    assert (first["event"], first["order"], first["level"], first["logger"]) == ("paid cash", 17, "info", "shop.till")
    assert (second["event"], second["level"], second["run"]) == ("failed", "error", "r1")
    assert second["exception"].endswith("KeyError: 'key'")
    assert lines not in logging.getLogger().handlers
    assert registry.failures() == {}


def test_a_stream_will_do_and_a_run_gets_an_id() -> None:
    stream = io.StringIO()
    lines = logs.to(stream, level=logging.DEBUG)
    logging.getLogger("shop").debug("a")
    logging.getLogger("shop").debug("b")
    lines.close()
    one, other = rows(stream.getvalue())
    assert one["run"] == other["run"]
    assert len(one["run"]) == 12


def test_what_was_dropped_is_told() -> None:
    stream = io.StringIO()
    lines = logs.to(stream, limit=Limit(lines=1, per_s=1000))
    for n in range(5):
        logging.getLogger("shop").info("order %d", n)
    [limit] = [one for one in lines.filters if isinstance(one, Limit)]
    for row in limit._rows.values():
        row.began_s -= 1000
    logging.getLogger("shop").info("order %d", 5)
    assert [(row["event"], row.get("dropped")) for row in rows(stream.getvalue())] == [
        ("order 0", None),
        ("order 5", 4),
    ]


def structlog_with(*processors: Any) -> Any:
    return structlog.wrap_logger(
        logging.getLogger("shop.structlog"), processors=processors, wrapper_class=structlog.stdlib.BoundLogger
    )


WRAP = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
STRUCTLOG = [
    (WRAP,),
    (structlog.stdlib.render_to_log_kwargs,),
    (structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, WRAP),
]


@pytest.mark.parametrize("processors", STRUCTLOG, ids=["wrapped", "kwargs", "usual"])
def test_structlog_ends_in_the_same_lines(processors: Any) -> None:
    stream = io.StringIO()
    logs.to(stream)
    with bind(user=1):
        structlog_with(*processors).bind(order=17).info("paid", how="cash", tags={"a", "b"} & {"a"})
    try:
        {}["key"]
    except KeyError:
        structlog_with(*processors).exception("failed", order=18)
    paid, failed = rows(stream.getvalue())
    assert (paid["event"], paid["order"], paid["how"], paid["user"], paid["tags"]) == ("paid", 17, "cash", 1, "{'a'}")
    assert set(paid) == {"time", "level", "logger", "event", "pid", "run", "order", "how", "user", "tags"}
    assert paid["logger"] == "shop.structlog"
    assert (failed["event"], failed["level"], failed["order"]) == ("failed", "error", 18)
    assert failed["exception"].endswith("KeyError: 'key'")


def test_alike_events_of_structlog_are_limited() -> None:
    stream = io.StringIO()
    logs.to(stream, limit=Limit(lines=2, per_s=1000))
    for n in range(5):
        structlog_with(WRAP).info("paid", order=n)
        structlog_with(WRAP).info("sent", order=n)
    assert [row["event"] for row in rows(stream.getvalue())] == ["paid", "sent"] * 2


def test_what_cannot_be_written_is_counted(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError("disk full")

    logs.to(Full())
    logging.getLogger("shop").info("a")
    assert registry.failures()["logs"].message == "OSError: disk full"
    with pytest.raises(FileNotFoundError):
        logs.to(tmp_path / "no/such/folder")
    assert registry.failures()["logs"].count == 1


def test_half_a_line_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.to(tmp_path / "a.jsonl")
    log, write = logging.getLogger("shop"), os.write
    log.info("first")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda fd, told: write(fd, told[:20]))
        log.info("second")
        log.info("third")
    log.info("fourth")
    log.info("fifth")
    found = (tmp_path / "a.jsonl").read_text().split("\n")
    assert len(found[1]) == 20
    assert [json.loads(found[n])["event"] for n in (0, 3, 4)] == ["first", "fourth", "fifth"]
    assert registry.failures()["logs"].count == 2


def test_a_file_that_others_opened_for_themselves_is_shared(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"logger": "shop", "event": "before"}\n')
    one, other = logs.to(tmp_path / "a.jsonl"), logs.to(tmp_path / "a.jsonl")
    logging.getLogger("shop").info("a")
    one.close()
    logging.getLogger("shop").info("b")
    other.close()
    found = rows((tmp_path / "a.jsonl").read_text())
    assert [row["event"] for row in found] == ["before", "a", "a", "b"]


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    logs.to(tmp_path / "a.jsonl", limit=Limit(lines=10**6))
    log = logging.getLogger("shop")
    work = [threading.Thread(target=lambda: [log.info("x" * 300) for _ in range(300)]) for _ in range(4)]
    for one in work:
        one.start()
    for one in work:
        one.join()
    assert len(rows((tmp_path / "a.jsonl").read_text())) == 1200


WORKERS = """
import logging, os, sys
sys.path.insert(0, sys.argv[1])
from bench_runner.instrument import bind, logs, tracing
from bench_runner.instrument.log_limit import Limit
logs.to(sys.argv[2], limit=Limit(lines=10**6))
log = logging.getLogger("shop")
with tracing():
    log.info("begin")
    for worker in range(4):
        if os.fork() == 0:
            with bind(worker=worker):
                for n in range(500):
                    log.info("x" * (n * 40), extra={"n": n})
            os._exit(0)
    for _ in range(4):
        os.wait()
    log.info("end")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forked_workers_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    subprocess.run([sys.executable, "-c", WORKERS, ROOT, path], check=True)
    found = rows(path.read_text())
    assert len(found) == 2002
    assert len({row["pid"] for row in found}) == 5
    assert len({row["run"] for row in found}) == len({row["trace"] for row in found}) == 1
    for worker in range(4):
        mine = [row for row in found if row.get("worker") == worker]
        assert [row["n"] for row in mine] == list(range(500))
        assert all(len(row["event"]) == row["n"] * 40 for row in mine)
    assert (found[0]["event"], found[-1]["event"]) == ("begin", "end")
