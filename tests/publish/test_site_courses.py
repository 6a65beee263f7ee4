"""States and drifts on the landing page and on the page of their benchmark."""

from dataclasses import replace
from pathlib import Path

from fabricate import material

from bench_runner.model.course import Course
from bench_runner.publish.build import publish
from bench_runner.publish.pages import site


def test_series_with_states_and_drifts_are_told(tmp_path: Path) -> None:
    made = material(commits=40)
    one = made.series[0]
    states = Course(one.key, one.metric, "states", (0.001, 0.0015), one.shas[0], one.shas[-1], stretches=5)
    drift = Course(one.key, one.metric, "drift", (0.001, 0.0015), one.shas[0], one.shas[-1], commits=30)
    publish(site(replace(made, courses=[states, drift])), tmp_path)
    index = (tmp_path / "index.html").read_text()
    assert "States and drifts" in index
    assert "<bdi>goes back and forth between 1.00 ms and 1.50 ms (5 stretches)</bdi>" in index
    assert '<bdi class="worse">drifts +50.0 % (1.00 ms to 1.50 ms) within 30 commits' in index
    pages = [path.read_text() for path in (tmp_path / "b").glob("*.html")]
    (told,) = [page for page in pages if "States and drifts" in page]
    assert one.key.case.benchmark in told


def test_without_them_nothing_is_said(tmp_path: Path) -> None:
    publish(site(material(commits=20)), tmp_path)
    assert "States and drifts" not in (tmp_path / "index.html").read_text()


def test_of_many_the_first_are_told_in_full(tmp_path: Path) -> None:
    made = material(commits=20)
    told = [Course(one.key, one.metric, "states", (1.0, 2.0), one.shas[0], one.shas[-1], 5) for one in made.series] * 8
    publish(site(replace(made, courses=told)), tmp_path)
    assert f"{len(told) - 10} more: <code>bench-runner detect" in (tmp_path / "index.html").read_text()
