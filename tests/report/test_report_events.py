"""Events in every format, and how sure changes are."""

import csv
import io
import json

import pytest
from sheet_reading import NEW, OLD

from bench_runner.history.grouping import Group
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, Step
from bench_runner.model.event import Event
from bench_runner.model.metric import TIME
from bench_runner.model.series import SeriesKey
from bench_runner.report.changes import sheet
from bench_runner.report.events import event_sheet
from bench_runner.report.sheet import render

STEP = Step(5, 1.0, 1.06, 1.06, 1.05, 1.07, 0.0)
CHANGE = Change(SeriesKey(Case("time_a"), "py3.11", "lab"), TIME, STEP, OLD.sha, NEW.sha, 1)
EVENT = Event("machine", "lab", "", OLD.sha, NEW.sha, 1, "CPU: A / B", 1.06, 12, 14, (CHANGE,))


def test_an_event_is_told_with_what_speaks_for_it() -> None:
    text = render(event_sheet([EVENT]), "text")
    for words in ("1 event", "machine: machine lab", "CPU: A / B", "+6.0 %", "1 change", NEW.short):
        assert words in text


def test_programs_read_all_of_it() -> None:
    (one,) = json.loads(render(event_sheet([EVENT]), "json"))["events"]
    assert (one["kind"], one["machine"], one["first_new"], one["ratio"]) == ("machine", "lab", NEW.sha, 1.06)
    assert one["changes"] == [CHANGE.id]
    (row,) = csv.DictReader(io.StringIO(render(event_sheet([EVENT]), "csv")))
    assert (row["reason"], row["agree"], row["asked"]) == ("CPU: A / B", "12", "14")


def test_an_event_without_a_common_ratio_has_none() -> None:
    bare = Event("environment", "lab", "py3.11", OLD.sha, NEW.sha, 1, "numpy 1.26 / 2.0")
    (one,) = json.loads(render(event_sheet([bare]), "json"))["events"]
    assert one["ratio"] is None
    assert "environment: machine lab in py3.11" in render(event_sheet([bare]), "text")


@pytest.mark.parametrize(("q", "said"), [(0.01, "confirmed"), (0.3, "doubtful (q 0.3)")])
def test_changes_say_how_sure_they_are(q: float, said: str) -> None:
    made = sheet([CHANGE], [OLD, NEW], [Group(NEW, (CHANGE,), 1, 1, q)], [EVENT])
    assert said in render(made, "text")
    document = json.loads(render(made, "json"))
    assert document["changes"][0]["q"] == q
    assert [one["reason"] for one in document["events"]] == ["CPU: A / B"]
