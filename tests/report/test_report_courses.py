"""States and drifts in every format."""

import csv
import io
import json

from bench_runner.model.benchmark import Case
from bench_runner.model.course import Course
from bench_runner.model.metric import TIME
from bench_runner.model.series import SeriesKey
from bench_runner.report.changes import sheet
from bench_runner.report.courses import course_sheet, told
from bench_runner.report.sheet import render

KEY = SeriesKey(Case("time_a"), "py3.11", "lab")
STATES = Course(KEY, TIME, "states", (1e-3, 1.2e-3), "a" * 40, "b" * 40, stretches=5)
DRIFT = Course(KEY, TIME, "drift", (1e-3, 1.08e-3), "a" * 40, "b" * 40, commits=90)


def test_they_are_told_in_words() -> None:
    text = render(course_sheet([STATES, DRIFT]), "text")
    for words in ("2 series with states or a drift", "time_a", "lab", "py3.11"):
        assert words in text
    assert told(STATES) == "goes back and forth between 1.00 ms and 1.20 ms (5 stretches)"
    assert told(DRIFT) == "drifts +8.0 % (1.00 ms to 1.08 ms) within 90 commits, aaaaaaaa to bbbbbbbb"


def test_a_drift_from_zero_has_no_ratio() -> None:
    up = Course(KEY, TIME, "drift", (0.0, 1e-3), "a" * 40, "b" * 40, commits=9)
    assert told(up).startswith("drifts from ")
    assert "inf" not in told(up)


def test_programs_read_all_of_it() -> None:
    one, two = json.loads(render(course_sheet([STATES, DRIFT]), "json"))["courses"]
    assert (one["benchmark"], one["kind"], one["levels"], one["stretches"]) == ("time_a", "states", [1e-3, 1.2e-3], 5)
    assert (two["kind"], two["commits"], two["worse"], two["first"]) == ("drift", 90, True, "a" * 40)
    rows = list(csv.DictReader(io.StringIO(render(course_sheet([STATES, DRIFT]), "csv"))))
    assert [(row["low"], row["high"], row["levels"], row["machine"]) for row in rows] == [
        ("0.001", "0.0012", "2", "lab"),
        ("0.001", "0.00108", "2", "lab"),
    ]
    assert json.loads(render(sheet([], [], courses=[STATES]), "json"))["courses"] == [one]


def test_three_levels_are_listed() -> None:
    three = Course(KEY, TIME, "states", (1.0, 2.0, 3.0), "a" * 40, "b" * 40, stretches=7)
    assert told(three) == "goes back and forth between 1.00 s, 2.00 s and 3.00 s (7 stretches)"
