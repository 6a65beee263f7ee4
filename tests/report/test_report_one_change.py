"""One change as a sheet, and its picture in letters."""

import json
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_runner.model.benchmark import Case
from bench_runner.model.change import UNSEEN, Change, Step
from bench_runner.model.commit import Commit
from bench_runner.model.ledger import Entry, Proposal, Size
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.series import Series, SeriesKey
from bench_runner.report.ledger import news
from bench_runner.report.one_change import Context, sheet
from bench_runner.report.picture import HEIGHT, LABEL, WIDTH, picture
from bench_runner.report.sheet import render

KEY = SeriesKey(Case("sort.time_a", ("1",)), "uv-py3.11", "lab")


def sha(number: int) -> str:
    return f"{number:040x}"


COMMITS = [Commit(sha(at), (), 86_400_000 * at, f"subject {at}") for at in range(60)]


def series(values: list[float], metric: Metric = TIME, every: int = 1) -> Series:
    revisions = [every * at for at in range(len(values))]
    return Series(KEY, metric, revisions, [sha(one) for one in revisions], values, values, values)


def change(at: int, *, span: tuple[int, int] | None = None, **more: object) -> Change:
    step = Step(at, 1.0, 1.3, 1.3, 1.27, 1.33, 1e-9, ("only 3 points after it",), at - 1, at + 1)
    made = Change(KEY, TIME, step, sha(at - 1), sha(at), at, 1, span=span or (at - 1, at + 1))
    return replace(made, **more)


VALUES = [1.0] * 20 + [1.3] * 20
CHANGE = change(20)
AROUND = Context(series(VALUES), [CHANGE], COMMITS, [CHANGE, change(20, key=replace(KEY, case=Case("sort.time_b")))])


def test_all_that_was_seen_is_said() -> None:
    text = render(sheet(CHANGE, AROUND), "text")
    for word in (
        "1.00 s -> 1.30 s",
        "+30.0 % (95 %: +27.0 % to +33.0 %)",
        "p = 1e-09",
        "20 before it, 20 from it on",
        "only 3 points after it",
        "uv-py3.11",
        "sort.time_b",
        f"`bench-runner bisect {CHANGE.id}` measures which commit it was",
    ):
        assert word in text
    assert re.search(r"\* 00000000 1970-01-21 subject 20$", text, re.MULTILINE)
    assert re.search(r"^      00000000 1970-01-20 subject 19$", text, re.MULTILINE)


def test_programs_get_points_suspects_and_neighbours() -> None:
    document = json.loads(render(sheet(CHANGE, AROUND), "json"))
    assert document["schema"] == "bench_runner.change/1"
    found = document["change"]
    assert [one["sha"] for one in found["suspects"]] == [sha(19), sha(20), sha(21)]
    assert [one["benchmark"] for one in found["neighbours"]] == ["sort.time_b"]
    assert [one["new"] for one in found["points"]] == [False] * 20 + [True] * 20


@pytest.mark.parametrize(
    ("step", "metric", "said"),
    [
        (replace(CHANGE.step, p=0.0), TIME, "p < 1e-300"),
        (replace(CHANGE.step, p=math.nan), TIME, "not known"),
        (CHANGE.step, Metric("count", "unit", exact=True), "declared exact"),
    ],
)
def test_how_sure_it_is(step: Step, metric: Metric, said: str) -> None:
    assert said in render(sheet(replace(CHANGE, step=step, metric=metric), AROUND), "text")


def test_an_interval_that_nobody_knows_is_not_made_up() -> None:
    step = replace(CHANGE.step, ratio_low=math.nan, ratio_high=math.nan)
    assert "95 %:" not in render(sheet(replace(CHANGE, step=step), AROUND), "text")


def test_what_a_person_or_the_ledger_said_is_told() -> None:
    text = render(sheet(change(20, state="dismissed", reason="the disk was full", known_as="00000abc"), AROUND), "text")
    assert "00000abc" in text
    assert "the disk was full" in text
    kept = sheet(change(20, warnings=(UNSEEN,)), AROUND)
    assert "confirmed, no longer seen" in kept.title


def test_many_suspects_are_cut_on_paper_and_whole_for_programs() -> None:
    wide = sheet(change(40, span=(1, 50)), replace(AROUND, series=series([1.0] * 40 + [1.3] * 5)))
    assert "50 commits may have made it" in render(wide, "text")
    assert "and 30 more" in render(wide, "text")
    assert len(json.loads(render(wide, "json"))["change"]["suspects"]) == 50


def test_a_change_inside_a_release_has_no_suspect() -> None:
    made = replace(CHANGE, between=(5, 9), last_old=sha(20), first_new=sha(20), span=(21, 20))
    text = render(sheet(made, replace(AROUND, series=replace(AROUND.series, times=range(40)))), "text")
    assert "no commit: while" in text
    assert "may have made it" not in text
    assert "bisect" not in text


@pytest.mark.parametrize("form", ["text", "md", "csv", "json"])
def test_hostile_subjects_break_nothing(form: str) -> None:
    evil = "\x1b[31m\n| <script>@all\n\u202e```"
    commits = [replace(one, subject=evil) for one in COMMITS]
    text = render(sheet(change(20, reason=evil), replace(AROUND, commits=commits)), form)
    assert not set(text) & {"\x1b", "\u202e"}
    if form == "md":
        assert "<script>" not in "".join(line for line in text.splitlines() if not line.startswith("    "))
        assert not [line for line in text.splitlines() if line.startswith("```")]


def rows(text: str) -> list[str]:
    return [line[LABEL + 2 :] for line in text.split("\n")[:HEIGHT]]


def test_the_picture_has_levels_points_and_the_place() -> None:
    text = picture(AROUND.series, CHANGE, [CHANGE], ("left", "right"))
    lines = text.split("\n")
    assert len(lines) == HEIGHT + 3
    assert lines[0].lstrip().startswith("1.30 s │")
    assert lines[HEIGHT - 1].lstrip().startswith("1.00 s │")
    top, bottom = rows(text)[0], rows(text)[-1]
    assert "─" in top[WIDTH // 2 + 2 :]
    assert "─" not in top[: WIDTH // 2 - 2]
    assert "─" in bottom[: WIDTH // 2 - 2]
    assert lines[HEIGHT].count("━") >= 3
    mark = lines[HEIGHT + 1].index("▲") - LABEL - 2
    assert lines[HEIGHT][LABEL + 2 + mark] == "━"
    assert abs(mark - WIDTH * 20 / 40) <= 1
    assert lines[-1].split() == ["left", "right"]


def test_dots_stand_where_the_points_are() -> None:
    text = picture(series([0.0, 0.0, 0.0, 9.0, 9.0, 9.0]), change(3), [], ("", ""))
    dots = [(at, letter) for at, line in enumerate(rows(text)) for letter in line if 0x2800 < ord(letter) < 0x2900]
    assert len(dots) == 6
    assert [at for at, _ in dots] == [0, 0, 0, HEIGHT - 1, HEIGHT - 1, HEIGHT - 1]


@given(
    st.lists(
        st.one_of(st.floats(), st.sampled_from([math.nan, math.inf, 0.0, 5e-324, 1.7e308])),
        min_size=2,
        max_size=200,
    ),
    st.data(),
)
@settings(max_examples=100, deadline=None)
def test_any_series_has_a_picture_of_that_size(values: list[float], data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(values) - 1))
    before, after = (data.draw(st.floats()) for _ in range(2))
    one = change(at, step=Step(at, before, after, 1.0, 1.0, 1.0, 0.0))
    text = picture(series(values), one, [], ("a", "b"))
    assert len(text.split("\n")) == HEIGHT + 3
    assert max(map(len, text.split("\n"))) <= LABEL + 2 + WIDTH + 11
    assert text == picture(series(values), one, [], ("a", "b"))


def entry(name: str) -> Entry:
    return Entry(name, KEY, TIME, Size(1.0, 1.3, 1.3, 1.2, 1.4, 0.0), sha(1), sha(9))


def test_news_for_the_ledger() -> None:
    old = entry("0000000b")
    narrow = replace(old, last_old=sha(5), state="recovered", recovered_by="f" * 40)
    found = [
        Proposal(("new",), None, entry("0000000a")),
        Proposal(("narrowed", "recovered"), old, narrow),
        Proposal(("no longer seen",), entry("0000000c"), entry("0000000c")),
        Proposal(("twice",), entry("0000000d"), None),
    ]
    found[2] = replace(found[2], new=found[2].old)
    asked = render(news(found, recorded=False), "text")
    assert "3 entries to record: `bench-runner detect --record` writes them" in asked
    assert "narrowed, recovered by ffffffff" in asked
    assert "was 00000000..00000000" in asked
    assert "no longer seen, kept" in asked
    assert "recorded twice: goes" in asked
    assert "3 entries recorded" in render(news(found, recorded=True), "text")
    assert [one["writes"] for one in json.loads(render(news(found, recorded=True), "json"))["news"]] == [
        True,
        True,
        False,
        True,
    ]


def test_the_chance_of_each_suspect_is_told() -> None:
    made = change(20, posterior=((19, 20, 0.9), (21, 21, 0.004)))
    text = render(sheet(made, AROUND), "text")
    assert re.search(r"\* +45 %  00000000 1970-01-21 subject 20$", text, re.MULTILINE)
    assert re.search(r"< 1 %  00000000 1970-01-22 subject 21$", text, re.MULTILINE)
    document = json.loads(render(sheet(made, AROUND), "json"))
    assert [one["probability"] for one in document["change"]["suspects"]] == [0.45, 0.45, 0.004]
    unknown = json.loads(render(sheet(CHANGE, AROUND), "json"))
    assert [one["probability"] for one in unknown["change"]["suspects"]] == [None] * 3
