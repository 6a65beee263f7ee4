"""From a running service to the history: a slow release and a leak, drawn from a table, are found and named.

BENCH_RUNNER_SEED chooses which; otherwise it is the day.
"""

import importlib.util
import json
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench_runner.instrument import pyspy, windows
from bench_runner.instrument.stacks import Stacks

SERVICE = Path(__file__).parents[2] / "benchmarks" / "example_service"
SEED = int(os.environ.get("BENCH_RUNNER_SEED") or datetime.now(UTC).toordinal())
WORKERS = 3
REQUESTS = 150  # before anything is timed
TIMED_S = 9.0  # at least: windows of a second to find a change in
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")]


def part(name: str) -> Any:
    """Load a module of the service under a name that no other has."""
    spec = importlib.util.spec_from_file_location(f"example_service_{name}", SERVICE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


faults, running, verdicts = (part(name) for name in ("faults", "running", "verdicts"))


def drawn(kind: str) -> Any:
    fault = random.Random(f"{SEED} {kind}").choice([one for one in faults.table().values() if one.kind == kind])
    print(f"BENCH_RUNNER_SEED={SEED} draws {fault.name}: {fault.does}")  # noqa: T201 - pytest shows it when the test fails
    return fault


def command(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the real command line in a folder."""
    private = {f"XDG_{kind}_HOME": str(folder / "home" / kind) for kind in ("CACHE", "CONFIG")}
    line = [sys.executable, "-c", "from bench_runner.cli.main import run; run()", *map(str, words)]
    environment = {**os.environ, **private, "COLUMNS": "160"}
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


def answered(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Repository:
    """A git repository with the service in it."""

    folder: Path

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        line = ["git", "-C", str(self.folder), *who, *words]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()

    def release(self, tag: str, fault: str = "") -> str:
        """Commit the service, healthy or not, under a tag; return the sha."""
        shutil.copytree(SERVICE, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        switches = self.folder / "shop" / "switches.py"
        text = switches.read_text()
        assert text.count("FAULTS = set()") == 1
        switches.write_text(text.replace("set()", f"{{{fault!r}}}" if fault else "set()"))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", f"Release {tag}")
        self.git("tag", tag)
        return self.git("rev-parse", "HEAD")


@dataclass(frozen=True)
class Seen:
    """What was seen of a running release; `trouble` is why no profile was taken."""

    timed_s: float
    live: dict[str, Any]
    profile: Stacks
    trouble: str
    windows: Path


def observed(folder: Path, home: Path, commit: str) -> Seen:
    """Run a release under load, switch timing on, take a profile, and end it."""
    with running.Shop(folder, "--workers", WORKERS, "--window", 0.5, "--commit", commit, home=home) as shop:
        assert running.over(shop.load(requests=REQUESTS))["failed"] == 0
        poll(lambda: requests(whole(shop.windows)) == REQUESTS)
        timed_s = time.time()
        load = shop.load()
        words = ("--time", "shop.*:*", "--for", "5m", "--once", "--format", "json")
        live = json.loads(answered(command(folder, "attach", shop.control, *words)))
        taken = command(folder, "attach", shop.control, "--profile", "--for", "5s")
        poll(lambda: time.time() > timed_s + TIMED_S)
        under_load = running.over(load, enough=True)
    assert shop.process.returncode == 0
    assert under_load["failed"] == 0
    assert under_load["requests"] > 50
    return Seen(timed_s, live, verdicts.profiled(shop.control), trouble(taken), shop.windows)


def poll(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def whole(folder: Path) -> list[windows.Window]:
    return list(windows.read(folder)) if folder.is_dir() else []


def requests(found: Sequence[windows.Window]) -> int:
    return sum(int(str(one.counters["requests"]["value"])) for one in found if "requests" in one.counters)


def trouble(taken: subprocess.CompletedProcess[str]) -> str:
    """Return why there is no profile, "" when there is one; what could have been installed is missing under CI."""
    try:
        pyspy.program()
    except FileNotFoundError as error:
        if os.environ.get("CI") == "true":
            raise
        return str(error)
    if taken.returncode == 0:
        return ""
    assert "may not look into" in taken.stderr, taken.stderr
    return taken.stderr


def nothing_was_timed_before_and_all_workers_went_on(seen: Seen) -> None:
    found = whole(seen.windows)
    before = [one for one in found if one.end_s <= seen.timed_s]
    assert requests(before) == REQUESTS
    assert not any(one.histograms for one in before)
    pids = {one.pid for one in before}
    assert len(pids) == WORKERS
    assert {one.pid for one in found} == pids == {one.pid for one in found if one.histograms}
    assert {one["pid"] for one in seen.live["workers"]} <= pids


def the_histograms_name_it(before: Seen, after: Seen, fault: Any) -> None:
    name = f"{fault.module}:{fault.function}"
    first, second = ({one["name"]: one for one in seen.live["functions"]} for seen in (before, after))
    assert second[name]["p50_s"] > 1.2 * first[name]["p50_s"] > 0
    assert second[name]["p99_s"] >= second[name]["p50_s"]
    ratio, slowest = verdicts.slower(before.windows, after.windows)[0]
    assert slowest == name
    assert ratio > 1.2


def the_history_has_it(folder: Path, releases: Sequence[str], seen: Sequence[Seen], fault: Any) -> None:
    name = f"prod_time.{fault.module}:{fault.function}"
    answered(command(folder, "ingest", "--window", 1, *(one.windows for one in seen)))
    said = answered(command(folder, "detect"))
    assert "in production" in said
    found = json.loads(answered(command(folder, "changes", "--format", "json")))["changes"]
    names = {f"{name}.{word}" for word in ("p50", "p90", "mean")}
    moved = [one for one in found if one["worse"] and one["benchmark"] in names]
    between = [one for one in moved if [one["last_old"], one["first_new"]] == list(releases)]
    assert between, found
    assert all(one["source"] == "production" for one in between)
    answered(command(folder, "publish"))
    pages = {path.name: path.read_text() for path in (folder / "site").rglob("*.html")}
    assert any(between[0]["benchmark"] in text for page, text in pages.items() if page.startswith("prod_time-"))
    assert name in pages["production.html"]


def the_profiles_name_it(before: Seen, after: Seen, fault: Any) -> None:
    if before.trouble or after.trouble:
        pytest.skip(f"all was found but by profiles: {before.trouble or after.trouble}")
    file, function, lines = verdicts.culprits(before.profile, after.profile)[0]
    assert (file, function) == (fault.file, fault.function)
    assert fault.line in lines[:3]


def test_a_slow_release_is_named_while_it_runs_and_in_the_history(tmp_path: Path) -> None:
    fault = drawn("slow")
    repository = Repository(tmp_path / "shop")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", repository.folder], check=True)
    project = tmp_path / "project"
    project.mkdir()
    (project / "bench_runner.toml").write_text(f'project = "shop"\nrepo = "{repository.folder}"\n')
    releases = [repository.release("v1")]
    seen = [observed(tmp_path / "v1", repository.folder, "v1")]
    releases.append(repository.release("v2", fault.name))
    seen.append(observed(tmp_path / "v2", repository.folder, "v2"))
    for one in seen:
        nothing_was_timed_before_and_all_workers_went_on(one)
    the_histograms_name_it(*seen, fault)
    the_history_has_it(project, releases, seen, fault)
    the_profiles_name_it(*seen, fault)


def test_a_leak_is_named_while_the_service_runs(tmp_path: Path) -> None:
    fault = drawn("leak")
    with running.Shop(tmp_path, "--workers", 2, "--fault", fault.name) as shop:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            shop.get("/grown?seconds=0.1", token="another")
        load = shop.load()
        looks: list[dict[str, Any]] = []

        def look() -> dict[str, Any]:
            looks.append(json.loads(shop.get("/grown?seconds=2")))
            return looks[-1]

        leaking = verdicts.leaking(look)
        assert 'instrument_count_total{name="requests"' in shop.get("/metrics")
        assert running.over(load, enough=True)["failed"] == 0
    assert not any(one["warnings"] for one in looks)
    assert leaking[0] == (fault.file, fault.line)
    lines = [json.loads(line) for line in shop.log.read_text().splitlines()]
    asked = [line for line in lines if line["path"] == "/orders"]
    assert len({line["trace"] for line in asked}) == len(asked) > 20
    assert all(line["event"] == "request" and line["dur_s"] > 0 for line in asked)


def test_it_ends_as_it_is_told_and_with_its_parent(tmp_path: Path) -> None:
    with running.Shop(tmp_path / "one", "--workers", 2) as shop:
        assert json.loads(shop.get("/price?article=a1&count=2")) > 0
        assert shop.get("/search?q=oak") != "[]"
    assert shop.process.returncode == 0
    assert len(whole(shop.windows)) == 2
    with running.Shop(tmp_path / "two", "--workers", 2) as shop:
        shop.process.kill()
        shop.process.wait(60)
        poll(lambda: len(whole(shop.windows)) == 2)
        with pytest.raises(urllib.error.URLError):
            shop.get("/price?article=a1")
