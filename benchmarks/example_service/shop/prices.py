"""Says what articles cost, by quantity."""

from bisect import bisect_right

from shop.catalogue import PRICES
from shop.switches import FAULTS

STEPS = [2 * number for number in range(1, 5001)]  # from so many on it is cheaper by another 0.005 %
_quotes = {}


def discount(count):
    """Return the part of the price that is taken off."""
    if "linear-scan" in FAULTS:
        reached = 0
        for step in STEPS:
            reached += step <= count  # fault: linear-scan
    else:
        reached = bisect_right(STEPS, count)
    return reached / 20_000


def quote(lines, customer=""):
    """Return the price of so many of each article: KeyError for one that is not sold."""
    total = 0.0
    for sku, count in lines:
        known = PRICES
        if "table-per-line" in FAULTS:
            known = {one: round(price, 2) for one, price in PRICES.items()}  # fault: table-per-line
        price = known[sku] * count * (1 - discount(count))
        if "cache-without-bound" in FAULTS:
            _quotes[customer, sku, count] = price  # fault: cache-without-bound
        total += price
    return round(total, 2)
