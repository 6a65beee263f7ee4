"""What went on around a round's values: in its process, on its host, and how fast the same fixed work went then."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Vitals:
    """Signs of how quiet it was while a round's values were taken; NaN where something could not be read.

    Counted in the measured process over the calls behind its values: context switches that were `involuntary` and
    `voluntary`, page faults `minor` and `major`. Of the host: `load` (processes, over a minute), `steal` (the
    share of the CPU time wanted here that the hypervisor gave away), `others` (the share of all CPUs' time that
    processes not ours used), `mhz` of the fastest CPU, pages `swapped` in. `canary_s` and `canary_cpu_s` are seconds of
    the canary, the mean of the one before and the one after, `usual_s` the lower quartile of all those of the same
    measurement.
    """

    involuntary: float = math.nan
    voluntary: float = math.nan
    minor: float = math.nan
    major: float = math.nan
    load: float = math.nan
    steal: float = math.nan
    others: float = math.nan
    mhz: float = math.nan
    swapped: float = math.nan
    canary_s: float = math.nan
    canary_cpu_s: float = math.nan
    usual_s: float = math.nan

    def rounded(self) -> "Vitals":
        """Return the same to as many digits as are stored, so that a file is judged as the measurement was."""
        return Vitals(**{name: float(f"{getattr(self, name):.{digits - 1}e}") for name, digits in DIGITS.items()})


UNKNOWN = Vitals()
# Significant digits that are worth their bytes: shares to per mille, canaries to a tenth of the noise between two.
DIGITS: Mapping[str, int] = MappingProxyType(
    {one.name: 3 for one in fields(Vitals)}
    | dict.fromkeys(("involuntary", "voluntary", "minor", "major"), 5)
    | dict.fromkeys(("mhz", "canary_s", "canary_cpu_s", "usual_s"), 4)
)
