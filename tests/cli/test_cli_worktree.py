"""The working tree measured as a user does it, apart from everything that is history."""

import json
from pathlib import Path

import pytest

from .conftest import MODULE, Command

pytestmark = pytest.mark.slow
RUN = ("--machine", "here", "run")
ONE = ("--rounds", "2", "-b", "track_answer")


def own(command: Command) -> dict[str, object]:
    """Return what of the user's must stay as it is: files, index, refs, results."""
    hidden = {".bench_runner", "objects", "worktrees", "bench_runner.lock"}
    paths = [one for one in command.folder.rglob("*") if one.is_file() and not hidden & set(one.parts)]
    return {str(one): one.read_bytes() for one in paths} | {"refs": command.git("for-each-ref")}


def answer(command: Command, *words: str) -> float:
    """Return what is stored of the tracked answer."""
    document = json.loads(command("show", *words, "--format", "json").out)
    (found,) = [one["centre"] for one in document["results"] if one["id"] == "suite.track_answer"]
    return float(found)


def site(command: Command) -> str:
    """Publish, and return everything that was written."""
    done = command("publish")
    assert done.code == 0, done.err
    folder = command.folder / "site"
    return "".join(path.read_text() for path in sorted(folder.rglob("*")) if path.suffix in {".html", ".js", ".xml"})


def test_the_tree_in_hand_is_measured_once_shown_and_compared_and_is_no_history(tiny: Command) -> None:
    clean = tiny(*RUN, "worktree", *ONE)
    assert (clean.code, answer(tiny, "HEAD")) == (0, 2.0), clean.err
    assert "the working tree is clean: it is HEAD" in clean.err
    published = site(tiny)

    tiny.write("tiny/__init__.py", '"""Tiny."""\nfrom tiny.new import ANSWER\n' + MODULE.format(answer=0, work=9)[11:])
    tiny.write("tiny/new.py", "ANSWER = 7\n")
    before = own(tiny)
    unmeasured = tiny("show", "worktree")
    assert (unmeasured.code, "bench-runner run worktree" in unmeasured.err) == (5, True)
    planned = tiny(*RUN, "worktree", "--dry-run")
    assert "1 run to measure" in planned.out
    assert "2 changed paths: tiny/__init__.py, tiny/new.py" in planned.err
    assert not (tiny.folder / ".bench_runner" / "env" / "worktree").exists()

    first, second = tiny(*RUN, "worktree", *ONE), tiny(*RUN, "worktree", *ONE)
    assert first.code == 0, first.err
    assert "0 runs, 1 complete before: nothing to do" in second.err
    assert answer(tiny, "worktree") == 7.0
    assert own(tiny) == before
    for words in (("compare", "worktree"), ("compare", "HEAD", "worktree")):
        (row,) = json.loads(tiny(*words, "--format", "json").out)["cells"]
        assert row["ratio"] == 3.5

    sha = planned.out[:8]
    listed = tiny("show")
    assert f"{sha}" in listed.out
    assert "working tree, apart from the history" in listed.out
    assert answer(tiny, sha) == 7.0
    assert site(tiny) == published
    assert sha not in tiny("changes", "--format", "json").out + tiny(*RUN, "EXISTING", "--dry-run").out

    tiny.write("tiny/new.py", "ANSWER = 8\n")
    assert tiny("show", "worktree").code == 5
    assert tiny(*RUN, "worktree", *ONE).code == 0
    assert (answer(tiny, "worktree"), answer(tiny, sha)) == (8.0, 7.0)
    (row,) = json.loads(tiny("compare", sha, "worktree", "--format", "json").out)["cells"]
    assert row["ratio"] == pytest.approx(8 / 7)


def test_what_cannot_be_measured_is_said(tiny: Command, tmp_path: Path) -> None:
    tiny.write("tiny/new.py", "ANSWER = 7\n")
    assert "leave `existing` out" in tiny("run", "worktree", "-E", "existing").err
    tiny.write("tiny/__init__.py", '"""Tiny."""\nraise ImportError("in hand")\n')
    broken = tiny(*RUN, "worktree", *ONE)
    assert broken.code in {5, 6}, broken.err
    settings = tiny.write("bench_runner.toml", tiny.git("show", "HEAD:bench_runner.toml"))
    settings.write_text(settings.read_text() + f'\nrepo = "{tiny.folder.as_uri()}"\n')
    mirrored = tiny("run", "worktree")
    assert (mirrored.code, "has no working tree: set repo to a checkout" in mirrored.err) == (2, True)
