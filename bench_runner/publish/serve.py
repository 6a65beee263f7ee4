"""Serves a published site on this machine's loopback, for looking at it."""

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from os import PathLike
from pathlib import Path

from bench_runner.errors import UsageError

LOOPBACK = "127.0.0.1"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/atom+xml; charset=utf-8",
}


class _Handler(SimpleHTTPRequestHandler):
    """Files below one folder: never cached, no listing, no way out by a link, no log."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | _TYPES

    def end_headers(self) -> None:
        """Forbid keeping: the next publish must be seen at once."""
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """Return the file that a request means; one outside the folder is answered as missing."""
        place = super().translate_path(path)
        inside = Path(place).resolve().is_relative_to(Path(self.directory).resolve())
        return place if inside else str(Path(self.directory, "not-here"))

    def list_directory(self, path: str | PathLike[str]) -> BytesIO | None:  # noqa: ARG002 - asked for by the base
        """Refuse."""
        self.send_error(404)
        return None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Stay quiet."""


def server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """Return a server bound to the loopback, not yet serving; UsageError when the port is taken."""
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, directory=str(folder)))
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port}: {error}; leave --port out to get a free one") from error


def serve(folder: Path, *, port: int = 0, say: Callable[[str], object] = print) -> None:
    """Serve until Ctrl-C, having said where."""
    with server(folder, port) as running:
        try:
            say(f"http://{LOOPBACK}:{running.server_address[1]}/")
            running.serve_forever()
        except KeyboardInterrupt:
            say("stopped")
