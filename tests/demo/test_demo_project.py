import collections
import itertools
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from bench_runner.demo.project import COMMITS, CONTROLS, Effect, Truth, places, truth_of, write
from bench_runner.errors import UsageError

# Runs each benchmark once and counts the lines that Python executes: work without the noise of a clock.
COUNT = """
import json, sys
from benchmarks import size, speed
def lines(call):
    seen = 0
    def trace(frame, event, arg):
        nonlocal seen
        seen += event == "line"
        return trace
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(None)
    return seen
unpack = speed.TimeUnpack()
unpack.setup()
calls = {
    "speed.time_score": speed.time_score, "speed.time_wrap": speed.time_wrap, "speed.time_merge": speed.time_merge,
    "speed.time_split": speed.time_split, "speed.TimeFold.time_fold": lambda: speed.TimeFold().time_fold(10000),
    "speed.TimeUnpack.time_unpack": unpack.time_unpack,
}
counts = {name: lines(call) for name, call in calls.items()}
counts["size.track_folding"] = size.track_folding()
if "fit" in sys.argv:
    counts["speed.time_fit"] = lines(speed.time_fit)
json.dump(counts, sys.stdout)
"""
# The peak of this process alone: Linux hands the maximum of getrusage on from the process that started it.
PEAK = """
import re, asv_runner.run
from benchmarks import size
size.peakmem_index()
print(re.search(r"VmHWM:\\s*([0-9]+)", open("/proc/self/status").read())[1])
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("demo") / "quire"
    return folder, write(folder)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def effect(truth: Truth, kind: str) -> Effect:
    return next(each for each in truth.effects if each.kind == kind)


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what the project says its build takes; without it each build installs that anew."""
    folder = tmp_path_factory.mktemp("builder")
    subprocess.run([find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([find_uv_bin(), "pip", "install", "--quiet", "--python", python, "setuptools>=70.1"], check=True)
    return python


def built(folder: Path, sha: str, out: Path, builder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Check out one commit, build its wheel the way any front end does, and unpack it."""
    tree = out / "tree"
    git(folder, "worktree", "add", "--quiet", "--detach", str(tree), sha)
    kept = ["--no-build-isolation", "--python", str(builder)] if builder else []
    command = [find_uv_bin(), "build", "--wheel", *kept, "--out-dir", str(out / "wheel"), str(tree)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        wheel = next((out / "wheel").glob("*.whl"))
        subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, out / "installed"], check=True)
    return done


def run(out: Path, suite: Path, code: str, *arguments: str) -> str:
    """Run code in a fresh process that sees one built wheel and the suite of the newest commit."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(out / "installed"), str(suite)])}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=variables, cwd=out, check=True, capture_output=True, text=True).stdout


def test_the_same_seed_gives_the_same_commits(made: tuple[Path, Truth], tmp_path: Path) -> None:
    again = write(tmp_path / "again")
    assert again.commits == made[1].commits
    assert repr(again) == repr(made[1])
    assert write(tmp_path / "other", seed=1).commits != again.commits


def test_the_users_git_configuration_changes_nothing(
    made: tuple[Path, Truth], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[core]\nautocrlf = true\n[init]\ndefaultObjectFormat = sha256\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    assert write(tmp_path / "again").commits == made[1].commits
    assert not (tmp_path / "elsewhere").exists()


def test_the_repository_is_whole_and_clean(made: tuple[Path, Truth]) -> None:
    folder, truth = made
    assert git(folder, "fsck", "--strict", "--full") == ""
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "rev-list", "--reverse", "HEAD").split() == list(truth.commits)
    assert len(truth.commits) == COMMITS
    times = [int(time) for time in git(folder, "log", "--reverse", "--format=%at").split()]
    assert times == sorted(set(times))
    assert git(folder, "tag").split() == ["v0.3.1", "v0.4.0", "v0.5.0"]
    assert not any(name.endswith(".txt") for name in git(folder, "ls-files").split())


def test_no_subject_gives_an_effect_away(made: tuple[Path, Truth]) -> None:
    folder, _ = made
    words = set(re.findall(r"\w+", git(folder, "log", "--format=%s").lower()))
    assert not words & {"slow", "slower", "fast", "faster", "speed", "regression", "memory", "performance", "hangs"}
    assert "heading" in words


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_truth_of_a_project_can_be_read_again(made: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = made
    assert repr(truth_of(folder)) == repr(truth)
    with pytest.raises(UsageError, match="seed 1"):
        truth_of(folder, seed=1)
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UsageError):
        truth_of(tmp_path)


@pytest.mark.parametrize("seed", range(300))
def test_effects_stand_apart_with_room_on_both_sides(seed: int) -> None:
    drawn = places(seed)
    mended = drawn.slower + 9
    levels = sorted((drawn.step, drawn.small, drawn.memory, drawn.slower, mended))
    assert levels[0] >= 8
    assert COMMITS - levels[-1] >= 8
    assert all(b - a >= 2 for a, b in itertools.pairwise(levels))
    # the commits on both sides of each change can be built and belong to no other effect
    taken = {drawn.broken, drawn.broken + 1, drawn.hangs, drawn.hangs + 2}
    assert len(taken) == 4
    assert not taken & set(levels)
    assert all(level - 1 != drawn.broken for level in levels)
    assert not {drawn.hangs, drawn.hangs + 1} & {drawn.broken}


def test_places_differ_between_seeds() -> None:
    assert len({places(seed).step for seed in range(100)}) > 10
    assert len({places(seed).slower for seed in range(100)}) == 6


@pytest.mark.slow
def test_each_effect_is_real_and_leaks_nowhere(made: tuple[Path, Truth], builder: Path, tmp_path: Path) -> None:
    folder, truth = made
    hangs = effect(truth, "timeout")
    counts: dict[str, dict[str, int]] = {}
    starts = {each.commit for each in truth.effects} | {each.until for each in truth.effects if each.until}
    looked_at = {truth.commits[0], truth.commits[-1]}
    looked_at |= {truth.commits[truth.commits.index(sha) - 1] for sha in starts} | starts
    looked_at -= {effect(truth, "unbuildable").commit}
    for sha in looked_at:
        out = tmp_path / sha[:8]
        assert built(folder, sha, out, builder).returncode == 0, f"{sha} does not build"
        hanging = truth.commits.index(hangs.commit) <= truth.commits.index(sha) < truth.commits.index(hangs.until)
        counts[sha] = json.loads(run(out, folder, COUNT, *[] if hanging else ["fit"]))
    per_benchmark = collections.defaultdict(dict)
    for sha, values in counts.items():
        for name, count in values.items():
            per_benchmark[name][sha] = count
    for name in (*CONTROLS, "speed.time_fit"):
        assert len(set(per_benchmark[name].values())) == 1, f"{name} changes"
    for each in truth.effects:
        if each.kind in {"step", "recovered"}:
            check_level(each, truth, per_benchmark[each.benchmark])


def check_level(each: Effect, truth: Truth, counts: dict[str, int]) -> None:
    start = truth.commits.index(each.commit)
    end = truth.commits.index(each.until) if each.until else COMMITS
    inside = {count for sha, count in counts.items() if start <= truth.commits.index(sha) < end}
    outside = {count for sha, count in counts.items() if not start <= truth.commits.index(sha) < end}
    assert (len(inside), len(outside)) == (1, 1), f"{each.benchmark} changes elsewhere"
    assert inside.pop() / outside.pop() == pytest.approx(each.ratio, rel=0.005)


@pytest.mark.slow
def test_the_broken_commit_breaks_and_says_why(made: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = made
    broken = effect(truth, "unbuildable")
    done = built(folder, broken.commit, tmp_path)
    assert done.returncode != 0
    assert "NameError: name 'RANGES' is not defined" in done.stderr
    assert truth.commits.index(broken.until) == truth.commits.index(broken.commit) + 1
    assert math.isnan(broken.ratio)


@pytest.mark.slow
def test_the_timeout_hangs_until_it_is_mended(made: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = made
    hangs = effect(truth, "timeout")
    first = truth.commits.index(hangs.commit)
    assert truth.commits.index(hangs.until) == first + 2
    for sha in truth.commits[first : first + 2]:
        out = tmp_path / sha[:8]
        assert built(folder, sha, out).returncode == 0
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(out / "installed"), str(folder)])}
        command = [sys.executable, "-c", "from benchmarks import speed; speed.time_fit()"]
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(command, env=variables, cwd=out, check=True, timeout=2)


@pytest.mark.slow
def test_the_memory_grows_by_what_is_said(made: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = made
    grows = effect(truth, "memory")
    place = truth.commits.index(grows.commit)
    peaks = []
    for sha in truth.commits[place - 1 : place + 1]:
        out = tmp_path / sha[:8]
        assert built(folder, sha, out).returncode == 0
        peaks.append(int(run(out, folder, PEAK)))
    assert peaks[1] / peaks[0] == pytest.approx(grows.ratio, rel=0.05)
