"""Intervals as people and programs get them: none where nothing is known, no digits where they say nothing."""

import math
from collections.abc import Callable

# Beyond this share of the centre on each side (a factor of 2.4 up or down) an interval's digits are noise themselves.
WIDE = 1.0
TOO_WIDE = "± > 100 %"


def percent(centre: float, low: float, high: float) -> str:
    """Return "± 3 %", half the interval as a share of the centre; "" where that is unknown."""
    share = _share(centre, low, high)
    if math.isnan(share):
        return ""
    return f"± {100 * share:.0f} %" if share <= WIDE else TOO_WIDE


def between(centre: float, low: float, high: float, show: Callable[[float], str]) -> str:
    """Return both ends as `show` prints them; "" where they are unknown."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return TOO_WIDE if _share(centre, low, high) > WIDE else f"{show(low)} .. {show(high)}"


def bounds(low: float, high: float) -> list[float] | None:
    """Return both ends for programs, None where neither is known (a ratio's from 0 to infinity says nothing either)."""
    return [low, high] if math.isfinite(high) or (math.isfinite(low) and low > 0) else None


def _share(centre: float, low: float, high: float) -> float:
    """Return half the interval as a share of the centre, NaN where there is no such number."""
    half = (high - low) / 2
    return half / abs(centre) if centre and math.isfinite(half) else math.nan
