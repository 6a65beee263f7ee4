"""The verbs on a small measured project, as a user types them."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest

from .conftest import Command

pytestmark = pytest.mark.slow
HEAVY = ("numpy", "pandas", "scipy", "pyarrow", "matplotlib", "jinja2", "git", "asv", "rich.progress")


def test_a_second_run_has_nothing_to_do(measured: Command) -> None:
    done = measured("--machine", "here", "run", "ALL", "--rounds", "3")
    assert done.code == 0
    assert "0 runs, 3 complete before: nothing to do" in done.err


def test_new_without_new_commits_is_no_error(measured: Command) -> None:
    assert measured("--machine", "here", "run", "NEW").code == 0


def test_dry_run_shows_the_plan_and_its_cost(measured: Command) -> None:
    done = measured("--machine", "other", "run", "ALL", "--dry-run")
    assert done.code == 0
    assert re.search(r"3 runs to measure in 5 rounds, about .* s; 0 complete already", done.out)
    assert not (measured.folder / "results" / "other").exists()


def test_quick_is_shown_and_never_stored(measured: Command) -> None:
    before = sorted((measured.folder / "results").rglob("*.json"))
    done = measured("--machine", "here", "run", "HEAD^!", "--quick", "-b", "spin", "--again")
    assert done.code == 0, done.err
    assert "suite.time_spin" in done.out
    assert "not stored" in done.err
    assert sorted((measured.folder / "results").rglob("*.json")) == before


def test_show_lists_runs_and_says_why_a_commit_is_missing(measured: Command) -> None:
    done = measured("show")
    assert "3 runs" in done.out
    assert "does not build" in done.out
    broken = measured("show", "HEAD~1")
    assert "flit_core.nowhere" in broken.out
    assert "suite.Pairs.mem_list(2)" in measured("show", "HEAD").out


def test_show_as_json(measured: Command) -> None:
    found = json.loads(measured("show", "HEAD", "--format", "json").out)
    assert found["schema"] == "bench_runner.runs/1"
    assert {one["id"] for one in found["results"]} >= {"suite.time_spin", "suite.track_answer"}


def test_compare_in_every_format(measured: Command) -> None:
    text = measured("compare", "HEAD~2", "HEAD")
    assert text.code == 0, text.err
    assert "suite.time_spin" in text.out
    found = json.loads(measured("compare", "HEAD~2", "HEAD", "--format", "json").out)
    (spin,) = [cell for cell in found["cells"] if cell["id"] == "suite.time_spin"]
    assert spin["ratio"] > 2
    assert measured("compare", "HEAD~2", "HEAD", "--format", "md").out.startswith("### ")
    assert measured("compare", "HEAD~2", "HEAD", "--format", "csv").out.startswith("benchmark,")


def test_baseline_is_set_shown_and_compared_with(measured: Command) -> None:
    done = measured("baseline", "set", "first", "HEAD~2", "-m", "where we began")
    assert done.code == 0, done.err
    assert "where we began" in measured("baseline", "show").out
    assert "suite.time_spin" in measured("baseline", "show", "first").out
    assert "suite.time_spin" in measured("compare", "first", "HEAD").out
    assert measured("baseline", "set", "first", "HEAD").code == 2
    assert measured("baseline", "set", "first", "HEAD", "--force", "--by", "A Uthor", "--allow", "time=50%").code == 0
    listed = measured("baseline", "list").out
    assert "A Uthor" in listed
    assert "time 50 %" in listed
    assert "before: " in measured("baseline", "show", "first").out


def test_a_baseline_is_checked_and_removed(measured: Command) -> None:
    assert measured("baseline", "set", "held", "HEAD~2").code == 0
    assert "held: PASS" in measured("baseline", "check", "held", "-b", "mem_list").out
    path = measured.folder / "results" / "baselines" / "held.baseline"
    held = json.loads(path.read_text())
    for environments in held["values"].values():
        for cases in environments.values():
            cases["suite.Pairs.mem_list(1)"] = [one / 2 for one in cases["suite.Pairs.mem_list(1)"]]
    path.write_text(json.dumps(held))
    worse = measured("baseline", "check", "held", "-b", "mem_list")
    assert worse.code == 3, worse.err
    assert worse.out.splitlines()[-1].startswith(
        "held: REGRESSION: 1 of 2 cases worse than allowed: suite.Pairs.mem_list(1)"
    )
    assert measured("baseline", "check", "held", "-b", "mem_list", "--allow", "memory=150%").code == 0
    found = measured("baseline", "check", "held", "-b", "mem_list", "--format", "json")
    assert json.loads(found.out)["counts"]
    assert "held: REGRESSION" in found.err
    assert measured("baseline", "check", "held", "--allow", "much").code == 2
    assert measured("publish").code == 0
    assert [path.name for path in (measured.folder / "site" / "c").iterdir() if "baseline held" in path.read_text()]
    assert measured("baseline", "rm", "held").code == 0
    assert measured("baseline", "rm", "held").code == 2


def test_detect_changes_publish_and_plot(measured: Command) -> None:
    assert measured("detect").code == 0
    assert json.loads(measured("changes", "--format", "json").out)["schema"] == "bench_runner.changes/1"
    assert measured("publish").code == 0
    assert (measured.folder / "site" / "index.html").is_file()
    assert "0 files written" in measured("publish").err
    assert measured("plot", "time_spin", "-o", "spin.svg").code == 0
    assert (measured.folder / "spin.svg").read_text().startswith("<?xml")


def test_flags_of_asv_are_taken_where_asv_has_them(measured: Command) -> None:
    words = ["run", "ALL", "--rounds", "3", "--machine", "here", "--record-samples", "-j", "2", "--no-pull", "-k"]
    done = measured(*words, "--config=bench_runner.toml", "--cpu-affinity", "0", "--interleave-rounds", "--dry-run")
    assert done.code == 0, done.err
    assert "3 complete already" in done.out
    other = measured("run", "ALL", "--python", "3.99", "--dry-run")
    assert "uv-py3.99" in other.out
    assert measured("run", "--cpu-affinity", "x", "--dry-run").code == 2


def test_list_and_check(measured: Command) -> None:
    assert "suite.Pairs.mem_list  x 2" in measured("list").out
    assert "suite.Pairs.mem_list(1)" in measured("list", "--cases", "-b", "mem").out
    assert "3 benchmarks, 4 cases, no problems" in measured("check").out


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("check",),
        ("machine",),
        ("show", "HEAD", "--format", "csv"),
        ("compare", "HEAD~2", "HEAD", "--format", "md"),
        ("detect",),
        ("changes", "--format", "json"),
        ("regressions",),
        ("--machine", "here", "bisect", "HEAD~2..HEAD", "-b", "answer"),
        ("baseline", "show"),
        ("store", "verify"),
        ("store", "thin", "--keep", "0 commits", "--dry-run"),
        ("policy", "suggest"),
        ("log", "show"),
        ("plot", "time_spin", "-o", "spin.svg"),
        ("publish",),
    ],
    ids=" ".join,
)
def test_each_verb_loads_what_it_needs(measured: Command, words: tuple[str, ...]) -> None:
    """In an interpreter of its own, and not forked from one that has loaded everything."""
    done = measured.alone(*words)
    assert (done.code, "Traceback" in done.err) == (0, False), done.err


def test_check_names_a_benchmark_that_cannot_run(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", "def time_wrong(a, b):\n    pass\n")
    done = tiny("check")
    assert done.code == 5
    assert "suite.time_wrong" in done.out


def test_bisect_finds_the_commit_or_says_that_nothing_changed(measured: Command) -> None:
    for number in range(4):
        measured.write("notes.txt", str(number))
        measured.commit(f"Note {number}")
    found = measured("--machine", "here", "bisect", "HEAD~6..HEAD", "-b", "time_spin")
    assert found.code == 0, found.out + found.err
    assert "changed it by" in found.out
    # What is counted: a time may change with the machine, however alike the commits are.
    same = measured("--machine", "here", "bisect", "HEAD~3..HEAD", "-b", "track_answer")
    assert same.code == 4, same.out
    several = measured("bisect", "HEAD~3..HEAD", "-b", "mem_list")
    assert several.code == 2
    assert "mem_list(1), suite.Pairs.mem_list(2)" in several.err


def test_init_writes_a_suite_that_works(tiny: Command) -> None:
    (tiny.folder / "bench_runner.toml").unlink()
    subprocess.run(["rm", "-r", tiny.folder / "benchmarks"], check=True)
    done = tiny("init")
    assert done.code == 0, done.err
    assert (tiny.folder / "benchmarks" / "suite.py").read_text().count("import tiny") == 2
    assert "no problems" in tiny("check").out
    assert tiny("run", "--quick").code == 0
    again = tiny("init")
    assert again.code == 2
    assert "--force" in again.err


def test_further_metrics_are_stored_beside_the_time(tiny: Command) -> None:
    done = tiny("run", "HEAD^!", "-b", "time_spin", "--metrics", "calls")
    assert "2 ok" in done.err
    assert "time_spin:calls" in tiny("show", "HEAD").out
    assert "1 complete already" in tiny("run", "HEAD^!", "-b", "time_spin", "--dry-run").out
    assert "1 complete already" in tiny("run", "HEAD^!", "-b", "time_spin", "--metrics", "calls", "--dry-run").out
    assert "0 complete already" in tiny("run", "HEAD^!", "-b", "time_spin", "--metrics", "alloc", "--dry-run").out
    wrong = tiny("run", "HEAD^!", "--metrics", "calls,cals")
    assert wrong.code == 2
    assert "--metrics calls,cals: cals is none of time, calls, bytecode" in wrong.err


def test_a_failing_build_everywhere_is_exit_6(tiny: Command) -> None:
    tiny.write("pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = 'nowhere'\n")
    tiny.commit("Break it again")
    done = tiny("--machine", "here", "run", "HEAD^!")
    assert done.code == 6, done.err
    assert "does not build" in tiny("show", "HEAD").out
    assert tiny("--machine", "here", "run", "HEAD^!").err.count("complete before: nothing to do") == 1


def test_suite_of_each_commit(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", "def track_other():\n    return 7\n")
    tiny.commit("Write another suite")
    done = tiny("--machine", "here", "run", "ALL", "--suite-from", "commit", "--rounds", "1")
    assert done.code == 0, done.err
    assert "suite.track_other" in tiny("show", "HEAD").out
    old = tiny("show", "HEAD~1").out
    assert "suite.time_spin" in old
    assert "suite.track_other" not in old


def test_help_loads_no_heavy_library(tiny: Command) -> None:
    code = (
        "import sys; sys.argv = ['bench-runner', '--help']\n"
        "from bench_runner.cli.main import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded []\n")


@pytest.mark.parametrize("verb", ["init", "machine", "check", "list", "run", "show", "compare", "detect", "changes",
                                  "bisect", "publish", "preview", "plot", "demo"])  # fmt: skip
def test_every_verb_has_an_example_on_a_line_of_its_own(here: Command, verb: str) -> None:
    lines = [line.strip() for line in here(verb, "--help").out.splitlines()]
    assert any(line.startswith(f"bench-runner {verb}") for line in lines)
    assert not any(line.count("bench-runner ") > 1 and "Examples" in line for line in lines)


def test_ctrl_c_at_any_moment_says_how_to_go_on(tiny: Command) -> None:
    with tiny.start("--machine", "here", "run", "ALL") as process:
        time.sleep(2)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on from" in err
    assert tiny("--machine", "here", "run", "ALL", "--rounds", "1").code == 0
    assert "3 runs" in tiny("show").out
