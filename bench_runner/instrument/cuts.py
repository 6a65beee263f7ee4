"""The few buckets that other systems get of a histogram, the same ones for all names and processes.

They end at 2^10 - 1 ns (1 us), 2^11 - 1 ns ... 2^36 - 1 ns (69 s). Each is the end of a bucket of ours, so the counts
are exact, and since they never change, processes and hosts may be added up. A quantile from them is off by a factor of
up to two; windows and JSON lines have all buckets, where it is off by 1.6 %.
"""

from bench_runner.instrument.histogram import Histogram

ENDS_NS = tuple(2**octave - 1 for octave in range(10, 37))
ENDS_S = tuple(end / 10**9 for end in ENDS_NS)


def counts(histogram: Histogram) -> list[int]:
    """Return how many values lie in each bucket: those up to its end and above the one before, and the rest at last."""
    found = [0] * (len(ENDS_NS) + 1)
    shortest = ENDS_NS[0].bit_length()
    for _, high, n in histogram.buckets():
        found[min(max(high.bit_length() - shortest, 0), len(ENDS_NS))] += n
    return found


def seconds(ns: int) -> str:
    """Return ns in seconds, exactly."""
    return f"{ns // 10**9}.{ns % 10**9:09}"


def well_formed(text: str) -> str:
    r"""Return a text that can be encoded; lone surrogates, as in names of files, become "\udc80" in letters."""
    return text.encode("utf-8", "backslashreplace").decode()
