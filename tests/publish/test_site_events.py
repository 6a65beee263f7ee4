"""Events on the landing page."""

from dataclasses import replace
from pathlib import Path

import pytest
from fabricate import material

from bench_runner.model.event import Event
from bench_runner.publish.build import publish
from bench_runner.publish.pages import site


@pytest.mark.slow
def test_the_landing_page_names_events_and_what_speaks_for_them(tmp_path: Path) -> None:
    made = material()
    old, new = (made.commits[k].sha for k in (8, 9))
    event = Event("machine", "<b>lab", "", old, new, 9, "CPU: A / <i>B", changes=tuple(made.changes[:2]))
    publish(site(replace(made, events=[event])), tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "Machines and environments" in page
    assert "machine &lt;b&gt;lab" in page
    assert "CPU: A / &lt;i&gt;B" in page
    assert "2 changes laid to it" in page


def test_without_events_nothing_is_said_of_them(tmp_path: Path) -> None:
    publish(site(material(commits=20)), tmp_path)
    assert "Machines and environments" not in (tmp_path / "index.html").read_text()


def test_only_the_newest_events_are_told_in_full(tmp_path: Path) -> None:
    made = material(commits=40)
    events = [
        Event("machine", f"lab{k}", "", made.commits[k - 1].sha, made.commits[k].sha, k, f"kernel: {k}")
        for k in range(1, 16)
    ]
    publish(site(replace(made, events=events)), tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "kernel: 15" in page
    assert "kernel: 5<" not in page
    assert "5 older events" in page
