"""Bad input: each kind with its exit code and one line that says what to do."""

from collections.abc import Callable

import pytest

from .conftest import Command, Done

pytestmark = pytest.mark.slow

NOTHING_TO_BUILD = 'environment_type = "uv"\n'


def said(done: Done, code: int, *words: str) -> None:
    """Check the exit code, and that the last lines say all the words without a traceback."""
    assert done.code == code, done.err
    line = next(line for line in done.err.splitlines() if line.startswith("error: "))
    for word in words:
        assert word in line, line
    assert "Traceback" not in done.err.partition("fails to import")[0]


def test_no_configuration(here: Callable[..., Done]) -> None:
    said(here("run"), 2, "no configuration", "bench-runner init")


def test_not_a_git_repository(here: Command) -> None:
    here.write("bench_runner.toml", "")
    here.write("benchmarks/suite.py", "")
    said(here("run"), 2, "is not a git repository", "git init")


def test_unknown_ref(tiny: Command) -> None:
    said(tiny("run", "main..no-such-branch"), 2, "unknown ref", "no-such-branch")


def test_ref_with_the_nearest_name(tiny: Command) -> None:
    said(tiny("run", "mian"), 2, "did you mean 'main'?")


def test_empty_range(tiny: Command) -> None:
    said(tiny("run", "main..main"), 2, "main..main", "no commits")


def test_python_that_is_nowhere(tiny: Command) -> None:
    tiny.write("bench_runner.toml", 'project = "tiny"\npythons = ["3.99"]\n')
    said(tiny("run"), 6, "3.99")


@pytest.mark.slow
def test_suite_that_fails_to_import(tiny: Command) -> None:
    tiny.write("benchmarks/suite.py", "import nothing_of_this_name\n")
    done = tiny("run")
    said(done, 5, "fails to import", "nothing_of_this_name")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('pyhtons = ["3.11"]', ("pyhtons", "did you mean 'pythons'?")),
        ("rounds = 0", ("rounds", "bench_runner.toml")),
        ("rounds = ", ("bench_runner.toml",)),
        ('pythons = "3.11"', ("pythons",)),
        ('environment_type = "uvv"', ("environment_type", "did you mean 'uv'?")),
    ],
)
def test_configuration_that_is_wrong(tiny: Command, text: str, words: tuple[str, ...]) -> None:
    tiny.write("bench_runner.toml", text + "\n")
    said(tiny("run", "--dry-run"), 2, *words)


@pytest.mark.parametrize("verb", [["show"], ["changes"], ["detect"], ["publish"], ["plot", "x"], ["show", "HEAD"]])
def test_no_results_yet(tiny: Command, verb: list[str]) -> None:
    said(tiny(*verb), 5, "no results", "bench-runner run")


def test_no_suite(tiny: Command) -> None:
    tiny.write("bench_runner.toml", 'benchmark_dir = "elsewhere"\n')
    said(tiny("run"), 2, "elsewhere", "bench-runner init")


@pytest.mark.parametrize(
    "words", [("--launch-method", "warp"), ("--suite-from", "moon"), ("-b", "["), ("-E", "warp:1")]
)
def test_option_that_makes_no_sense(tiny: Command, words: tuple[str, str]) -> None:
    said(tiny("run", "--dry-run", *words), 2, words[1].removeprefix("["))


def test_range_to_bisect(tiny: Command) -> None:
    said(tiny("bisect", "main", "-b", "time_spin"), 2, "A..B")


def test_unknown_format_detector_and_baseline(measured: Command) -> None:
    said(measured("changes", "--format", "xml"), 2, "xml", "json")
    said(measured("detect", "--detector", "segmnts"), 2, "did you mean 'segments'?")
    said(measured("baseline", "show", "nothing"), 2, "nothing")
    said(measured("plot", "time_spin", "-o", "a.gif"), 2, "a.gif", ".svg")


def test_patterns_and_states_that_select_nothing(measured: Command) -> None:
    said(measured("run", "HEAD^!", "-b", "nonesuch", "--dry-run"), 2, "nonesuch", "list --cases")
    said(measured("show", "HEAD", "-b", "nonesuch"), 2, "nonesuch")
    said(measured("changes", "--state", "gone"), 2, "gone", "confirmed")


def test_picture_of_no_series(measured: Command) -> None:
    said(measured("plot", "no_such_benchmark"), 2, "no_such_benchmark")


def test_damaged_result_file(measured: Command) -> None:
    path = next((measured.folder / "results" / "here").glob("*-uv-*.json"))
    whole = path.read_text()
    path.write_text(whole[:100])
    try:
        done = measured("store", "verify")
        said(done, 7, "1 damaged")
        assert path.name in done.out
        for verb in ("show", "detect", "changes", "publish"):
            shown = measured(verb)
            assert shown.code == 0, shown.err
            assert f"{path.name} is not as it should be" in shown.err, verb
        said(measured("show", path.name[:8]), 7, "1 result file cannot be read", "store verify")
    finally:
        path.write_text(whole)
    assert measured("store", "verify").code == 0
