import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bench_runner.errors import UsageError
from bench_runner.publish.serve import server


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "site"
    (folder / "static").mkdir(parents=True)
    (folder / "index.html").write_text("<p>home")
    (folder / "static/site.js").write_text("1;")
    (folder / "feed.xml").write_text("<feed/>")
    (tmp_path / "secret").write_text("secret")
    with server(folder) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", folder
        running.shutdown()


def raw(url: str, path: str) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/site.js?v=1", "text/javascript; charset=utf-8"),
        ("/feed.xml", "application/atom+xml; charset=utf-8"),
    ],
)
def test_files_come_with_their_type_and_are_not_kept(place: tuple[str, Path], path: str, kind: str) -> None:
    with urlopen(place[0] + path, timeout=10) as answer:
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/static/../../secret", "//secret", "/link", "/static/"]
)
def test_there_is_no_way_out_and_no_listing(place: tuple[str, Path], path: str) -> None:
    (place[1] / "link").symlink_to(place[1].parent / "secret")
    found = raw(place[0], path)
    assert b" 404 " in found.splitlines()[0]
    assert b"secret" not in found


def test_it_listens_on_the_loopback_only(place: tuple[str, Path]) -> None:
    assert place[0].startswith("http://127.0.0.1:")


def test_a_missing_page_is_said_to_be_missing(place: tuple[str, Path]) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(place[0] + "/nothing.html", timeout=10)


def test_a_taken_port_is_an_error_of_use(place: tuple[str, Path]) -> None:
    port = int(place[0].rsplit(":", 1)[1])
    with pytest.raises(UsageError, match="leave --port out"):
        server(place[1], port)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bench_runner.publish.serve import serve; serve(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-u", "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "stopped\n", "")
