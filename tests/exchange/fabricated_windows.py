"""Windows of a service that was never run: real histograms of drawn durations, over a real history of releases."""

import json
import os
import random
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench_runner.instrument.histogram import Histogram
from bench_runner.instrument.windows import Window

START_S = 1_790_000_040  # the start of a minute
MINUTE = 60
Plan = Mapping[str, float]  # name of a function -> its median in seconds


def histogram(rng: random.Random, middle_s: float, calls: int) -> Histogram:
    made = Histogram()
    for _ in range(calls):
        made.record(round(middle_s * 1e9 * rng.lognormvariate(0, 0.3)))
    return made


def window(plan: Plan, *, pid: int = 4711, start_s: float = START_S, calls: int = 200, **changes: object) -> Window:
    """A window that depends on its process and start alone."""
    rng = random.Random(f"{pid} {start_s}")
    fields = {
        "service": "shop",
        "commit": "v0",
        "environment": "prod-eu",
        "pid": pid,
        "start_s": start_s,
        "end_s": start_s + MINUTE,
        "histograms": {name: histogram(rng, middle, calls) for name, middle in plan.items()},
        "counters": {"orders": {"unit": "1", "value": rng.randrange(50, 60)}},
        "resources": {"cpu_s": round(rng.uniform(1, 2), 3), "rss_bytes": rng.randrange(10**7, 2 * 10**7)},
    }
    return Window(**{**fields, **changes})  # type: ignore[arg-type]


def write(folder: Path, windows: Iterable[Window]) -> list[Path]:
    """Write windows as their processes would: a file for each, named by its first window."""
    files: dict[int, list[Window]] = {}
    for one in windows:
        files.setdefault(one.pid, []).append(one)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for pid, some in files.items():
        path = folder / f"{some[0].service}-{pid}-{int(some[0].start_s * 1e9)}.jsonl"
        with path.open("a") as file:
            file.writelines(json.dumps(one.to_dict()) + "\n" for one in some)
        paths.append(path)
    return paths


@dataclass
class Releases:
    """A git history in which every `every`th commit was tagged and deployed for `minutes`, on `workers` processes."""

    folder: Path
    count: int = 12
    every: int = 3
    minutes: int = 8
    workers: int = 2
    shas: list[str] = field(default_factory=list)

    def git(self, *words: str, date: str = "") -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        command = ["git", "-C", str(self.folder), *who, *words]
        dated = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | clean | dated)
        return done.stdout.strip()

    def begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        for number in range(self.count * self.every):
            self.git(
                "commit", "--quiet", "--allow-empty", "-m", f"commit {number}", date=f"{START_S - 10**6 + number} +0000"
            )
            if number % self.every == self.every - 1:
                self.git("tag", f"v{number // self.every}")
        self.shas = self.git("rev-list", "--reverse", "HEAD").split()

    def tagged(self, number: int) -> str:
        return self.shas[number * self.every + self.every - 1]

    def windows(self, plan: Callable[[int], Plan], *, calls: int = 200) -> list[Window]:
        """The windows of all releases, one after the other; each process starts its windows at a second of its own."""
        found = []
        for number in range(self.count):
            begin = START_S + number * self.minutes * MINUTE
            for worker in range(self.workers):
                for minute in range(self.minutes):
                    start = begin + minute * MINUTE + 7 * worker + 0.25
                    pid = 1000 * (number + 1) + worker
                    found.append(window(plan(number), pid=pid, start_s=start, calls=calls, commit=f"v{number}"))
        return found
