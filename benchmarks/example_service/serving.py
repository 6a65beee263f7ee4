"""One worker: takes requests from the socket that all workers share, each in a thread, until it is told to end."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer, ThreadingMixIn

from routes import answer

from bench_runner.instrument import counter, span, tracing

LOOK_S = 0.2  # how often a worker looks whether it is to end
MOST_BYTES = 1_000_000


class Server(ThreadingMixIn, HTTPServer):
    """Listens on the loopback address alone."""

    daemon_threads = False  # requests on their way are answered before it ends
    request_queue_size = 128

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Request)
        self.ending, self.parent = False, os.getpid()
        self.socket.settimeout(LOOK_S)  # another worker may have been faster

    def server_bind(self):
        """Bind without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address

    def end(self, *_):
        """Take no more requests; a handler of signals."""
        self.ending = True

    def serve(self):
        """Answer until it is to end or the parent is gone."""
        while not self.ending and os.getppid() == self.parent:
            self.handle_request()
        self.server_close()


class Request(BaseHTTPRequestHandler):
    """One request."""

    timeout = 10.0
    wbufsize = -1  # headers and body go out together

    def do_GET(self):
        """Answer."""
        path = self.path.partition("?")[0]
        with tracing(self.headers.get("traceparent")), span("request", method=self.command, path=path):
            length = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
            status, kind, text = answer(self.command, self.path, self.rfile.read(length), self.headers)
            body = text.encode()
            counter("requests").add()
            counter("sent", "By").add(len(body))
            if path == "/orders" and status == 200:
                counter("orders").add()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as http.server has it

    def log_message(self, *_):
        """Write nothing: spans do, where that is switched on."""
