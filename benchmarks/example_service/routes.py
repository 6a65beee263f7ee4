"""What the service answers to whom: the shop's addresses, and those for its operators."""

import hmac
import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shop import orders, prices, search

TOKEN = "SHOP_TOKEN"  # noqa: S105 - the name of the variable that holds it
MOST_SECONDS = 30.0
PLAIN, JSON = "text/plain; charset=utf-8", "application/json"


@dataclass(frozen=True)
class Asked:
    """What came with a request."""

    query: dict
    body: bytes
    headers: Any


class Refused(Exception):  # noqa: N818 - it is no error of ours
    """A request without a right to an answer."""


def ask(asked):
    """GET /search?q=oak+table"""
    return JSON, json.dumps(search.search(asked.query.get("q", "")))


def price(asked):
    """GET /price?article=a1&count=3&article=..."""
    return JSON, json.dumps(prices.quote([(asked.query["article"], int(asked.query.get("count", "1")))]))


def order(asked):
    """POST /orders"""
    return PLAIN, orders.place(json.loads(asked.body))


def metrics(_asked):
    """GET /metrics: what this one of the workers has measured"""
    from bench_runner.instrument import export

    return "text/plain; version=0.0.4; charset=utf-8", export.prometheus()


def grown(asked):
    """GET /grown?seconds=3 with the token: what this worker has allocated meanwhile and still holds"""
    from bench_runner.instrument.snapshots import grown_within

    token = os.environ.get(TOKEN, "")
    if not token or not hmac.compare_digest(asked.headers.get("Authorization", ""), f"Bearer {token}"):
        raise Refused
    return JSON, json.dumps(grown_within(min(float(asked.query.get("seconds", "3")), MOST_SECONDS)).to_dict())


ROUTES = {
    ("GET", "/search"): ask,
    ("GET", "/price"): price,
    ("POST", "/orders"): order,
    ("GET", "/metrics"): metrics,
    ("GET", "/grown"): grown,
}


def answer(method, target, body, headers):
    """Return status, kind and text for a request."""
    parts = urlsplit(target)
    route = ROUTES.get((method, parts.path))
    if route is None:
        return 404, PLAIN, "no such page\n"
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    try:
        return 200, *route(Asked(query, body, headers))
    except Refused:
        return 401, PLAIN, "no such token\n"
    except (ValueError, LookupError, TypeError) as error:
        return 400, PLAIN, f"{type(error).__name__}: {error}\n"
