"""The project's configuration, from our own TOML or from an asv.conf.json as it stands."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from bench_runner.config.keep import WRITTEN as KEPT
from bench_runner.config.keep import Keep, parse
from bench_runner.config.matrix import Matrix, matrix
from bench_runner.config.written import PYPROJECT, Written, absolute, has_our_table, is_number, is_text, read, shown
from bench_runner.errors import UsageError
from bench_runner.worker.metrics import WORDS, unknown

OURS = "bench_runner.toml"
ASV = ("asv.conf.json", "asv.conf.jsonc")
LAUNCH_METHODS = ("auto", "spawn", "forkserver")
SUITES = ("worktree", "commit")
CONDA_LIKE = ("conda", "mamba", "rattler")
ASV_FORMAT = 1

# scheme://... or host:path as scp writes it; one letter before the colon is a drive.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|([\w.+-]+@)?[\w.-]{2,}:")

Rules = tuple[Mapping[str, Any], ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every key means what it means to asv; all paths are absolute, timeouts in seconds.

    `repo` is an absolute path or a URL; () in `branches`, or "" among them, is the repository's default branch. In
    `matrix` None is "not installed" or "not set"; `exclude` and `include` hold the rules as written. A command that is
    None is ours to choose, () does nothing; `memory_limit` is in bytes, 0 for none, None for a share of the machine's.
    `metrics` are taken of all benchmarks of time that name none themselves; measured tags that match a pattern in
    `baseline_tags` are baselines. These two are not asv's, nor are `memory_limit`, `keep_samples`, `build_ahead`,
    `requirements`, `rounds`, `retry_budget`, `detector` and `suite_from`.
    """

    source: Path
    root: Path
    project: str
    project_url: str = ""
    repo: str
    repo_subdir: str = ""
    branches: tuple[str, ...] = ()
    show_commit_url: str = ""
    pythons: tuple[str, ...] = ()
    environment_type: str = "uv"
    matrix: Matrix = field(default_factory=dict)
    exclude: Rules = ()
    include: Rules = ()
    benchmark_dir: Path
    env_dir: Path
    results_dir: Path
    html_dir: Path
    hash_length: int = 8
    build_command: tuple[str, ...] | None = None
    install_command: tuple[str, ...] | None = None
    uninstall_command: tuple[str, ...] | None = None
    requirements: tuple[Path, ...] = ()
    install_timeout: float = 600.0
    default_benchmark_timeout: float = 60.0
    memory_limit: int | None = None
    keep_samples: Keep = field(default_factory=Keep)
    build_cache_size: int = 2
    build_ahead: int = 1
    regressions_first_commits: Mapping[str, str | None] = field(default_factory=dict)
    regressions_thresholds: Mapping[str, float] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    baseline_tags: tuple[str, ...] = ()
    rounds: int = 5
    retry_budget: float = 0.25
    launch_method: str | None = None
    detector: str = "segments"
    suite_from: str = "worktree"
    plugins: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


_ABOUT_THE_FILE = {"source", "root", "warnings"}
_WITHOUT_A_FIELD = {"version", "dvcs", "wheel_cache_size", "conda_channels", "conda_environment_file"}
KEYS = frozenset({one.name for one in fields(Config)} - _ABOUT_THE_FILE | _WITHOUT_A_FIELD)


def load(path: Path | None = None, start: Path | None = None) -> Config:
    """Return the configuration in the file `path`, or the first one found in the folder `start` (default: here).

    UsageError names the file, the key, and what is right.
    """
    written = read((path or find(start or Path())).absolute())
    _check_keys(written)
    _check_asv_only(written)
    return _config(written)


def find(folder: Path) -> Path:
    """Return the configuration file of a folder: ours, a pyproject.toml with our table, then asv's."""
    for name in (OURS, PYPROJECT, *ASV):
        path = folder / name
        if path.is_file() and (name != PYPROJECT or has_our_table(path)):
            return path
    raise UsageError(
        f"no configuration in {folder.absolute()}: write one with `bench-runner init`, or name one with --config FILE"
    )


def is_url(location: str) -> bool:
    """Return whether git would take `location` for an address and not for a folder."""
    return _URL.match(location) is not None


def _config(written: Written) -> Config:
    """Return what is written, checked and with the defaults filled in."""
    root, ours = written.path.parent, written.ours
    return Config(
        source=written.path,
        root=root,
        project=written.text("project", root.name if ours else "project"),
        project_url=_link(written, "project_url"),
        repo=_repository(written),
        repo_subdir=written.text("repo_subdir").strip("/"),
        branches=_branches(written),
        show_commit_url=_link(written, "show_commit_url"),
        pythons=written.texts("pythons", (".".join(map(str, sys.version_info[:2])),)),
        environment_type=_environment_type(written),
        matrix=matrix(written),
        exclude=written.rules("exclude"),
        include=written.rules("include"),
        benchmark_dir=written.folder("benchmark_dir", "benchmarks"),
        env_dir=written.folder("env_dir", ".bench_runner/env" if ours else "env"),
        results_dir=written.folder("results_dir", "results"),
        html_dir=written.folder("html_dir", "site" if ours else "html"),
        hash_length=written.whole("hash_length", 8, 1),
        build_command=written.commands("build_command"),
        install_command=written.commands("install_command"),
        uninstall_command=written.commands("uninstall_command"),
        requirements=_requirements(written),
        install_timeout=written.number("install_timeout", 600.0),
        default_benchmark_timeout=written.number("default_benchmark_timeout", 60.0),
        memory_limit=written.size("memory_limit"),
        keep_samples=_keep_samples(written),
        build_cache_size=_build_cache_size(written),
        build_ahead=written.whole("build_ahead", 1, 0),
        regressions_first_commits=_by_benchmark(written, "regressions_first_commits", "a commit or null", _commit),
        regressions_thresholds=_by_benchmark(written, "regressions_thresholds", "a number", _threshold),
        metrics=_metrics(written),
        baseline_tags=written.texts("baseline_tags"),
        rounds=written.whole("rounds", 5, 1),
        retry_budget=written.share("retry_budget", 0.25),
        launch_method=written.choice("launch_method", LAUNCH_METHODS),
        detector=written.text("detector", "segments"),
        suite_from=written.choice("suite_from", SUITES) or "worktree",
        plugins=written.texts("plugins"),
        warnings=tuple(written.warnings),  # last: the lines above may add some
    )


def _check_keys(written: Written) -> None:
    """Refuse unknown keys in our files; asv ignores them in its own, so there they are a warning."""
    for key in sorted(written.data.keys() - KEYS):
        near = get_close_matches(key, sorted(KEYS), 1)
        hint = f"did you mean {near[0]!r}?" if near else "known keys are in the README, section Configuration"
        if written.ours:
            raise UsageError(f"{written.path}: unknown key {shown(key)}: {hint}")
        written.warn(f"unknown key {shown(key)} is ignored{': ' + hint if near else ''}")


def _check_asv_only(written: Written) -> None:
    """Say what of asv's world is not here: other formats, other version control, asv's plug-ins."""
    version = written.data.get("version", ASV_FORMAT)
    if version != ASV_FORMAT:
        raise UsageError(f"{written.path}: version must be {ASV_FORMAT}, not {shown(version)}: run `asv update` on it")
    if (dvcs := written.text("dvcs", "git") or "git") != "git":
        raise UsageError(f"{written.path}: dvcs {shown(dvcs)} is not supported: the project must be in git")
    if written.texts("plugins"):
        written.warn("plugins are modules written for asv and are not loaded")


def _link(written: Written, key: str) -> str:
    """Return a URL, "" where there is none; asv writes that as "#"."""
    link = written.text(key)
    return "" if link == "#" else link


def _repository(written: Written) -> str:
    """Return where the measured project is; our own files may leave it out when they stand in it."""
    location = written.text("repo", "." if written.ours else "")
    if not location or location.startswith("-"):
        raise UsageError(
            f'{written.path}: repo must be a folder or a URL: write "repo": "." if it stands in the project'
        )
    local = absolute(written.path.parent, location)
    return location if is_url(location) and not local.is_dir() else str(local)


def _branches(written: Written) -> tuple[str, ...]:
    """Return the branches, "" for null among others, () when only the default one is meant."""
    expected = "a list of branch names, of which null is the default one"
    value = written.get("branches", [None], expected, lambda value: isinstance(value, list) and bool(value))
    if not all(one is None or is_text(one) for one in value):
        written.wrong("branches", expected, value)
    return () if value == [None] else tuple(one or "" for one in value)


def _environment_type(written: Written) -> str:
    """Return asv's word; conda and its kin become uv, with one warning that says what this means."""
    word = written.text("environment_type") or "uv"
    if word not in CONDA_LIKE:
        return word
    written.warn(
        f"environment_type {word!r} is made with uv here: requirements come from PyPI,"
        " conda_channels and conda_environment_file are ignored"
    )
    return "uv"


def _requirements(written: Written) -> tuple[Path, ...]:
    """Return requirement or lock files, which must be there."""
    paths = tuple(absolute(written.path.parent, one) for one in written.texts("requirements"))
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{written.path}: requirements names {path}, which is not a file")
    return paths


def _metrics(written: Written) -> tuple[str, ...]:
    """Return the words of metrics, each once."""
    words = written.texts("metrics")
    if strange := unknown(words):
        raise UsageError(f"{written.path}: metrics has {shown(strange[0])}: it lists words of {', '.join(WORDS)}")
    return tuple(dict.fromkeys(words))


def _build_cache_size(written: Written) -> int:
    """Return how many builds are kept per environment; asv once called it wheel_cache_size."""
    old = written.whole("wheel_cache_size", 2 if not written.ours else 10, 0)
    if "wheel_cache_size" in written.data:
        written.warn("wheel_cache_size is now called build_cache_size")
    return written.whole("build_cache_size", old, 0)


def _keep_samples(written: Written) -> Keep:
    """Return how long `store thin` leaves single samples alone."""
    try:
        return parse(written.text("keep_samples", "all"))
    except ValueError:
        written.wrong("keep_samples", KEPT, written.data["keep_samples"])


def _by_benchmark(written: Written, key: str, expected: str, convert: Callable[[object], T]) -> Mapping[str, T]:
    """Return a table whose keys are regular expressions for benchmark names."""
    found = {}
    for pattern, value in written.table(key).items():
        try:
            re.compile(pattern)
            found[pattern] = convert(value)
        except re.error as error:
            raise UsageError(f"{written.path}: {key}: {shown(pattern)} is no regular expression: {error}") from error
        except (TypeError, ValueError):
            written.wrong(f"{key}.{pattern}", expected, value)
    return found


def _commit(value: object) -> str | None:
    """Return a commit or None; TypeError for anything else."""
    if value is None or isinstance(value, str):
        return value
    raise TypeError


def _threshold(value: object) -> float:
    """Return a number, which asv also takes from a string; TypeError or ValueError for anything else."""
    if is_text(value) or is_number(value):
        return float(str(value))
    raise TypeError
