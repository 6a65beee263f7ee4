"""The door writes the control file for who knows the token, does nothing else, and keeps web pages out."""

import http.client
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench_runner.instrument import control, control_file, control_http, registry
from bench_runner.instrument.control_http import Door

TOKEN = "a token of tests: \u00e9"
GOOD = {"Authorization": f"Bearer {TOKEN}".encode(), "Content-Type": "application/json"}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    registry.clear()
    one = control.serve(tmp_path / "control.json", token=TOKEN)
    yield one
    one.close()
    assert one.port is None


def asked(door: Door, method: str = "PUT", body: bytes = b"{}", **headers: str | bytes | None) -> tuple[int, str]:
    """Return what is answered; a header of None is left out."""
    assert door.port is not None
    line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=30)
    line.putrequest(method, "/", skip_host=True, skip_accept_encoding=True)
    usual = {"Host": f"127.0.0.1:{door.port}", "Content-Length": str(len(body)), **GOOD}
    for name, value in {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value is not None:
            line.putheader(name, value)
    line.endheaders(body)
    answer = line.getresponse()
    return answer.status, answer.read().decode()


@pytest.fixture(autouse=True)
def _utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GOOD, "Authorization", f"Bearer {TOKEN}".encode("latin-1"))


def test_who_knows_the_token_writes_the_file(door: Door) -> None:
    body = b'{"timed": ["shop:*"], "until": %d}' % (time.time() + 60)
    assert asked(door, body=body) == (200, "written\n")
    assert control_file.read(door.path).timed == ("shop:*",)
    assert asked(door, "POST", Host=f"localhost:{door.port}") == (200, "written\n")
    assert control_file.read(door.path).timed == ()
    assert registry.failures() == {}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Basic {TOKEN}".encode("latin-1")}, 401),
        ({"Host": None}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "evil.example:80"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Length": None}, 411),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": "\u00b2"}, 411),
        ({"Content_Length": "70000"}, 413),
        ({"Content_Length": "9" * 5000}, 413),
    ],
    ids=range(15),
)
def test_nobody_else_does(door: Door, headers: dict[str, str | None], code: int) -> None:
    answer, text = asked(door, **headers)
    assert answer == code
    assert TOKEN not in text
    assert not Path(door.path).exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_read(door: Door, method: str) -> None:
    control_file.write(door.path, {"timed": ["secret"]})
    code, text = asked(door, method)
    assert code == 501
    assert "secret" not in text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"out": "/etc/passwd"}', b'{"profile": {"out": "/etc"}}'])
def test_what_nobody_would_follow_is_refused_with_the_reason(door: Door, body: bytes) -> None:
    code, text = asked(door, body=body)
    assert (code, len(text) > 10) == (400, True)
    assert not Path(door.path).exists()


def test_a_file_that_cannot_be_written_is_told_and_counted(door: Door) -> None:
    Path(door.path).mkdir()
    assert asked(door)[0] == 500
    assert registry.failures()["control door"].count == 1


def test_only_this_machine_is_let_in(door: Door) -> None:
    assert door._server is not None
    assert door._server.server_address == ("127.0.0.1", door.port)


def test_who_is_slow_is_cut_off_and_others_go_on(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_http, "LONGEST_REQUEST_S", 0.3)
    with socket.create_connection(("127.0.0.1", door.port or 0), timeout=30) as slow:
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < 60:
                slow.sendall(b"P")
                time.sleep(0.05)
        except OSError:
            pass
        assert time.monotonic() - begun < 30
    assert asked(door) == (200, "written\n")
    assert registry.failures() == {}


@pytest.mark.parametrize("sent", [b"", b"\xff\x00\n\n", b"PUT / HTTP/9\r\n\r\n", b"PUT " + b"a" * 70_000])
def test_nonsense_does_not_close_the_door(door: Door, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", door.port or 0), timeout=30) as line:
        line.sendall(sent)
    assert asked(door) == (200, "written\n")
    assert registry.failures() == {}


def test_a_port_that_is_taken_is_counted_not_raised(door: Door, tmp_path: Path) -> None:
    for port in (door.port or 0, 70_000):
        assert control.serve(tmp_path / "other.json", token=TOKEN, port=port).port is None
    assert registry.failures()["control door"].count == 2


@pytest.mark.parametrize("token", ["", "short", None])
def test_a_token_that_could_be_guessed_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(ValueError, match="at least 16"):
        control.serve(tmp_path / "control.json", token=token)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_holds_no_door(door: Door) -> None:
    port = door.port
    child = os.fork()
    if child == 0:
        os._exit(door.port is None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert door.port == port
    assert asked(door) == (200, "written\n")
