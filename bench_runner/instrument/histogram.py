"""A sparse histogram of nanoseconds: buckets of 1/32 octave, merged exactly, quantiles within 1.6 %."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

VERSION = 1
LARGEST_NS = 2**63 - 1  # 292 years, and what other formats hold
# Each octave has 2**5 buckets of one width, as in HdrHistogram. Values below 2**6 have a bucket each.
_BITS = 5
_EXACT = 2 ** (_BITS + 1)
_NONE: dict[str, object] = {"count": 0, "sum_ns": 0, "min_ns": None, "max_ns": None, "buckets": []}


class Histogram:
    """Counts durations in ns; for one thread at a time (see `threads.Threaded` for more).

    Memory is bounded: 64 buckets and 32 for each octave in use, 1888 at most.
    """

    __slots__ = ("_high", "_low", "counts", "sum_ns")
    __hash__ = None  # type: ignore[assignment] # it changes

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.counts: defaultdict[int, int] = defaultdict(int)  # index of a bucket -> values in it
        self.sum_ns = 0
        self._low, self._high = LARGEST_NS + 1, -1

    def record(self, ns: int) -> None:
        """Count one duration; one outside of 0..LARGEST_NS is taken for the nearer end."""
        if ns < 0:  # noqa: PLR1730 - a call of max costs three times as much, at each measured call
            ns = 0
        if ns < _EXACT:
            index = ns
        else:
            shift = ns.bit_length() - _BITS - 1
            if shift > 57:  # 63 bits and more
                ns, shift = min(ns, LARGEST_NS), 57
            index = (shift << _BITS) + (ns >> shift)
        # No call from here on: with a GIL, other threads and signal handlers find the numbers whole.
        self.counts[index] += 1
        self.sum_ns += ns
        if ns < self._low:  # noqa: PLR1730 - the same
            self._low = ns
        if ns > self._high:  # noqa: PLR1730 - the same
            self._high = ns

    def merge(self, other: "Histogram") -> None:
        """Add what another one counted: the same, in any order, as if all had been recorded here."""
        # One line, its only call last: with a GIL this is one step for the thread that may be recording there.
        sum_ns, low, high, counts = other.sum_ns, other._low, other._high, dict(other.counts)  # noqa: SLF001 - its own kind
        for index, n in counts.items():
            self.counts[index] += n
        self.sum_ns += sum_ns
        self._low, self._high = min(self._low, low), max(self._high, high)

    def since(self, earlier: "Histogram") -> "Histogram":
        """Return what was recorded after an earlier reading: merged with that, it is this one again.

        Count, buckets and sum are exact; so is an end that lies beyond the earlier one, else it is that of its bucket.
        ValueError where the other one has what is missing here.
        """
        left = {
            index: self.counts.get(index, 0) - earlier.counts.get(index, 0) for index in {*self.counts, *earlier.counts}
        }
        if any(n < 0 for n in left.values()):
            raise ValueError("an earlier reading that counts more than the later one")
        made = Histogram()
        made.counts.update((index, n) for index, n in left.items() if n)
        if made.counts:
            made.sum_ns, made._low, made._high = self.sum_ns - earlier.sum_ns, self._low, self._high
            made.settle()
        return made

    def settle(self) -> None:
        """Make ends and sum agree with the buckets, if threads without a GIL or a difference left them wide."""
        if self.counts:
            (first, least), (most, last) = bounds(min(self.counts)), bounds(max(self.counts))
            self._low, self._high = _within(self._low, first, least), _within(self._high, most, last)
            self.sum_ns = _within(self.sum_ns, self.count * self._low, self.count * self._high)

    @property
    def count(self) -> int:
        """How many durations were recorded."""
        return sum(self.counts.values())

    @property
    def min_ns(self) -> int | None:
        """The shortest, exactly; None when empty."""
        return self._low if self._high >= 0 else None

    @property
    def max_ns(self) -> int | None:
        """The longest, exactly; None when empty."""
        return self._high if self._high >= 0 else None

    @property
    def mean_ns(self) -> float | None:
        """The mean, from the exact sum; None when empty."""
        return self.sum_ns / n if (n := self.count) else None

    def quantile(self, q: float) -> int | None:
        """Return the ns at nearest rank ceil(q * count), within 1/64 of it; 0 and 1 are exact, None when empty."""
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
        if self._high < 0 or q in {0, 1}:
            return self.max_ns if q == 1 else self.min_ns
        # 0.1 * 10 must not become rank 2, nor 0.7 * 10 rank 8, for the last bit of a float.
        rank = max(1, math.ceil(q * self.count * (1 - 1e-12)))
        indexes = sorted(self.counts)
        reached = accumulate(self.counts[index] for index in indexes)
        index = next(index for index, upto in zip(indexes, reached, strict=True) if upto >= rank)
        low, high = bounds(index)
        return _within((low + high) // 2, self._low, self._high)

    def buckets(self) -> Iterator[tuple[int, int, int]]:
        """Yield (smallest ns, largest ns, values) of each bucket in use, in order."""
        for index in sorted(self.counts):
            yield (*bounds(index), self.counts[index])

    def to_dict(self) -> dict[str, object]:
        """Return it as plain integers, lists and None, fit for strict JSON."""
        told = {"count": self.count, "sum_ns": self.sum_ns, "min_ns": self.min_ns, "max_ns": self.max_ns}
        return {"version": VERSION, **told, "buckets": [[index, self.counts[index]] for index in sorted(self.counts)]}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Histogram":
        """Return what `to_dict` told; ValueError names what cannot be."""
        if data.get("version") != VERSION:
            raise ValueError(f"histogram of version {data.get('version')!r}, this program reads {VERSION}")
        made = cls()
        made.counts.update(_pairs(data.get("buckets")))
        if not made.counts:
            _same(data, _NONE)
            return made
        made.sum_ns, made._low, made._high = (_natural(data, key) for key in ("sum_ns", "min_ns", "max_ns"))
        if _index(made._low) != min(made.counts) or _index(made._high) != max(made.counts) or made._low > made._high:
            raise ValueError("histogram whose min_ns and max_ns do not lie in its first and last bucket")
        if not made.count * made._low <= made.sum_ns <= made.count * made._high:
            raise ValueError(f"histogram whose sum_ns of {made.sum_ns} does not fit its values")
        _same(data, {"count": made.count})
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        return f"<Histogram of {self.count}: {self.min_ns}..{self.max_ns} ns>"


def bounds(index: int) -> tuple[int, int]:
    """Return the smallest and the largest ns of a bucket."""
    if index < _EXACT:
        return index, index
    shift, sub = (index >> _BITS) - 1, (index & (2**_BITS - 1)) + 2**_BITS
    return sub << shift, ((sub + 1) << shift) - 1


def _within(value: int, low: int, high: int) -> int:
    """Return the number nearest to a value in low..high."""
    return min(max(value, low), high)


def _index(ns: int) -> int:
    """Return the bucket of a duration."""
    one = Histogram()
    one.record(ns)
    return next(iter(one.counts))


def _pairs(rows: object) -> Iterator[tuple[int, int]]:
    """Yield (index, count) of a document's buckets, which must rise."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise ValueError("histogram without a list of buckets")  # noqa: TRY004 - a damaged document, not a wrong call
    last = -1
    for row in rows:
        match row:
            case [int(index), int(n)] if last < index <= _LAST and n > 0:
                last = index
                yield index, n
            case _:
                raise ValueError(f"histogram with a bucket {row!r} after index {last}: not a higher index and a count")


def _natural(data: Mapping[str, object], key: str) -> int:
    """Return a number of a document that is not negative."""
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"histogram with {key} {value!r}, not a natural number")
    return value


def _same(data: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    """See that a document says what follows from the rest of it."""
    for key, value in wanted.items():
        if data.get(key) != value:
            raise ValueError(f"histogram with {key} {data.get(key)!r}, its buckets make it {value!r}")


_LAST = _index(LARGEST_NS)
