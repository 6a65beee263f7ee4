"""Drill: whatever the command and all it has started are doing, a power cut loses nothing that was finished."""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
import pytest

from .drill_project import CASES, Victim

if TYPE_CHECKING:
    import subprocess

RUN = ("--machine", "here", "run", "ALL", "--rounds", "2")
MARK = "BENCH_RUNNER_DRILL"
SEED = int(os.environ.get(MARK, "1"))
KILLS = {"build": 12, "measure": 12, "save": 12, "publish": 12, "any moment": 12}


class Phase(NamedTuple):
    """What a command is doing: how one sees it begin, how long it may go on, how one sees that it was cut in it."""

    words: tuple[str, ...]
    begun: Callable[[], bool]
    lasts_s: float
    caught: Callable[[], bool]


def power_cut(process: "subprocess.Popen[str]", mark: str) -> int:
    """Stop a process dead, then kill it and all that carries its mark, wherever that has moved to; return how many."""
    process.send_signal(signal.SIGSTOP)
    killed = 0
    while found := [one for one in psutil.process_iter(["environ"]) if (one.info["environ"] or {}).get(MARK) == mark]:
        for one in found:
            try:
                one.kill()
                killed += 1
            except psutil.Error:
                continue
        process.poll()
        time.sleep(0.01)
    return killed


class Drill:
    """Kills one command after the other, and looks at what is left after each."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        self.random = random.Random(SEED)
        self.results, self.site = victim.command.folder / "results", victim.command.folder / "site"
        self.tries: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.processes: Counter[str] = Counter()
        self.known: dict[int, bytes] = {}
        building, measuring = victim.out / "building", victim.out / "measuring"
        self.phases = {
            "build": Phase(RUN, building.exists, 0.5, lambda: not measuring.exists()),
            "measure": Phase(RUN, measuring.exists, 0.9, lambda: len(victim.files()) == len(self.known)),
            "save": Phase(RUN, self.unfinished, 0.006, self.unfinished),
            "publish": Phase(("publish",), self.drafts, 0.1, self.drafts),
            "any moment": Phase(RUN, lambda: True, 3.0, lambda: True),
        }

    def cut(self, name: str) -> None:
        """Start a command, wait for a phase of it, then a while, and cut the power; it counts when that was in time."""
        phase, mark = self.phases[name], f"{name}-{time.monotonic_ns()}"
        for left in ("building", "measuring"):
            (self.victim.out / left).unlink(missing_ok=True)
        os.environ[MARK] = mark
        try:
            process = self.victim.command.start(*phase.words)
        finally:
            del os.environ[MARK]
        with process:
            end = time.monotonic() + 120
            while not phase.begun() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.0005)
            time.sleep(self.random.uniform(0, phase.lasts_s))
            running = process.poll() is None
            processes = power_cut(process, mark)
        self.tries[name] += 1
        if running and phase.caught():
            self.kills[name] += 1
            self.processes[name] += processes

    def unfinished(self) -> bool:
        """Whether a file of the store is just being written."""
        return any((self.results / ".bench_runner").glob("*.tmp"))

    def drafts(self) -> bool:
        """Whether files of the site are just being written."""
        return any(self.site.rglob(".*.new"))

    def check(self) -> None:
        """Nothing is unreadable, and what was stored once is what it was: a case measured again has another time."""
        stored = self.victim.files()
        assert self.known.items() <= stored.items()
        again = self.victim.measured() & self.known.keys()
        assert not again, f"measured twice: {again}"
        self.known = stored
        for path in self.results.rglob("*.json"):
            json.loads(path.read_text())
        for path in self.site.rglob("*.html"):
            assert path.read_text().rstrip().endswith("</html>"), path
        for path in self.site.rglob("*.json"):
            json.loads(path.read_text())
        done = self.victim.command("--machine", "here", "store", "verify")
        assert done.code in ({0, 5} if not stored else {0}), done.out + done.err

    def resume(self, words: tuple[str, ...]) -> None:
        """Give the same command again, to its end."""
        done = self.victim.command(*words)
        assert done.code == 0, done.err
        self.check()
        assert not self.unfinished()


@pytest.mark.drill
@pytest.mark.skipif(sys.platform != "linux", reason="whose child a process was is read from /proc")
def test_sixty_power_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    victim = Victim.new(tmp_path)
    victim.grow()
    drill = Drill(victim)
    began = time.monotonic()
    while left := [name for name, number in KILLS.items() if drill.kills[name] < number]:
        name = drill.random.choice(left)
        assert drill.tries[name] < 5 * KILLS[name]
        victim.grow()
        if name == "publish":
            drill.resume(RUN)  # so that there is something new to show
        drill.cut(name)
        drill.check()
        drill.resume(drill.phases[name].words)
        assert not drill.drafts() or name != "publish"
    drill.resume(RUN)
    assert set(drill.known) == set(range(1, victim.commits + 1))
    for content in drill.known.values():
        row = json.loads(content)["results"]["suite.Suite.track_answer"]
        assert len(row[0]) == CASES
    assert f"0 runs, {victim.commits} complete before" in victim.command(*RUN).err
    drill.resume(("publish",))
    kept = {path.relative_to(drill.site): path.read_bytes() for path in drill.site.rglob("*") if path.is_file()}
    shutil.rmtree(drill.site)
    drill.resume(("publish",))
    assert kept == {path.relative_to(drill.site): path.read_bytes() for path in drill.site.rglob("*") if path.is_file()}
    lines = [
        f"{sum(drill.kills.values())} power cuts (seed {SEED}) in {time.monotonic() - began:.0f} s, each gone on with:"
    ]
    for name in KILLS:
        killed = drill.processes[name]
        lines.append(
            f"  {name:<11}{drill.kills[name]:>3} of {drill.tries[name]:>3} tries, {killed:>4} processes killed"
        )
    lines.append(f"{victim.commits} commits, each measured once, all of them complete, every file readable")
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - the table is what a drill is run for
