"""What the demo says it found, against a truth made by hand."""

from bench_runner.demo.project import Effect, Truth
from bench_runner.demo.verdict import judge
from bench_runner.model.benchmark import Case
from bench_runner.model.change import Change, State, Step
from bench_runner.model.environment import Environment
from bench_runner.model.machine import Machine
from bench_runner.model.metric import TIME
from bench_runner.model.run import Build, Fingerprint, Outcome, Protocol, Result, Run
from bench_runner.model.series import SeriesKey

SHAS = tuple(f"{place:040x}" for place in range(30))
NAN = float("nan")
STEP = Effect("step", SHAS[10], "time_score", 1.3)
MENDED = Effect("recovered", SHAS[12], "time_merge", 1.25, SHAS[21])


def change(name: str, place: int, ratio: float, state: State = "confirmed") -> Change:
    step = Step(place, 1.0, ratio, ratio, ratio * 0.99, ratio * 1.01, 1e-6)
    return Change(
        SeriesKey(Case(name), "uv-py3.11", "demo"), TIME, step, SHAS[place - 1], SHAS[place], place, state=state
    )


def run(place: int, *, ok: bool = True, outcome: Outcome = "ok") -> Run:
    result = Result(Case("time_fit"), "1", outcome, detail="no answer within 3 s")
    build = Build(ok, 1.0, "" if ok else "NameError: x")
    environment, protocol = Environment("uv", "3.11"), Protocol("0", "asv_runner", 5, "fork")
    return Run(SHAS[place], 0, environment, Machine("demo"), build, protocol, Fingerprint(), (result,))


def test_a_change_beside_the_place_counts_and_a_far_one_is_a_false_alarm() -> None:
    near = judge(Truth(SHAS, (STEP,)), [change("time_score", 11, 1.29)], [])
    assert (near.findings[0].found, near.false_alarms) == (True, ())
    far = judge(Truth(SHAS, (STEP,)), [change("time_score", 14, 1.29)], [])
    assert (far.findings[0].found, len(far.false_alarms)) == (False, 1)


def test_another_benchmark_or_the_wrong_way_does_not_count() -> None:
    for wrong in (change("time_split", 10, 1.3), change("time_score", 10, 0.8)):
        verdict = judge(Truth(SHAS, (STEP,)), [wrong], [])
        assert not verdict.findings[0].found
        assert verdict.false_alarms == (wrong,)


def test_one_change_answers_one_effect_only() -> None:
    twice = [change("time_score", 10, 1.3), change("time_score", 11, 1.2)]
    assert judge(Truth(SHAS, (STEP,)), twice, []).false_alarms == (twice[1],)


def test_another_metric_of_the_benchmark_answers_too() -> None:
    told = [change("time_score", 10, 1.25), change("time_score:calls", 10, 1.3)]
    verdict = judge(Truth(SHAS, (STEP,)), told, [])
    assert (verdict.findings[0].seen, verdict.false_alarms) == (
        f"+25.0% at {SHAS[10][:8]}; calls +30.0% at {SHAS[10][:8]}",
        (),
    )
    alone = judge(
        Truth(SHAS, (MENDED,)),
        [change("time_merge:calls", 12, 1.25, "recovered"), change("time_merge:calls", 21, 0.8)],
        [],
    )
    assert alone.findings[0].by == ("time_merge:calls",)
    assert not judge(Truth(SHAS, (STEP,)), [change("time_scores:calls", 10, 1.3)], []).findings[0].found


def test_a_mended_one_must_be_seen_to_recover() -> None:
    there, back = change("time_merge", 12, 1.25, "recovered"), change("time_merge", 21, 0.8)
    assert judge(Truth(SHAS, (MENDED,)), [there, back], []).findings[0].found
    assert not judge(Truth(SHAS, (MENDED,)), [there], []).findings[0].found
    assert not judge(Truth(SHAS, (MENDED,)), [change("time_merge", 12, 1.25), back], []).findings[0].found


def test_failures_count_when_they_are_recorded() -> None:
    truth = Truth(SHAS, (Effect("unbuildable", SHAS[5], "", NAN), Effect("timeout", SHAS[7], "time_fit", NAN)))
    recorded = judge(truth, [], [run(5, ok=False), run(7, outcome="timeout")])
    assert [one.found for one in recorded.findings] == [True, True]
    assert [one.seen for one in recorded.findings] == ["NameError: x", "no answer within 3 s"]
    assert [one.found for one in judge(truth, [], [run(5), run(7)]).findings] == [False, False]
