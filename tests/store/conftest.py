"""A results directory to write to."""

from pathlib import Path

import pytest

from bench_runner.store.files import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")
