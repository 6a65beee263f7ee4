"""A git history that is rewritten, pruned or cut short under us: between two runs, during one, and behind a URL."""

import subprocess
from pathlib import Path

import pytest
from cli.conftest import CONFIG, MODULE, Command, Done

from .conftest import until

pytestmark = pytest.mark.slow
RUN = ("--machine", "here", "run", "ALL", "--rounds", "1")
FAR = ("--config", "remote.toml")
SUITE = "import tiny\ndef track_answer(): return tiny.ANSWER\n"


@pytest.fixture
def project(tiny: Command) -> Command:
    """Four commits that build, with the answers 0 to 3, and one benchmark."""
    tiny.write("benchmarks/suite.py", SUITE)
    tiny.git("reset", "--quiet", "--soft", "HEAD~2")
    for answer in range(4):
        tiny.write("tiny/__init__.py", '"""Tiny."""\n' + MODULE.format(answer=answer, work=10))
        tiny.git("add", "--all")
        tiny.git("commit", "--quiet", *(["--amend"] if answer == 0 else []), "-m", f"Answer {answer}")
    return tiny


def rewrite(project: Command) -> None:
    """Replace the three newest commits by others, and leave nothing of the old ones."""
    project.git("reset", "--quiet", "--hard", "HEAD~3")
    for answer in range(11, 14):
        project.write("tiny/__init__.py", '"""Tiny."""\n' + MODULE.format(answer=answer, work=10))
        project.commit(f"Answer {answer}")
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")


def fine(done: Done) -> str:
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    return done.out


def shas(project: Command) -> list[str]:
    return project.git("rev-list", "--reverse", "HEAD").split()


def stored(project: Command) -> set[str]:
    return {path.name[:8] for path in (project.folder / "results" / "here").glob("*-uv-*.json")}


def test_between_two_runs(project: Command) -> None:
    old = shas(project)
    fine(project(*RUN))
    rewrite(project)
    for verb in (("show",), ("detect",), ("publish",), ("show", old[2])):
        fine(project(*verb))
    assert "3 runs, 1 complete before: 3 ok" in project(*RUN).err
    assert stored(project) == {sha[:8] for sha in (*old, *shas(project))}
    assert "12" in fine(project("show", "HEAD~1"))
    fine(project("store", "verify"))
    fine(project("publish"))


def test_during_a_run(project: Command) -> None:
    old = shas(project)
    with project.start(*RUN) as process:
        until(lambda: list((project.folder / "results").glob("here/*-uv-*.json")), process)
        rewrite(project)
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert stored(project) == {sha[:8] for sha in old}  # measured, or why not
    fine(project(*RUN))
    assert stored(project) == {sha[:8] for sha in (*old, *shas(project))}
    assert "13" in fine(project("show", "HEAD"))
    fine(project("store", "verify"))
    fine(project("publish"))


def test_behind_a_url(project: Command, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", project.folder, remote], check=True)
    project.write("remote.toml", CONFIG + f'repo = "{remote.as_uri()}"\n')
    old = shas(project)
    fine(project(*FAR, *RUN))
    rewrite(project)
    project.git("push", "--quiet", "--force", str(remote), "HEAD:main")
    subprocess.run(["git", "-C", remote, "gc", "--quiet", "--prune=now"], check=True)
    assert "3 runs, 1 complete before: 3 ok" in project(*FAR, *RUN).err
    assert stored(project) == {sha[:8] for sha in (*old, *shas(project))}
    assert "2" in fine(project(*FAR, "show", old[2]))
    fine(project(*FAR, "detect"))
    remote.rename(tmp_path / "gone.git")
    done = project(*FAR, *RUN)
    assert done.code == 2
    assert "check the URL" in done.err
    fine(project(*FAR, *RUN, "--no-pull"))


def test_a_shallow_clone(project: Command, tmp_path: Path) -> None:
    old = shas(project)
    clone = Command(tmp_path / "clone", project.home)
    subprocess.run(["git", "clone", "--quiet", "--depth=2", project.folder.as_uri(), clone.folder], check=True)
    assert "2 runs, 0 complete before: 2 ok" in clone(*RUN).err
    done = clone("--machine", "here", "run", f"{old[0]}..HEAD")
    assert done.code == 2
    assert "git fetch --unshallow" in done.err
    for verb in (("show",), ("detect",), ("publish",), ("store", "verify")):
        fine(clone(*verb))
    clone.git("fetch", "--quiet", "--unshallow")
    assert "2 runs, 2 complete before: 2 ok" in clone(*RUN).err
