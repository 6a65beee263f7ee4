"""Results of old working trees go when a new one is measured, and only then."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench_runner.cli.order import Order
from bench_runner.cli.project import Place, Project
from bench_runner.cli.worktree import KEPT, placed

from .conftest import Command

TREE = Order(commits=" worktree ")


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Command, list[Path]]:
    """A changed project, and stored results of more trees than are kept, the oldest first."""
    (tmp_path / "it").mkdir()
    command = Command(tmp_path / "it", tmp_path / "home")
    command.git("init", "--quiet", "--initial-branch=main")
    command.write("bench_runner.toml", 'project = "it"\n')
    command.commit("Begin")
    command.write("new.txt", "new")
    stored = [command.write(f".bench_runner/env/worktree/here/{n:08x}-uv-py3.11.json", "{}") for n in range(KEPT + 4)]
    command.write(".bench_runner/.gitignore", "*\n")
    for at, path in enumerate(stored):
        os.utime(path, (at, at))
    return command, stored


def opened(command: Command) -> Project:
    return Project(Place(config=command.folder / "bench_runner.toml"))


def test_there_is_room_for_the_new_one(trees: tuple[Command, list[Path]]) -> None:
    command, stored = trees
    project, order = placed(opened(command), TREE, dry_run=False)
    assert [path for path in stored if path.exists()] == stored[-(KEPT - 1) :]
    assert project.store.results == stored[0].parent.parent
    assert order == replace(TREE, commits=order.commits)
    assert order.commits.endswith("^!")


def test_nothing_goes_for_a_plan_a_clean_tree_or_another_range(trees: tuple[Command, list[Path]]) -> None:
    command, stored = trees
    whole = opened(command)
    assert placed(whole, TREE, dry_run=True)[0] is whole.apart
    assert placed(whole, Order("NEW"), dry_run=False) == (whole, Order("NEW"))
    command.commit("Nothing left")
    assert placed(whole, TREE, dry_run=False) == (whole, Order("HEAD"))
    assert all(path.exists() for path in stored)
