"""Runs of commits that are on another branch, only tagged, merged, or gone stay in sight and out of the history."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import MODULE, Command, project

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """A measured project with commits off its branch."""

    command: Command
    pull: str
    tagged: str
    merged: str
    gone: str

    def json(self, *words: str) -> Any:
        done = self.command(*words, "--format", "json")
        assert done.code == 0, done.err
        return json.loads(done.out)


def aside(command: Command, branch: str, answer: int) -> str:
    """Commit another answer on a branch, and go back to main."""
    command.git("checkout", "-q", "-b", branch)
    command.write("tiny/__init__.py", '"""Tiny."""\n' + MODULE.format(answer=answer, work=9))
    sha = command.commit(f"Answer <i>{answer}</i>")
    command.git("checkout", "-q", "main")
    return sha


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    command = project(tmp_path_factory.mktemp("elsewhere") / "tiny")
    shas = [aside(command, branch, answer) for answer, branch in enumerate(("pull", "release", "topic", "lost"), 3)]
    command.git("tag", "v1.2", "release")
    command.git("branch", "-D", "release")
    command.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "Merge the topic", "topic")
    listed = command.write("list.txt", "\n".join(["# to measure", *shas, "main", "nowhere  # not there", ""]))
    done = command("--machine", "here", "run", f"HASHFILE:{listed.name}", "--rounds", "2", "-b", "track_answer")
    assert done.code == 0, done.err
    assert "warning: list.txt, line 7: unknown ref 'nowhere'" in done.err
    assert "5 runs, 0 complete before: 5 ok" in done.err
    command.git("branch", "-D", "lost")
    for line in command.git("worktree", "list", "--porcelain").splitlines():
        if line.startswith("worktree ") and ".bench_runner" in line:  # each keeps its commit from being swept up
            command.git("-C", line.removeprefix("worktree "), "checkout", "-q", "--detach", "main")
    command.git("reflog", "expire", "--expire=now", "--all")
    command.git("gc", "-q", "--prune=now")
    return Place(command, *shas)


def test_all_are_listed_with_what_they_are(place: Place) -> None:
    runs = place.json("show")["runs"]
    assert {one["commit"]: one["where"] for one in runs} == {
        place.command.git("rev-parse", "main"): "",
        place.pull: "not on main: branch pull",
        place.tagged: "not on main: tag v1.2",
        place.merged: "merged into main",
        place.gone: "not in the repository any more",
    }
    text = place.command("show").out
    assert "not in the repository any more" in text
    assert text.index(place.tagged[:8]) < text.index(place.gone[:8]), "what git knows comes first"


def test_each_is_reached_by_digits_of_its_sha(place: Place) -> None:
    for sha, answer in ((place.pull, 3), (place.tagged, 4), (place.merged, 5), (place.gone, 6)):
        (found,) = place.json("show", sha[:10])["results"]
        assert found["centre"] == answer
        (row,) = place.json("compare", sha[:7], "main")["cells"]
        assert row["ratio"] == pytest.approx(2 / answer)
    shown = " ".join(place.command("show", place.gone).out.split())
    assert re.match(rf"{place.gone[:8]} on here in uv-py3\.\d+ \(not in the repository any more\)", shown)
    assert place.command("show", "ffff").code == 2


def test_the_history_knows_nothing_of_them_and_says_so(place: Place) -> None:
    done = place.command("changes")
    assert done.code == 0
    assert "4 measured commits off the branch left out: `bench-runner show` lists" in done.err
    assert place.json("changes")["changes"] == []
    new = place.command("--machine", "here", "run", "NEW", "--dry-run", "-b", "track_answer")
    assert "0 runs to measure" in new.out


def test_the_site_lists_them_beside_the_line(place: Place) -> None:
    assert place.command("publish").code == 0
    site = place.command.folder / "site"
    (page,) = site.glob("b/suite-track_answer-*.html")
    for text in ((site / "runs.html").read_text(), page.read_text()):
        assert "Measured elsewhere" in text
        assert text.index("tag v1.2") > 0
        assert "not in the repository any more" in text
        assert "Answer &lt;i&gt;3&lt;/i&gt;" in text
    drawn = "".join(path.read_text() for path in (site / "data").rglob("*.js"))
    assert not any(sha[:12] in drawn for sha in (place.pull, place.tagged, place.merged, place.gone))
    assert place.command.git("rev-parse", "main")[:12] in drawn


def test_another_configured_branch_is_listed_and_not_drawn(place: Place) -> None:
    settings = place.command.folder / "bench_runner.toml"
    before = settings.read_text()
    settings.write_text(before + '\nbranches = ["pull", "main"]\n')
    try:
        where = {one["commit"]: one["where"] for one in place.json("show")["runs"]}
    finally:
        settings.write_text(before)
    assert where[place.pull] == ""
    assert where[place.command.git("rev-parse", "main")] == "not on pull: branch main"
