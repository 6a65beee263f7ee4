"""Tries all faults of the table, one after the other: is the function that is slow, or the line that leaks, named?

    python benchmarks/example_service/study.py [--seconds 6] [--rate 500] [--healthy 6] [--only NAME]

Each slow shop is timed and profiled live under load and compared with a healthy one; pairs of healthy ones, which have
nothing to find, say how far shares move by themselves.
"""

import argparse
import json
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from faults import table
from running import Shop, over
from verdicts import OURS, culprits, leaking, profiled, slower

WORKERS = 2


def observed(chosen, folder, *words):
    """Return the stacks of a shop under load, and leave its windows in a folder."""
    from bench_runner.instrument import control_file

    with Shop(folder, "--workers", WORKERS, "--window", 1, *words) as shop:
        load = shop.load(seconds=chosen.seconds + 3)
        time.sleep(0.5)
        order = {"seconds": chosen.seconds, "rate_hz": chosen.rate}
        asked = {"timed": ["shop.*:*"], "until": time.time() + chosen.seconds + 60, "profile": order}
        control_file.write(str(shop.control), asked)
        assert over(load)["failed"] == 0
        end_s = time.monotonic() + 30
        while len(list(Path(f"{shop.control}.d/profiles").glob("*.collapsed"))) < WORKERS and time.monotonic() < end_s:
            time.sleep(0.2)
        return profiled(shop.control)


def blamed(chosen, fault, healthy, folder):
    """Return the places, from 1, of the function in the profiles, of its line in it, and of it by histograms."""
    from bench_runner.instrument.differing import changes

    before, windows = healthy
    after = observed(chosen, folder, "--fault", fault.name)
    found = culprits(before, after)
    at = _place([(file, name) for file, name, _ in found], (fault.file, fault.function))
    line = _place(found[at - 1][2], fault.line) if at else 0
    ratios = slower(windows, folder / "windows")
    by_time = _place([name for _, name in ratios], f"{fault.module}:{fault.function}")
    rise = changes(before, after, ours=OURS)[0].told().strip()
    return f"profile {at}, its line {line}, histogram {by_time} ({ratios[0][0]:.1f} times); {rise}"


def leaked(fault, folder):
    """Return the place of the line that leaks among those of the shop that grew."""
    with Shop(folder, "--workers", WORKERS, "--fault", fault.name) as shop:
        load = shop.load()
        time.sleep(0.5)
        found = leaking(lambda: json.loads(shop.get("/grown?seconds=2")))
        over(load, enough=True)
    return f"line {_place(found, (fault.file, fault.line))} of {len(found)} that grew"


def moved(before, after):
    """Return how far the share of a function of ours moved at most, own and with all that it calls."""
    from bench_runner.instrument.differing import changes

    found = [one for one in changes(before, after, ours=OURS) if one.file.startswith(OURS)]
    own, whole = max(abs(one.own) for one in found), max(abs(one.whole) for one in found)
    return f"own share of a function moved by {100 * own:.1f} % at most, with callees {100 * whole:.1f} %"


def _place(found, wanted):
    """Return the place of something in a list, from 1; 0 when it is not there."""
    return found.index(wanted) + 1 if wanted in found else 0


def main():
    """Print a line for each fault and each pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--healthy", type=int, default=6, help="shops without a fault; each is compared with the next")
    parser.add_argument("--only", default="", help="the fault to try")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / f"healthy{number}" for number in range(max(1, chosen.healthy))]
        healthy = [observed(chosen, folder) for folder in folders]
        for before, after in pairwise(healthy):
            print(f"{'healthy':20}", moved(before, after), flush=True)
        for fault in (one for one in table().values() if chosen.only in {"", one.name}):
            folder = Path(place) / fault.name
            if fault.kind == "leak":
                said = leaked(fault, folder)
            else:
                said = blamed(chosen, fault, (healthy[0], folders[0] / "windows"), folder)
            print(f"{fault.name:20} {fault.function}: {said}", flush=True)


if __name__ == "__main__":
    main()
