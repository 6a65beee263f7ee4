"""Series with states in every format."""

import csv
import io
import json

from bench_runner.model.benchmark import Case
from bench_runner.model.metric import TIME
from bench_runner.model.restless import Restless
from bench_runner.model.series import SeriesKey
from bench_runner.report.changes import sheet
from bench_runner.report.restless import between, restless_sheet
from bench_runner.report.sheet import render

ONE = Restless(SeriesKey(Case("time_a"), "py3.11", "lab"), TIME, (1e-3, 1.2e-3), 5, "a" * 40)


def test_it_is_told_between_which_levels() -> None:
    text = render(restless_sheet([ONE]), "text")
    for words in ("1 series with states", "time_a", "1.00 ms and 1.20 ms", "5", "lab", "py3.11"):
        assert words in text


def test_programs_read_all_of_it() -> None:
    (one,) = json.loads(render(restless_sheet([ONE]), "json"))["restless"]
    assert (one["benchmark"], one["levels"], one["stretches"], one["since"]) == ("time_a", [1e-3, 1.2e-3], 5, "a" * 40)
    (row,) = csv.DictReader(io.StringIO(render(restless_sheet([ONE]), "csv")))
    assert (row["low"], row["high"], row["levels"], row["machine"]) == ("0.001", "0.0012", "2", "lab")
    assert json.loads(render(sheet([], [], restless=[ONE]), "json"))["restless"] == [one]


def test_three_levels_are_listed() -> None:
    three = Restless(ONE.key, TIME, (1.0, 2.0, 3.0), 7, "a" * 40)
    assert between(three) == "1.00 s, 2.00 s and 3.00 s"
