"""What machines and environments did, told from what commits did."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up import Past, commits, level, sha

from bench_runner.history.changes import find
from bench_runner.history.facts import RunFact
from bench_runner.history.findings import Findings, findings
from bench_runner.history.series import History
from bench_runner.model.benchmark import Case
from bench_runner.model.change import UNSEEN
from bench_runner.model.metric import TIME
from bench_runner.model.run import Fingerprint
from bench_runner.model.series import Series, SeriesKey
from bench_runner.stats.changepoints import Segments

COUNT = 80
PY11, PY12 = "py3.11", "py3.12"


def cell(
    machine: str,
    *parts: tuple[int, float],
    environment: str = PY11,
    names: Sequence[str] = tuple(f"time_{number}" for number in range(12)),
    own: dict[str, Sequence[tuple[int, float]]] | None = None,
) -> list[Series]:
    """Series of an environment on a machine that all have the same levels, but for those that have their own."""
    found = []
    for number, name in enumerate(names):
        levels = (own or {}).get(name, parts)
        seed = sum(map(ord, machine + environment)) * 100 + number
        values = level(*levels, seed=seed)
        key = SeriesKey(Case(name), environment, machine)
        unknown = [math.nan] * COUNT
        found.append(Series(key, TIME, range(COUNT), [sha(k) for k in range(COUNT)], values, unknown, unknown))
    return found


def told(*series: Series, runs: Sequence[RunFact] = ()) -> Findings:
    return findings(History(commits(COUNT), None, series, runs=runs), Segments())  # type: ignore[arg-type]


def runs(machine: str, *facts: tuple[int, Fingerprint, float]) -> list[RunFact]:
    """Runs of all commits: so many on a fingerprint with a canary, then the next."""
    found = [fact for count, *fact in facts for _ in range(count)]
    return [
        RunFact(sha(k), PY11, machine, fingerprint=on, canary_s=pace)  # type: ignore[arg-type]
        for k, (on, pace) in enumerate(found)
    ]


QUIET = (COUNT, 1.0)
SHIFT = ((40, 1.0), (40, 1.06))


def test_a_step_of_all_series_of_one_machine_is_the_machines() -> None:
    found = told(*cell("one", *SHIFT), *cell("two", QUIET))
    (event,) = found.events
    assert (event.kind, event.machine, event.environment, event.revision) == ("machine", "one", "", 40)
    assert event.reason == "12 of 12 series of machine one moved by +5.9 % together, on other machines none did"
    assert len(event.changes) == 12
    assert not found.groups


@pytest.mark.parametrize(("seed", "place"), [(540, 50), (1439, 30)])
def test_a_series_whose_noise_shows_it_at_another_commit_took_part_all_the_same(seed: int, place: int) -> None:
    names = [f"time_{number}" for number in range(60)]
    one, *rest = cell("one", *SHIFT, names=names)
    noise, memory = np.random.default_rng(seed).normal(0, 0.016, COUNT), 0.8
    for k in range(1, COUNT):
        noise[k] = memory * noise[k - 1] + math.sqrt(1 - memory**2) * noise[k]
    values = np.exp(noise) * np.repeat([1.0, 1.06], COUNT // 2)
    odd = replace(one, values=values.tolist())
    assert [change.revision for change in find(Past(commits(COUNT), [odd]), Segments())] == [place]
    result = told(odd, *rest, *cell("two", QUIET, names=names))
    assert result.changes == []
    (event,) = result.events
    assert (event.revision, event.machine) == (40, "one")


def test_a_change_of_its_own_beside_the_machines_is_still_told() -> None:
    own = {"time_0": ((50, 1.0), (30, 1.06))}
    result = told(*cell("one", *SHIFT, own=own), *cell("two", QUIET, own=own))
    assert {(one.key.case.benchmark, one.revision) for one in result.changes} == {("time_0", 50)}


def test_a_step_of_all_series_on_all_machines_is_the_commits() -> None:
    found = told(*cell("one", *SHIFT), *cell("two", *SHIFT))
    assert not found.events
    (group,) = found.groups
    assert (group.commit.sha, group.agree, group.q) == (sha(40), 24, pytest.approx(0, abs=1e-9))


def test_on_the_only_machine_nobody_can_say() -> None:
    found = told(*cell("one", *SHIFT))
    assert not found.events
    (group,) = found.groups
    assert all("it may be the machine" in change.warnings[0] for change in group.changes)


def test_the_canary_of_the_only_machine_tells() -> None:
    same = Fingerprint("A")
    slower = told(*cell("one", *SHIFT), runs=runs("one", (40, same, 0.01), (40, same, 0.0106)))
    (event,) = slower.events
    assert event.reason.startswith("canary +6.0 %; 12 of 12 series of machine one")
    steady = told(*cell("one", *SHIFT), runs=runs("one", (80, same, 0.01)))
    assert not steady.events
    assert not any(change.warnings for group in steady.groups for change in group.changes)


def test_another_cpu_is_named() -> None:
    facts = runs("one", (40, Fingerprint("Xeon A"), 0.0), (40, Fingerprint("Xeon B"), 0.0))
    found = told(*cell("one", *SHIFT), runs=facts)
    (event,) = found.events
    assert (event.kind, event.reason.split(";")[0]) == ("machine", "CPU: Xeon A / Xeon B")


def test_a_single_series_on_another_numpy_is_the_environments() -> None:
    old, new = (Fingerprint("A", distributions={"numpy": version}) for version in ("1.26", "2.0"))
    own = {"time_3": ((40, 1.0), (40, 1.3))}
    found = told(*cell("one", QUIET, own=own), runs=runs("one", (40, old, 0.0), (40, new, 0.0)))
    (event,) = found.events
    assert (event.kind, event.environment, event.reason) == ("environment", PY11, "numpy 1.26 / 2.0")
    assert not found.groups


def test_what_another_machine_saw_too_is_not_laid_to_a_difference() -> None:
    old, new = (Fingerprint("A", distributions={"numpy": version}) for version in ("1.26", "2.0"))
    own = {"time_3": ((40, 1.0), (40, 1.3))}
    facts = runs("one", (40, old, 0.0), (40, new, 0.0))
    found = told(*cell("one", QUIET, own=own), *cell("two", QUIET, own=own), runs=facts)
    assert not found.events
    assert [one.agree for one in found.groups] == [2]


def test_what_differs_all_the_time_explains_nothing() -> None:
    facts = runs("one", *[(1, Fingerprint("AB"[k % 2]), 0.0) for k in range(COUNT)])
    found = told(*cell("one", QUIET, own={"time_3": ((40, 1.0), (40, 1.3))}), runs=facts)
    assert not found.events
    assert len(found.groups) == 1


def test_a_step_of_one_environment_alone_is_the_environments() -> None:
    found = told(*cell("one", *SHIFT, environment=PY12), *cell("one", QUIET))
    (event,) = found.events
    assert (event.kind, event.environment) == ("environment", PY12)
    assert not found.groups


def test_a_machine_with_two_environments_has_one_event() -> None:
    both = [*cell("one", *SHIFT, environment=PY12), *cell("one", *SHIFT)]
    (event,) = told(*both, *cell("two", QUIET), *cell("two", QUIET, environment=PY12)).events
    assert (event.machine, event.environment, event.agree, event.asked) == ("one", "", 24, 24)


@pytest.mark.parametrize("ratio", [1.2, 0.7])
@pytest.mark.parametrize("place", [40, 44, 60])
def test_a_change_of_code_near_an_event_stays_one(place: int, ratio: float) -> None:
    own = {"time_3": ((40, 1.0), (place - 40, 1.06), (COUNT - place, 1.06 * ratio)), "time_4": ((COUNT, 1.0),)}
    still = {"time_3": ((place, 1.0), (COUNT - place, ratio))}
    found = told(*cell("one", *SHIFT, own=own), *cell("two", QUIET, own=still))
    assert [event.revision for event in found.events] == [40]
    (group,) = found.groups
    assert (group.commit.sha, {one.key.case.id for one in group.changes}) == (sha(place), {"time_3"})
    assert [one.step.ratio for one in group.changes] == pytest.approx([ratio, ratio], rel=0.02)


def test_an_event_is_no_reason_to_call_noise_a_change() -> None:
    rng = np.random.default_rng(4)
    names = [f"time_{number}" for number in range(40)]
    own = {name: [(1, float(value)) for value in np.exp(rng.normal(0, 0.05, COUNT))] for name in names[20:]}
    found = told(*cell("one", *SHIFT, names=names, own=own), *cell("two", QUIET, names=names))
    assert [event.revision for event in found.events] == [40]
    assert not found.groups


def test_a_recorded_change_that_turns_out_to_be_the_machines_says_so() -> None:
    alone = told(*cell("one", *SHIFT))
    ledger = {one.id: one.entry for one in alone.proposals}
    assert len(ledger) == 12
    history = History(commits(COUNT), None, [*cell("one", *SHIFT), *cell("two", QUIET)])  # type: ignore[arg-type]
    (group,) = findings(history, Segments(), ledger=ledger).groups
    assert not any(change.standing for change in group.changes)
    assert {change.warnings[0] for change in group.changes} == {UNSEEN}
    assert all(change.warnings[1].startswith("laid to machine one: 12 of 12 series") for change in group.changes)
