r"""A door on 127.0.0.1 through which who knows a token may write the control file, which is all it can do.

    curl -X PUT -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
         -d '{"timed": ["shop.checkout:*"], "until": 1790000060}' http://127.0.0.1:8123/

Nothing can be read through it. A web page that a browser on this machine shows cannot come in: a request with an
Origin, or with a Host that is not this address (a foreign name that was made to lead here), is refused before its
token is looked at. One process opens it, all follow the file. While its thread is there, Python 3.12 and later warn of
a fork; a forked child has no door.
"""

import hmac
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from weakref import WeakSet

from bench_runner.instrument import control_file, registry
from bench_runner.instrument.background import first_in_child

NAME = "control door"  # of our failures
SHORTEST_TOKEN = 16
LONGEST_REQUEST_S = 10.0
_HOSTS = ("127.0.0.1", "localhost")


class Door:
    """A control file behind a token; open, then closed. ValueError for a token that could be guessed."""

    def __init__(self, path: str, token: str) -> None:
        if not isinstance(token, str) or len(token) < SHORTEST_TOKEN:
            raise ValueError(f"a token has at least {SHORTEST_TOKEN} characters: secrets.token_urlsafe() makes one")
        self.path, self._token = path, token.encode()
        self._server: _Server | None = None

    def open(self, port: int) -> None:
        """Let requests in, on a free port for 0; where that fails it is counted, and `port` stays None."""
        try:
            self._server = _Server(self, port)
            threading.Thread(target=self._server.serve_forever, args=(0.2,), name=NAME, daemon=True).start()
            _open.add(self)
        except (OSError, OverflowError, RuntimeError) as error:
            registry.failed(NAME, error)
            self.shut()

    @property
    def port(self) -> int | None:
        """The port it has; None when it is not open."""
        return self._server.server_address[1] if self._server else None

    def close(self) -> None:
        """Let no more requests in."""
        if self._server is not None:
            self._server.shutdown()
        self.shut()

    def shut(self) -> None:
        """Give the port back, in a forked child too, where no thread answers."""
        server, self._server = self._server, None
        if server is not None:
            server.server_close()

    def refusal(self, asked: BaseHTTPRequestHandler) -> tuple[int, str] | None:
        """Return why a request has no right to anything, None when it has."""
        headers = asked.headers
        if headers.get("Host") not in {f"{host}:{self.port}" for host in _HOSTS} or "Origin" in headers:
            return 403, "not for web pages"
        kind, _, token = headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not hmac.compare_digest(token.strip().encode(errors="replace"), self._token):
            return 401, "no such token"
        return None


class _Server(HTTPServer):
    """One request at a time, on the loopback address alone."""

    allow_reuse_address = False

    def __init__(self, door: Door, port: int) -> None:
        self.door = door
        super().__init__(("127.0.0.1", port), _Request)

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        import socketserver

        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as the base class has it
        """Count what is our own failure; that somebody hung up is none."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            registry.failed(NAME, error)


class _Request(BaseHTTPRequestHandler):
    """One request."""

    server: _Server
    server_version, sys_version, timeout = "bench-runner", "", 5.0

    def setup(self) -> None:
        """Cut off who takes too long, be it a byte now and then."""
        self._limit = threading.Timer(LONGEST_REQUEST_S, self._cut)
        self._limit.daemon = True
        self._limit.start()
        super().setup()

    def finish(self) -> None:
        """Take the limit away."""
        self._limit.cancel()
        super().finish()

    def do_PUT(self) -> None:
        """Write the control file."""
        self._answer(*(self.server.door.refusal(self) or self._written()))

    do_POST = do_PUT  # noqa: N815 - as http.server has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server has it
        """Print nothing: the output is the program's."""

    def _written(self) -> tuple[int, str]:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            return 411, "a Content-Length is needed"
        if len(length) > 9 or int(length) > control_file.MOST_BYTES:
            return 413, f"at most {control_file.MOST_BYTES} bytes"
        if self.headers.get_content_type() != "application/json":
            return 415, "application/json is needed"
        try:
            control_file.write(self.server.door.path, control_file.parsed(self.rfile.read(int(length))))
        except ValueError as error:
            return 400, str(error)
        except OSError as error:
            registry.failed(NAME, error)
            return 500, f"the file cannot be written: {error.strerror}"
        return 200, "written"

    def _answer(self, code: int, text: str) -> None:
        body = f"{text}\n".encode(errors="replace")
        self.close_connection = True
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        import socket

        try:  # noqa: SIM105 - nothing to say about it
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # gone already
            pass


_open: "WeakSet[Door]" = WeakSet()


def _in_child() -> None:
    """Keep a child from holding a port that nobody answers on there."""
    for door in tuple(_open):
        door.shut()


first_in_child(_in_child)
