"""Timing works on every Python from 3.11 on with nothing else installed, beside coverage, and imports little."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
NAMES = (
    "facade histogram nouns threads counting ticking resources registry probe lives spans stub swapping toggling "
    "tracers targets switching timing windows line_file results cuts json_lines trace_context log_fields "
    "log_json_lines log_limit logs allocations snapshots memory ledger holders growth background deadline control_file "
    "whereabouts watching control control_http stacks profiling toggle_at_scale"
)
SLOW_TO_IMPORT = {"ast", "asyncio", "contextlib", "dataclasses", "enum", "inspect", "json", "logging", "re", "typing"}


# What depends on the version: code objects, tracers, the ways to see all threads and objects.
MOVING = "stub swapping tracers toggling lives background profiling ledger"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_what_depends_on_the_version_holds_on_other_pythons(version: str, tmp_path: Path) -> None:
    # On our own version the others run anyway; coverage is not among the packages we need.
    run_on(
        version, ["tracers"] if version == f"{sys.version_info[0]}.{sys.version_info[1]}" else MOVING.split(), tmp_path
    )


@pytest.mark.drill
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_all_holds_on_other_pythons(version: str, tmp_path: Path) -> None:
    run_on(version, NAMES.split(), tmp_path)


def run_on(version: str, names: list[str], folder: Path) -> None:
    """Run tests of the instruments on another Python, with nothing of ours but the sources."""
    found = sorted(PYENV.glob(f"{version}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python {version} in {PYENV}")
    tool, python = uv.find_uv_bin(), folder / "env/bin/python"
    subprocess.run([tool, "venv", "--quiet", "--python", found[-1], folder / "env"], check=True)
    packages = ("pytest", "pytest-timeout", "hypothesis", "coverage", "psutil", "py-spy", "structlog")
    subprocess.run([tool, "pip", "install", "--quiet", "--python", python, *packages], check=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    files = [HERE / f"test_{name}.py" for name in names]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not drill", "--rootdir", ROOT, *files]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.parametrize(
    "wanted", ["ResourceSampler, counter, failures, histograms, span, timed", "control"], ids=["measuring", "control"]
)
def test_importing_loads_little_and_only_of_the_standard_library(wanted: str) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); old = set(sys.modules);"
        f"from bench_runner.instrument import {wanted}; print(*(set(sys.modules) - old))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()} - {"bench_runner"}
    assert loaded <= sys.stdlib_module_names
    assert not loaded & SLOW_TO_IMPORT


def test_no_module_needs_more_than_the_standard_library() -> None:
    there = {path.stem for path in (ROOT / "bench_runner/instrument").glob("*.py")}
    modules = sorted(there - {"pytest_plugin", "__main__"})  # pytest alone loads the one; the other begins a program
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        f"[__import__(f'bench_runner.instrument.{{name}}') for name in {modules}]; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()} - {"bench_runner", "__main__"}
    assert loaded <= sys.stdlib_module_names
