"""Starts the shop: several workers on one socket of the loopback address; SIGTERM ends it gracefully.

    python benchmarks/example_service --port 8000 --workers 4 --control control.json --windows windows --commit v1.4

Everything that measures is off, or free, until it is switched on: by `bench-runner attach control.json`, by --windows,
by --log. `/metrics` is for Prometheus; `/grown` wants the token in SHOP_TOKEN.
"""

import argparse
import os
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path


def main():
    """Start the workers, and wait for their end."""
    chosen = parsed()
    from serving import Server
    from shop.switches import FAULTS

    FAULTS.update(chosen.fault)
    server, pids = Server(chosen.port), []
    on_end(server.end)
    for _ in range(chosen.workers):  # no thread is alive yet
        pid = os.fork()
        if not pid:
            work(server, chosen)
            return  # the normal way out, on which last windows are written
        pids.append(pid)
    on_end(lambda *_: end(pids))
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.socket.close()
    if server.ending:  # it was too early to tell the workers
        end(pids)
    failed = [pid for pid in pids if os.waitpid(pid, 0)[1]]
    sys.exit(f"workers failed: {failed}" if failed else 0)


def on_end(act):
    """Have something done when we are to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, act)


def end(pids):
    """Tell the workers that are left to end."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def work(server, chosen):
    """Be a worker."""
    from bench_runner.instrument import control, export

    with ExitStack() as on:
        if chosen.control:
            control.watch(chosen.control, chosen.poll)
        if chosen.windows:
            names = {"service": "shop", "commit": chosen.commit, "environment": chosen.environment}
            on.enter_context(export.results(chosen.windows, **names, window_s=chosen.window))
        if chosen.log:
            on.enter_context(logged(chosen.log))
        server.serve()


def logged(path):
    """Return a context in which the end of each span is a line of JSON with its trace."""
    import logging

    from bench_runner.instrument import listening, logs

    logs.to(path)
    log = logging.getLogger("shop")
    return listening(lambda one: log.info(one.name, extra={"dur_s": one.dur_s, "cpu_s": one.cpu_s, **one.fields}))


def parsed():
    """Return what the command line says."""
    from faults import table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--control", type=Path, help="the control file to follow")
    parser.add_argument("--poll", type=float, default=0.5, help="seconds between two looks at it")
    parser.add_argument("--windows", type=Path, help="the folder to write windows into")
    parser.add_argument("--window", type=float, default=60.0, help="seconds of a window")
    parser.add_argument("--commit", default="unknown", help="the sha or tag of what runs")
    parser.add_argument("--environment", default="prod")
    parser.add_argument("--log", type=Path, help="the file to write JSON lines to, one for each request")
    parser.add_argument("--fault", action="append", default=[], choices=table(), help="one of faults.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
