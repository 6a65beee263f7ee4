"""What a running program pays for being profiled from outside: its own CPU time with py-spy looking at it, and without.

    python benchmarks/live_profile.py [--rounds 15] [--seconds 4] [--rate 1000] [--backend pyspy] [--json]

The program does a fixed amount of work again and again, and follows a control file. In each round it is measured
once without a profile and once with one, in turn and in changing order; the number is the CPU time of its own thread
(not that of py-spy) per piece of work. One look at the program costs the same however often it is looked at, so it is
looked at ten times as often as in real life, which makes the cost stand out of the noise; the last column is that of
one look, a hundred times a second. The goal is at most 1 % of the program's CPU time.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET, REAL_HZ = 0.01, 100
KINDS = ("calls", "mixed")
PROGRAM = """
import sys, time
from bench_runner.instrument import control

def small(a, b):
    return a * b + a

def calls():
    for n in range(2000):
        small(n, 3)

def mixed():
    rows = [{{"key": str(n), "value": n * 1.5}} for n in range(200)]
    return sorted(rows, key=lambda row: -row["value"])[:10]

work = {kind}
control.watch({path!r}, 0.1)
for line in sys.stdin:
    end, pieces, begun = time.monotonic() + float(line), 0, time.thread_time()
    while time.monotonic() < end:
        work()
        pieces += 1
    print((time.thread_time() - begun) / pieces, pieces, flush=True)
"""


@contextlib.contextmanager
def program(kind, folder):
    """Start the program; give a function that has it work for some seconds and returns its CPU seconds per piece."""
    path = str(Path(folder) / f"{kind}.json")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": folder}
    code = PROGRAM.format(kind=kind, path=path)
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, **streams) as process:

        def cpu_s(seconds):
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
            return float(process.stdout.readline().split()[0])

        yield path, cpu_s
        process.stdin.close()


def profile(path, seconds, rate, backend, number):
    """Have a profile taken; return when it is on."""
    from bench_runner.instrument import control_file

    order = {"backend": backend, "seconds": seconds + 2, "rate_hz": rate, "id": str(number)}
    control_file.write(path, {"until": time.time() + seconds + 5, "profile": order})
    time.sleep(1.0)  # py-spy needs some time to find its way


def over(path):
    """End the profile, and wait until it is written down."""
    from bench_runner.instrument import control_file

    control_file.write(path, {"until": time.time()})
    time.sleep(1.5)


def measure(kind, chosen):
    """Return the CPU seconds per piece in all rounds, without a profile and with one, and the looks per second."""
    pairs = []
    with tempfile.TemporaryDirectory() as folder, program(kind, folder) as (path, cpu_s):
        cpu_s(1.0)
        for number in range(chosen.rounds):
            taken = {}
            for on in (False, True) if number % 2 else (True, False):
                if on:
                    profile(path, chosen.seconds, chosen.rate, chosen.backend, number)
                taken[on] = cpu_s(chosen.seconds)
                if on:
                    over(path)
            pairs.append((taken[False], taken[True]))
        profiles = [one.read_text() for one in Path(f"{path}.d/profiles").glob("*.collapsed")]
    assert len(profiles) == chosen.rounds, f"{len(profiles)} of {chosen.rounds} profiles were taken"
    seen_s = sum(int(line.rpartition(" ")[2]) for profile in profiles for line in profile.splitlines()) / 1e9
    return pairs, seen_s * chosen.rate / (chosen.rounds * chosen.seconds)


def row(kind, pairs, looks_hz):
    """Return the row of one kind of work; `looks_hz` is how often a second it was really looked at."""
    ratios = sorted(with_ / without for without, with_ in pairs)
    return {
        "work": kind,
        "cpu_us_off": 1e6 * statistics.median(without for without, _ in pairs),
        "cpu_us_on": 1e6 * statistics.median(with_ for _, with_ in pairs),
        "looks_hz": round(looks_hz, 1),
        "ratio": statistics.median(ratios),
        "share_at_100_hz": (statistics.median(ratios) - 1) * REAL_HZ / looks_hz,
        "ratios": [round(one, 4) for one in ratios],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--backend", default="pyspy")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    chosen = parser.parse_args()
    rows = [row(kind, *measure(kind, chosen)) for kind in KINDS]
    if chosen.json:
        print(json.dumps({**vars(chosen), "rows": rows}))
        return
    print(f"{chosen.backend}, {chosen.rounds} rounds of {chosen.seconds:g} s, the program's own CPU time")
    for one in rows:
        looked = f"{one['ratio']:.3f} x ({one['ratios'][0]:.3f} to {one['ratios'][-1]:.3f}) at {one['looks_hz']:.0f} Hz"
        print(
            f"{one['work']:8}{one['cpu_us_off']:10.1f} us off{one['cpu_us_on']:10.1f} us on: {looked};"
            f" at {REAL_HZ} Hz {one['share_at_100_hz']:+.2%} (goal {TARGET:.0%})"
        )


if __name__ == "__main__":
    main()
