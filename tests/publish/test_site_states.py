"""Series with states on the landing page and on the page of their benchmark."""

from dataclasses import replace
from pathlib import Path

from fabricate import material

from bench_runner.model.restless import Restless
from bench_runner.publish.build import publish
from bench_runner.publish.pages import site


def test_series_with_states_are_named_with_their_levels(tmp_path: Path) -> None:
    made = material(commits=40)
    one = made.series[0]
    told = Restless(one.key, one.metric, (0.001, 0.0015), 5, one.shas[0])
    publish(site(replace(made, restless=[told])), tmp_path)
    index = (tmp_path / "index.html").read_text()
    assert "Series with states" in index
    assert "between <bdi>1.00 ms and 1.50 ms</bdi>, 5 stretches" in index
    pages = {path.name: "<h2>States</h2>" in path.read_text() for path in (tmp_path / "b").glob("*.html")}
    assert [name for name, has in pages.items() if has] == [
        page for page in pages if one.key.case.benchmark in (tmp_path / "b" / page).read_text() and pages[page]
    ]
    assert sum(pages.values()) == 1


def test_without_them_nothing_is_said(tmp_path: Path) -> None:
    publish(site(material(commits=20)), tmp_path)
    assert "Series with states" not in (tmp_path / "index.html").read_text()


def test_of_many_the_first_are_told_in_full(tmp_path: Path) -> None:
    made = material(commits=20)
    told = [Restless(one.key, one.metric, (1.0, 2.0), 5, one.shas[0]) for one in made.series] * 8
    publish(site(replace(made, restless=told)), tmp_path)
    assert f"{len(told) - 10} more: <code>bench-runner detect" in (tmp_path / "index.html").read_text()
