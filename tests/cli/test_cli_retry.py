"""What --retry-budget and its key mean."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bench_runner.cli import order as orders
from bench_runner.cli.main import app
from bench_runner.cli.order import Order, understand
from bench_runner.config import load


class Repository:
    """One commit, whatever is asked for."""

    def resolve(self, _: str) -> str:
        return "a" * 40

    def known(self, _: object) -> list[object]:
        return []


@pytest.mark.parametrize(
    ("key", "order", "budget"),
    [
        ("", Order(), 0.25),
        ("retry_budget = 0.5", Order(), 0.5),
        ("retry_budget = 0.5", Order(retry_budget=0.0), 0.0),
        ("retry_budget = 0", Order(retry_budget=2.0), 2.0),
        ("retry_budget = 0.5", Order(quick=True), 0.0),
        ("", Order(retry_budget=0.5, quick=True), 0.0),
    ],
)
def test_the_command_line_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, order: Order, budget: float
) -> None:
    (tmp_path / "bench_runner.toml").write_text(f'project = "p"\nenvironment_type = "existing"\n{key}\n')
    monkeypatch.setattr(orders, "suite_of", lambda *_: None)
    project = SimpleNamespace(config=load(start=tmp_path), repository=Repository())
    assert understand(project, order).sampling.retry_budget == budget  # type: ignore[arg-type]


def test_less_than_nothing_is_refused() -> None:
    done = CliRunner().invoke(app, ["run", "--retry-budget", "-1"])
    assert done.exit_code == 2
    assert "--retry-budget" in done.output
