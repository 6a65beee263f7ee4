"""Takes fields of the expected type out of parsed JSON, which anybody may have written."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench_runner.errors import StoreError

Json = Mapping[str, Any]

_LARGEST = 2**53  # whole numbers beyond are not the same to all readers of JSON


def text(data: Json, key: str, default: str = "") -> str:
    """Return a string (null counts as missing)."""
    value = data.get(key)
    return default if value is None else unicode(value, key)


def unicode(value: object, what: str) -> str:
    """Return `value` if it is a string that can be written as UTF-8."""
    if not isinstance(value, str):
        raise wrong(what, "a string", value)
    try:
        value.encode()
    except UnicodeEncodeError as cause:
        raise wrong(what, "valid Unicode", value) from cause
    return value


def whole(data: Json, key: str, default: int = 0) -> int:
    """Return a whole number (null counts as missing)."""
    value = data.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise wrong(key, "a whole number", value)
    return int(value)


def flag(data: Json, key: str, *, default: bool) -> bool:
    """Return a truth value."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise wrong(key, "true or false", value)
    return value


def number(value: object, what: str) -> float:
    """Return a number as float; null is NaN. A truth value counts, as a tracked benchmark may return one."""
    if value is None:
        return math.nan
    if not isinstance(value, int | float):
        raise wrong(what, "a number", value)
    try:
        return float(value)
    except OverflowError as cause:
        raise wrong(what, "a number that fits", value) from cause


def numbers(value: object, what: str) -> tuple[float, ...]:
    """Return a list of numbers."""
    # Nearly all are floats, and there are millions of them.
    return tuple([one if type(one) is float else number(one, what) for one in array(value, what)])


def loose(value: object) -> float:
    """Return a number as float, NaN for everything else: a tracked benchmark of asv's may return what it likes."""
    try:
        return number(value, "")
    except StoreError:
        return math.nan


def wholes(value: object, what: str) -> list[int]:
    """Return a list of whole numbers, none negative."""
    found = array(value, what)
    if any(type(one) is not int or one < 0 for one in found):
        raise wrong(what, "a list of whole numbers", value)
    return list(found)


def array(value: object, what: str) -> Sequence[Any]:
    """Return a list (null is an empty one)."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong(what, "a list", value)
    return value


def table(data: Json, key: str) -> dict[str, Any]:
    """Return an object (null and missing are an empty one)."""
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong(key, "an object", value)
    return value


def strings(data: Json, key: str) -> dict[str, str]:
    """Return an object of strings, null counting as "", sorted by name."""
    return {name: text(values, name) for values in (table(data, key),) for name in sorted(values)}


def wrong(what: str, expected: str, value: object) -> StoreError:
    """Return the error that says which field is not what it should be."""
    return StoreError(f"{what!r} must be {expected}, not {repr(value)[:60]}")
