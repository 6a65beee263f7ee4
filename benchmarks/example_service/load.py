"""Puts a bounded load on the shop: so many requests over so many connections at a time; it ends by itself.

    python benchmarks/example_service/load.py --port 8000 --requests 2000 --connections 4

The requests are the same for the same seed: a third each of questions, prices and orders. SIGTERM ends it earlier.
"""

import argparse
import json
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

PATIENCE_S = 30.0  # for one answer
HOST = "127.0.0.1"


@dataclass
class Load:
    """What came of it: requests by path and status, and the seconds that each took, by path."""

    counts: Counter = field(default_factory=Counter)
    latencies_s: dict = field(default_factory=dict)

    def told(self):
        """Return counts and quantiles; failed is what was not answered as it should be."""
        failed = sum(n for (_, status), n in self.counts.items() if status != 200)
        paths = {path: _path(sorted(times)) for path, times in sorted(self.latencies_s.items())}
        return {"requests": self.counts.total(), "failed": failed, "paths": paths}


def _path(times):
    """Return what there is to say of seconds in order."""
    p50, p99 = (1000 * times[min(len(times) - 1, int(q * len(times)))] for q in (0.5, 0.99))
    return {"requests": len(times), "p50_ms": p50, "p99_ms": p99}


def wanted(rng):
    """Return method, path, query and body of a request."""
    from shop.catalogue import COUNT, STEMS

    lines = [[f"a{rng.randrange(COUNT)}", rng.randrange(1, 12_000)] for _ in range(20)]
    kind = rng.randrange(3)
    if kind == 0:
        question = [*rng.sample(STEMS, 6), *(f"very{rng.randrange(600)}" for _ in range(24))]
        return "GET", "/search", {"q": " ".join(question)}, None
    if kind == 1:
        return "GET", "/price", {"article": lines[0][0], "count": lines[0][1]}, None
    return "POST", "/orders", {}, json.dumps({"customer": f"c{rng.getrandbits(40)}", "lines": lines})


def send(port, request):
    """Return the status of the answer; 0 where there was none."""
    method, path, query, body = request
    connection = HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        connection.request(method, f"{path}?{urlencode(query)}" if query else path, body)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return 0
    else:
        return answer.status
    finally:
        connection.close()


def run(port, *, requests=1000, connections=4, seconds=60.0, seed=1, enough=None):
    """Return the load after so many requests or seconds, or once the event `enough` is set, whichever is first."""
    load, lock, end_s = Load(), threading.Lock(), time.monotonic() + seconds
    enough = enough or threading.Event()
    rng, left = random.Random(seed), iter(range(requests))

    def go_on():
        while time.monotonic() < end_s and not enough.is_set():
            with lock:
                if next(left, None) is None:
                    return
                request = wanted(rng)
            began_s = time.perf_counter()
            status = send(port, request)
            took_s = time.perf_counter() - began_s
            with lock:
                load.counts[request[1], status] += 1
                load.latencies_s.setdefault(request[1], []).append(took_s)

    threads = [threading.Thread(target=go_on) for _ in range(connections)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return load


def main():
    """Put the load on that the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0, help="the longest it may take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    chosen = vars(parser.parse_args())
    as_json = chosen.pop("json")
    enough = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: enough.set())
    told = run(**chosen, enough=enough).told()
    if as_json:
        print(json.dumps(told))
        return
    for path, one in told["paths"].items():
        print(f"{path:10}{one['requests']:8} requests   p50 {one['p50_ms']:7.2f} ms   p99 {one['p99_ms']:7.2f} ms")
    print(f"{told['failed']} of {told['requests']} failed")


if __name__ == "__main__":
    main()
