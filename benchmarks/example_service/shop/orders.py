"""Takes orders: stock, price, receipt."""

import json
import time

from shop.catalogue import STOCK
from shop.prices import quote
from shop.switches import FAULTS

SUPPLIER_S = 0.01  # until the supplier has answered, if it is asked
_placed, _undo = [], []


def reserve(lines):
    """Take articles out of the stock; ValueError when there are not enough, LookupError for one that is not sold."""
    if "busy-retry" in FAULTS:
        answered_s = time.perf_counter() + SUPPLIER_S
        while time.perf_counter() < answered_s:  # fault: busy-retry
            pass
    for sku, count in lines:
        number = int(sku[1:])
        if STOCK[number] < count:
            raise ValueError(f"not enough of {sku}")
        STOCK[number] -= count
        if "closure-kept" in FAULTS:
            _undo.append(lambda number=number, count=count: give_back(number, count))  # fault: closure-kept


def give_back(number, count):
    """Put articles into the stock again."""
    STOCK[number] += count


def receipt(order, total):
    """Return what the customer gets to read."""
    rows = []
    for sku, count in order["lines"]:
        if "json-round-trip" in FAULTS:
            order = json.loads(json.dumps(order, indent=1))  # fault: json-round-trip
        rows.append(f"{count:6} x {sku:10} for {order['customer']}")
    return "\n".join([*rows, f"total {total:.2f}"])


def place(order):
    """Return the receipt of an order {"customer": "...", "lines": [[article, quantity], ...]}."""
    reserve(order["lines"])
    if "orders-kept" in FAULTS:
        _placed.append(repr(order))  # fault: orders-kept
    return receipt(order, quote(order["lines"], order["customer"]))
