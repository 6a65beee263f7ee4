"""Empty repositories, away from the settings of whoever runs the tests."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from repo_builder import Project


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Project]:
    """Return a function that makes an empty repository with branch main."""

    def made(name: str = "project") -> Project:
        path = tmp_path / name
        path.mkdir()
        project = Project(path)
        project.git("init", "--quiet", "--initial-branch=main")
        return project

    return made


@pytest.fixture
def project(make: Callable[[str], Project]) -> Project:
    """Return an empty repository."""
    return make("project")
