"""Configuration: our files, asv's files as asv itself reads them, and every way of getting them wrong."""

import json
from pathlib import Path

import asv.config
import pytest

from bench_runner.config import KEYS, Config, find, is_url, load
from bench_runner.config.keep import Keep
from bench_runner.config.written import size
from bench_runner.errors import UsageError

TEMPLATE = Path(asv.config.__file__).parent / "template" / "asv.conf.json"


def write(folder: Path, text: str, name: str = "bench_runner.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def asv_config(folder: Path, **keys: object) -> Config:
    return load(write(folder, json.dumps({"version": 1, "repo": "."} | keys), "asv.conf.json"))


def complaint(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


# --- where it is found


def test_ours_comes_first_then_pyproject_then_asv(tmp_path: Path) -> None:
    write(tmp_path, '{"version": 1, "repo": ".", "project": "c"}', "asv.conf.jsonc")
    assert load(start=tmp_path).project == "c"
    write(tmp_path, '{"version": 1, "repo": ".", "project": "a"}', "asv.conf.json")
    assert load(start=tmp_path).project == "a"
    write(tmp_path, '[project]\nname = "p"\n[tool.bench_runner]\nrounds = 3\n', "pyproject.toml")
    assert (load(start=tmp_path).project, load(start=tmp_path).rounds) == ("p", 3)
    write(tmp_path, 'project = "b"')
    assert load(start=tmp_path).project == "b"


def test_the_current_folder_is_looked_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    config = load()
    assert (config.root, config.source) == (tmp_path, tmp_path / "bench_runner.toml")
    assert config.benchmark_dir == tmp_path / "benchmarks"


def test_a_pyproject_of_others_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, 'this is not toml, and does not name us"', "pyproject.toml")
    path = write(tmp_path, '{"repo": "."}', "asv.conf.json")
    assert find(tmp_path) == path
    assert "[tool.bench_runner]" in complaint(write(tmp_path, "[project]\nname='x'", "pyproject.toml"))


def test_nothing_found_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="bench-runner init"):
        load(start=tmp_path)
    assert "bench-runner init" in complaint(tmp_path / "absent.toml")


# --- our own files


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("all", Keep()),
        ("180d", Keep(days=180)),
        ("1 day", Keep(days=1)),
        (" 26 weeks ", Keep(days=182)),
        ("3w", Keep(days=21)),
        ("500 commits", Keep(commits=500)),
        ("5c", Keep(commits=5)),
    ],
)
def test_how_long_samples_are_kept(tmp_path: Path, written: str, kept: Keep) -> None:
    found = load(write(tmp_path, f'keep_samples = "{written}"')).keep_samples
    assert found == kept
    assert found.all == (kept == Keep())


def test_defaults_of_our_files(tmp_path: Path) -> None:
    config = load(write(tmp_path, ""))
    assert config == Config(
        source=tmp_path / "bench_runner.toml",
        root=tmp_path,
        project=tmp_path.name,
        repo=str(tmp_path),
        pythons=config.pythons,
        matrix={"req": {}, "env": {}, "env_nobuild": {}},
        benchmark_dir=tmp_path / "benchmarks",
        env_dir=tmp_path / ".bench_runner" / "env",
        results_dir=tmp_path / "results",
        html_dir=tmp_path / "site",
        build_cache_size=10,
    )


def test_our_keys_are_read(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text("six==1.17.0\n")
    config = load(
        write(
            tmp_path,
            """
            repo = "../elsewhere"
            branches = ["main", false]
            requirements = ["lock.txt"]
            rounds = 7
            metrics = ["time", "calls", "calls"]
            baseline_tags = ["v*"]
            retry_budget = 0
            memory_limit = "1.5 GB"
            detector = "asv"
            suite_from = "commit"
            launch_method = "spawn"
            install_command = "python -m pip install {wheel_file}"
            results_dir = "/somewhere/results"
            [matrix.req]
            six = ["", false]
            [[exclude]]
            python = "3.8"
            """,
        )
    )
    assert config.repo == str(tmp_path.parent / "elsewhere")
    assert config.branches == ("main", "")
    assert config.requirements == (tmp_path / "lock.txt",)
    assert config.retry_budget == 0
    assert (config.metrics, config.baseline_tags) == (("time", "calls"), ("v*",))
    assert (config.rounds, config.detector, config.suite_from, config.launch_method) == (7, "asv", "commit", "spawn")
    assert config.memory_limit == 1_500_000_000
    assert config.install_command == ("python -m pip install {wheel_file}",)
    assert config.results_dir == Path("/somewhere/results")
    assert config.matrix["req"] == {"six": ("", None)}
    assert config.exclude == ({"python": "3.8"},)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("roundz = 3", ("unknown key 'roundz'", "did you mean 'rounds'?")),
        ("xyzzy = 3", ("unknown key 'xyzzy'", "README")),
        ('metrics = ["calls", "cals"]', ("metrics", "'cals'", "time, calls, bytecode")),
        ('metrics = "calls"', ("metrics", "list")),
        ("rounds = 0", ("rounds", "whole number from 1 on", "not 0")),
        ("rounds = true", ("rounds", "not True")),
        ("rounds = 2.5", ("rounds", "2.5")),
        ("retry_budget = -0.1", ("retry_budget", "a number from 0 on", "-0.1")),
        ("retry_budget = true", ("retry_budget", "a number from 0 on", "not True")),
        ("pythons = [3.10]", ("pythons", "list of strings", '"3.10"')),
        ('pythons = "3.11"', ("pythons", "list of strings")),
        ("install_timeout = 0", ("install_timeout", "above 0")),
        ("install_timeout = nan", ("install_timeout", "above 0")),
        ('memory_limit = "much"', ("memory_limit", '"4 GB"', "not 'much'")),
        ('keep_samples = "soon"', ("keep_samples", '"500 commits"', "not 'soon'")),
        ("memory_limit = true", ("memory_limit", "not True")),
        ("project = 3", ("project", "a string", "not 3")),
        ('launch_method = "fork"', ("launch_method", "auto, spawn, forkserver")),
        ('suite_from = "here"', ("suite_from", "worktree, commit")),
        ("branches = []", ("branches", "branch names")),
        ("branches = [3]", ("branches", "branch names")),
        ('build_command = ["a", 3]', ("build_command", "command")),
        ('matrix = "numpy"', ("matrix", "a table")),
        ("[matrix.req]\nnumpy = [1.26]", ("matrix.req.numpy", "list of strings", "in quotes")),
        ("[matrix.req.numpy]\nx = 1", ("matrix.req.numpy",)),
        ("[matrix.req]\n[matrix.envs]", ("matrix", "unknown key 'envs'", "env_nobuild")),
        ('exclude = ["3.8"]', ("exclude", "list of tables")),
        ('requirements = ["absent.txt"]', ("requirements", "absent.txt", "not a file")),
        ("[regressions_thresholds]\n'a(' = 1", ("regressions_thresholds", "a(", "regular expression")),
        ("[regressions_thresholds]\na = 'many'", ("regressions_thresholds.a", "a number")),
        ("[regressions_first_commits]\na = 3", ("regressions_first_commits.a", "a commit or null")),
        ('repo = "--upload-pack=x"', ("repo", "folder or a URL")),
        ("rounds = 3\nrounds = 4", ("not valid TOML", "overwrite")),
        ("rounds = ", ("not valid TOML",)),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_is_right(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    message = complaint(write(tmp_path, text))
    assert [word for word in words if word not in message] == []


def test_a_long_or_broken_value_stays_one_short_line(tmp_path: Path) -> None:
    message = complaint(write(tmp_path, f'"{"k" * 5000}\\n" = 1'))
    assert len(message) < 300 + len(str(tmp_path))


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    assert "cannot be read" in complaint(tmp_path / "folder.toml")
    (tmp_path / "latin.toml").write_bytes(b'project = "\xe9"')
    assert "cannot be read" in complaint(tmp_path / "latin.toml")


# --- asv's files


def test_the_template_of_asv_is_read_as_asv_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEMPLATE.read_text().replace('"repo": ""', '"repo": "."')
    write(tmp_path, text, "asv.conf.json")
    monkeypatch.chdir(tmp_path)
    mine, theirs = load(), asv.config.Config.load()
    assert mine.warnings == ()
    assert (mine.project, mine.project_url) == (theirs.project, theirs.project_url)
    assert mine.environment_type == theirs.environment_type == "virtualenv"
    for name in ("results_dir", "html_dir", "env_dir", "benchmark_dir"):
        assert getattr(mine, name) == Path(getattr(theirs, name)).absolute()
    for name in ("hash_length", "install_timeout", "default_benchmark_timeout", "launch_method", "repo_subdir"):
        assert getattr(mine, name) == getattr(theirs, name)
    assert list(mine.pythons) == theirs.pythons
    assert (mine.branches, theirs.branches) == ((), [None])
    for name in ("build_command", "install_command", "uninstall_command"):
        assert getattr(mine, name) is getattr(theirs, name) is None


def test_every_key_of_asv_is_known() -> None:
    assert set(vars(asv.config.Config())) - KEYS == set()


def test_every_key_of_asv_keeps_its_meaning(tmp_path: Path) -> None:
    config = asv_config(
        tmp_path,
        project="p",
        project_url="https://p.example/",
        repo="https://git.example/p.git",
        repo_subdir="/python/",
        branches=["main", "maint"],
        dvcs="git",
        show_commit_url="#",
        pythons=["3.8", "pypy3.10"],
        matrix={"req": {"numpy": ["1.26", "2.1"], "six": ["", None]}, "env": {"A": "1"}, "env_nobuild": {"B": []}},
        exclude=[{"python": "3.8", "req": {"six": None}}],
        include=[{"python": "3.12", "req": {"numpy": "1.26"}}],
        env_dir=".asv/env",
        hash_length=10,
        build_command=[],
        install_command=["in-dir={env_dir} python -mpip install {wheel_file}", "python -mpip install numba"],
        uninstall_command="return-code=any python -mpip uninstall -y {project}",
        install_timeout=30,
        default_benchmark_timeout=5.5,
        build_cache_size=0,
        regressions_first_commits={".*": "0409521665", "x": None},
        regressions_thresholds={".*": 0.05, "y": "0.5"},
        launch_method="forkserver",
        environment_type="",
    )
    assert config.repo == "https://git.example/p.git"
    assert (config.repo_subdir, config.branches, config.show_commit_url) == ("python", ("main", "maint"), "")
    assert config.pythons == ("3.8", "pypy3.10")
    assert config.matrix == {
        "req": {"numpy": ("1.26", "2.1"), "six": ("", None)},
        "env": {"A": ("1",)},
        "env_nobuild": {"B": ("",)},
    }
    assert config.exclude == ({"python": "3.8", "req": {"six": None}},)
    assert config.include[0]["req"] == {"numpy": "1.26"}
    assert config.env_dir == tmp_path / ".asv" / "env"
    assert (config.build_command, config.uninstall_command) == (
        (),
        ("return-code=any python -mpip uninstall -y {project}",),
    )
    assert config.install_command is not None
    assert config.install_command[1] == "python -mpip install numba"
    assert (config.install_timeout, config.default_benchmark_timeout) == (30.0, 5.5)
    assert (config.hash_length, config.build_cache_size) == (10, 0)
    assert config.regressions_first_commits == {".*": "0409521665", "x": None}
    assert config.regressions_thresholds == {".*": 0.05, "y": 0.5}
    assert (config.launch_method, config.environment_type, config.warnings) == ("forkserver", "uv", ())


def test_the_old_matrix_lists_requirements(tmp_path: Path) -> None:
    config = asv_config(tmp_path, matrix={"numpy": ["1.26"], "six": [], "pip+emcee": "", "tabulate": None})
    assert config.matrix == {
        "req": {"numpy": ("1.26",), "six": ("",), "pip+emcee": ("",), "tabulate": (None,)},
        "env": {},
        "env_nobuild": {},
    }


def test_branches_of_null_is_the_default_branch(tmp_path: Path) -> None:
    assert asv_config(tmp_path, branches=[None]).branches == ()
    assert asv_config(tmp_path, branches=[None, "dev"]).branches == ("", "dev")


@pytest.mark.parametrize("word", ["conda", "mamba", "rattler"])
def test_conda_becomes_uv_with_one_warning(tmp_path: Path, word: str) -> None:
    config = asv_config(tmp_path, environment_type=word, conda_channels=["conda-forge"], conda_environment_file="e.yml")
    assert config.environment_type == "uv"
    (warning,) = config.warnings
    assert word in warning
    assert "conda_channels" in warning


def test_an_unknown_key_of_an_asv_file_is_a_warning(tmp_path: Path) -> None:
    config = asv_config(tmp_path, regression_thresholds={}, zebra=1)
    near, far = config.warnings
    assert "'regressions_thresholds'?" in near
    assert "'zebra' is ignored" in far


def test_the_old_name_of_the_cache_size_counts_unless_the_new_one_is_there(tmp_path: Path) -> None:
    old = asv_config(tmp_path, wheel_cache_size=5)
    assert old.build_cache_size == 5
    assert "build_cache_size" in old.warnings[0]
    assert asv_config(tmp_path, wheel_cache_size=5, build_cache_size=3).build_cache_size == 3
    assert asv_config(tmp_path).build_cache_size == 2


def test_plugins_of_asv_are_named_as_not_loaded(tmp_path: Path) -> None:
    config = asv_config(tmp_path, plugins=["asv_x"])
    assert config.plugins == ("asv_x",)
    assert "not loaded" in config.warnings[0]


def test_a_key_written_twice_is_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, '{"repo": ".", "project": "a", /* again */ "project": "b",}', "asv.conf.json")
    config = load(path)
    assert config.project == "b"
    assert "'project'" in config.warnings[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"repo": }', ("not valid JSON", "line 1")),
        ("", ("not valid JSON",)),
        ("[]", ("one object",)),
        ('{"version": 1}', ("repo",)),
        ('{"repo": ""}', ("repo",)),
        ('{"repo": ".", "version": 2}', ("version", "not 2")),
        ('{"repo": ".", "dvcs": "hg"}', ("dvcs 'hg'", "git")),
        ('{"repo": ".", "hash_length": "8"}', ("hash_length", "'8'")),
    ],
)
def test_mistakes_in_an_asv_file(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    message = complaint(write(tmp_path, text, "asv.conf.json"))
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    ("location", "remote"),
    [
        ("https://git.example/a/b.git", True),
        ("file:///srv/b.git", True),
        ("git@git.example:a/b.git", True),
        ("git.example:a/b", True),
        ("/srv/b", False),
        ("../b", False),
        (".", False),
        ("C:\\b", False),
    ],
)
def test_urls_and_folders_are_told_apart(location: str, remote: bool) -> None:
    assert is_url(location) is remote


SIZES = {"4 GB": 4 * 10**9, "4gb": 4 * 10**9, "512 MiB": 2**29, "1.5k": 1500, "2 Ti": 2**41, "7": 7, "7 B": 7, "0": 0}


@pytest.mark.parametrize(("text", "expected"), SIZES.items())
def test_sizes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1", "4 PB", "4 GBs", "1e9", "4  GB", "nan"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="4 GB"):
        size(text)
