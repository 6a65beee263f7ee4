"""Two commits side by side, for real: rounds on all sides or on none, in random order, kept as they come."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bench_runner.model.benchmark import Benchmark, Case
from bench_runner.model.gate import SIDES, Cell, Fault, Gate
from bench_runner.model.judged import Certificate, Judged, Seen, State
from bench_runner.model.run import Fingerprint, Protocol
from bench_runner.runner import paired
from bench_runner.runner.paired import Sides, Step
from bench_runner.runner.rig import Rig
from bench_runner.runner.sampling import Sampling
from bench_runner.runner.sides import FOLDERS
from bench_runner.stats import looks

pytestmark = pytest.mark.slow

# What is called takes no time and returns what it shall; each call leaves a note.
NOTES = """
    import os
    from pathlib import Path
    SIDE, SEED = os.environ["SIDE"], os.environ["PYTHONHASHSEED"]

    def note(name):
        with Path(__file__).with_name("notes.txt").open("a") as file:
            file.write(f"{SIDE} {name} {SEED} {os.getppid()} {os.getcwd()}\\n")
        return {"base": 1.0, "head": 2.0, "again": 1.5}[SIDE]
"""
EVERY = """
    def track_still(): return note("still")
    def track_open(): return note("open")
    def track_flag(): return note("flag")
    def track_red(): return note("red")
    track_still.unit = track_open.unit = track_flag.unit = track_red.unit = "seconds"

    def track_exact(): return note("exact")
    track_exact.exact = True
    def mem_few(): return [note("few")] * 100
    def peakmem_pair(): note("pair")

    def time_real(): pass
    time_real.rounds = time_real.repeat = time_real.number = 1
    time_real.warmup_time = 0
"""


@dataclass(frozen=True)
class Note:
    """One call: on which side, of what, with which hash seed, and in whose child."""

    side: str
    name: str
    seed: str
    parent: str
    folder: str


@dataclass
class Trial:
    """A suite that is measured on three sides of one workspace."""

    bench: Any
    suite: Path
    gates: list[Gate] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    known: dict[Case, Benchmark] = field(default_factory=dict)

    @property
    def notes(self) -> list[Note]:
        path = self.suite / "notes.txt"
        return [Note(*line.split()) for line in path.read_text().splitlines()] if path.exists() else []

    def __post_init__(self) -> None:
        place = replace(self.bench.place(self.suite), variables={"SIDE": "base"})
        self.known |= {case: one for one in self.bench.processes.discover(place, self.suite) for case in one.cases()}

    @property
    def gate(self) -> Gate:
        """A gate of which nothing is measured."""
        cells = tuple(Cell(case, one.kind, one.metric) for case, one in self.known.items())
        protocol = Protocol("0.1", "asv_runner", 2, "fork")
        return Gate("a" * 40, "b" * 40, "uv", "lab", 0, 1, protocol, Fingerprint(), cells)

    def sides(self, folder: Path, **variables: str) -> Sides:
        place, sampling, rigs = self.bench.place(self.suite), Sampling(rounds=2, samples=1), {}
        for side in SIDES:
            own = folder / side
            own.mkdir(parents=True, exist_ok=True)
            rigs[side] = Rig(replace(place, variables={"SIDE": side, **variables}), self.suite, sampling, own)
        return Sides(rigs, self.known, sampling, self.steps.append, self.gates.append)

    def measure(self, folder: Path, gate: Gate | None = None, **variables: str) -> Judged:
        return self.sides(folder, **variables).measure(gate or self.gate, by_name)


def by_name(gate: Gate) -> Judged:
    """Judge cells by their names, whatever was measured."""
    states: dict[str, State] = {"open": "open", "flag": "changed", "exact": "changed"}
    seen = [Seen(one, "inconclusive", state=states.get(short(one), "alike")) for one in gate.cells]
    red = tuple(one.case for one in gate.cells if short(one) == "red")
    return Judged(gate, "PASS", "", tuple(seen), Certificate(len(seen), red, (), 0.0, 0.0))


def short(cell: Cell) -> str:
    return cell.case.benchmark.rpartition("_")[2]


def cells(gate: Gate) -> dict[str, Cell]:
    return {short(one): one for one in gate.cells}


def lengths(gate: Gate, what: str = "rounds") -> dict[str, tuple[int, ...]]:
    """How many rounds there are on each side, by name."""
    return {short(one): tuple(map(len, getattr(one, what).values())) for one in gate.cells}


@pytest.fixture(scope="module", autouse=True)
def few_rounds() -> Iterator[None]:
    """Look after 2 and 3 rounds; 3 confirm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paired, "LOOKS", (2, 3))
        patch.setattr(paired, "CONFIRMING", 3)
        patch.setattr(looks, "CONFIRMING", 3)
        yield


@pytest.fixture
def trial(bench: Any, write: Callable[..., Path]) -> Callable[[str], Trial]:
    """A function that makes a trial of a suite."""
    return lambda source: Trial(bench, write(one=dedent(NOTES) + dedent(source)))


def measured(bench: Any, folder: Path, source: str) -> Trial:
    """A suite in a folder, measured to the end."""
    suite = folder / "benchmarks"
    suite.mkdir()
    (suite / "__init__.py").write_text("")
    (suite / "one.py").write_text(dedent(NOTES) + dedent(source))
    made = Trial(bench, suite)
    made.measure(folder / "work")
    return made


@pytest.fixture(scope="module")
def whole(lasting: Any, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A suite of every kind of cell, measured to the end."""
    return measured(lasting, tmp_path_factory.mktemp("whole"), EVERY)


# A whole gate.


def test_open_cells_get_more_rounds_flagged_ones_fresh_rounds_and_the_rest_no_more(whole: Trial) -> None:
    gate = whole.gates[-1]
    assert (gate.whole, gate.looks) == (True, (2, 3))
    assert lengths(gate) == {
        "still": (2, 2, 2),
        "open": (3, 3, 3),
        "flag": (2, 2, 2),
        "red": (2, 2, 2),
        "real": (2, 2, 2),
        "exact": (1, 1, 1),
        "few": (1, 1, 1),
        "pair": (2, 2, 2),
    }
    assert {name: some for name, some in lengths(gate, "fresh").items() if some} == {
        "flag": (2, 2, 2),
        "red": (2, 2, 2),
        "exact": (1, 1, 1),
    }
    assert all(not one.faults for one in gate.cells)


def test_numbers_are_those_of_their_side(whole: Trial) -> None:
    found = cells(whole.gates[-1])
    for name in ("still", "open", "flag", "exact"):
        assert {side: set(values) for side, values in found[name].rounds.items()} == {
            "base": {1.0},
            "head": {2.0},
            "again": {1.5},
        }
    assert found["flag"].fresh == {"base": (1.0,) * 2, "head": (2.0,) * 2, "again": (1.5,) * 2}
    assert all(0 < value < 0.01 for values in found["real"].rounds.values() for value in values)
    assert all(value > 1e6 for values in found["pair"].rounds.values() for value in values)


def test_a_round_of_what_takes_time_has_its_cpu_time(whole: Trial) -> None:
    gate = whole.gates[-1]
    few = {"exact", "few", "pair"}
    assert lengths(gate, "cpu") == {
        name: () if name in few else counts for name, counts in lengths(gate, "rounds").items()
    }
    assert lengths(gate, "fresh_cpu") == lengths(gate, "fresh") | {"exact": ()}
    assert all(0 < value < 0.01 for values in cells(gate)["real"].cpu.values() for value in values)


def test_what_is_there_is_kept_after_each_round_on_all_sides_or_on_none(whole: Trial) -> None:
    *rounds, last = whole.gates
    assert last == replace(rounds[-1], whole=True)
    assert not any(one.whole for one in rounds)
    assert len(rounds) == 2 + 1 + 2
    for number, gate in enumerate(rounds, 1):
        for what in ("rounds", "fresh", "cpu", "fresh_cpu"):
            assert all(len(set(some)) <= 1 for some in lengths(gate, what).values())
        assert [len(gate.canary[side]) for side in SIDES] == [number] * 3
        assert all(0 < pace < 1 for values in gate.canary.values() for pace in values)
    assert [lengths(one)["open"][0] for one in rounds] == [1, 2, 3, 3, 3]
    assert [one.looks for one in rounds] == [(), (), (2,), (2, 3), (2, 3)]
    assert 0 < rounds[0].spent_s < rounds[-1].spent_s


def test_what_is_going_on_is_told(whole: Trial) -> None:
    assert [(one.done, one.total, one.doing) for one in whole.steps] == [
        (0, 2, "round 1 of 2, 8 of 8 cells"),
        (1, 2, "round 2 of 2, 6 of 8 cells"),
        (2, 3, "round 3 of 3, 1 of 8 cells"),
        (0, 2, "measuring 3 flagged cells anew"),
        (1, 2, "measuring 2 flagged cells anew"),
    ]


def turns(trial: Trial) -> list[list[Note]]:
    """The notes of ordinary cases, cut where a case has had its turn on all sides."""
    notes = [one for one in trial.notes if one.name not in {"few", "pair"}]
    return [notes[k : k + 3] for k in range(0, len(notes), 3)]


def test_each_cell_has_its_turns_one_after_the_other_with_sides_in_random_order(whole: Trial) -> None:
    found = turns(whole)
    assert Counter(three[0].name for three in found) == {"still": 2, "open": 3, "flag": 4, "red": 4, "exact": 2}
    assert all(len({one.name for one in three}) == 1 for three in found)
    assert all({one.side for one in three} == set(SIDES) for three in found)
    assert len({tuple(one.side for one in three) for three in found}) >= 4
    rounds = list(dict.fromkeys(three[0].seed for three in found))[:2]
    orders = [[three[0].name for three in found if three[0].seed == one and three[0].name != "exact"] for one in rounds]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_a_round_has_one_hash_seed_on_all_sides_and_fresh_processes(whole: Trial) -> None:
    found = turns(whole)
    assert all(len({one.seed for one in three}) == 1 for three in found)
    assert all(len({one.parent for one in three}) == 3 for three in found)
    rounds = {three[0].seed for three in found}
    assert len(rounds) == 2 + 1 + 2  # the first look, open cells, fresh ones
    parents = {seed: {one.parent for three in found for one in three if one.seed == seed} for seed in rounds}
    assert all(len(some) == 3 for some in parents.values())
    assert len(set().union(*parents.values())) == 3 * len(rounds)


def test_sides_have_folders_of_their_own(whole: Trial) -> None:
    for one in whole.notes:
        assert Path(one.folder).parent.name == one.side
    assert not any(Path(one.folder).exists() for one in whole.notes)


def test_a_whole_gate_measures_nothing_more(whole: Trial, tmp_path: Path) -> None:
    before, gate = len(whole.notes), whole.gates[-1]
    again = Trial(whole.bench, whole.suite)
    assert again.measure(tmp_path, gate).gate == gate
    assert len(whole.notes) == before


# Sides that fail.


FAILING = """
    def fails(name, *sides):
        first = not Path(f"{__file__}.{SIDE}.{name}").exists()
        Path(f"{__file__}.{SIDE}.{name}").touch()
        note(name)
        if SIDE in sides:
            print("words of", SIDE)
            raise ValueError(name)
        return first

    def track_fine(): return note("fine")
    def track_onhead(): return fails("onhead", "head")
    def track_ontwo(): return fails("ontwo", "base", "again")
    def track_onall(): return fails("onall", "base", "head", "again")
    def track_later():
        if not fails("later") and SIDE == "head": raise ValueError("the second time")
        return 1.0
    def track_skipped(): return 1
    def skip(): raise NotImplementedError
    track_skipped.setup = skip
    def track_nothing():
        note("nothing")
        return float("nan") if SIDE == "head" else 3.0
    for one in (track_fine, track_onhead, track_ontwo, track_onall, track_later, track_skipped, track_nothing):
        one.unit = "seconds"

    class Broken:
        unit = "seconds"
        def setup_cache(self):
            note("broken")
            if SIDE == "head": raise ValueError("no cache")
            return SEED
        def track_broken(self, made):
            note("used")
            return 1.0

    class Cached:
        unit = "seconds"
        def setup_cache(self):
            note("cached")
            return SEED
        def track_cached(self, made):
            note(f"read-{made}")
            return 1.0
"""


@pytest.fixture(scope="module")
def failing(lasting: Any, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A suite of what fails in every way."""
    return measured(lasting, tmp_path_factory.mktemp("failing"), FAILING)


def test_a_case_that_fails_on_a_side_has_a_fault_there_and_only_there(failing: Trial) -> None:
    found = cells(failing.gates[-1])
    assert {name: sorted(one.faults) for name, one in found.items() if one.faults} == {
        "onhead": ["head"],
        "ontwo": ["again", "base"],
        "onall": ["again", "base", "head"],
        "later": ["head"],
        "skipped": ["again", "base", "head"],
        "broken": ["head"],
        "nothing": ["head"],
    }
    assert found["onhead"].faults["head"].outcome == "failed"
    assert "ValueError: onhead" in found["onhead"].faults["head"].detail
    assert "words of head" in found["onhead"].faults["head"].output
    assert {one.outcome for one in found["skipped"].faults.values()} == {"skipped"}


def test_a_case_that_fails_is_tried_on_each_side_once_and_costs_the_others_nothing(failing: Trial) -> None:
    count = Counter((one.name, one.side) for one in failing.notes)
    assert {count[name, side] for name in ("onhead", "ontwo", "onall") for side in SIDES} == {1}
    assert {count["fine", side] for side in SIDES} == {2}
    assert lengths(failing.gates[-1])["fine"] == (2, 2, 2)
    assert failing.gates[-1].whole


def test_rounds_from_before_it_failed_stay(failing: Trial) -> None:
    assert lengths(failing.gates[-1])["later"] == (1, 1, 1)
    assert lengths(failing.gates[-1])["onhead"] == ()


def test_a_setup_cache_that_fails_on_a_side_is_a_fault_of_its_cases(failing: Trial) -> None:
    fault = cells(failing.gates[-1])["broken"].faults["head"]
    assert (fault.outcome, fault.detail[:12]) == ("failed", "setup_cache:")
    assert "no cache" in fault.detail + fault.output
    count = Counter((one.name, one.side) for one in failing.notes)
    assert {count["broken", side] for side in SIDES} == {1}
    assert {count["used", side] for side in SIDES} == {0}


def test_setup_caches_are_made_once_a_side_with_the_same_hash_seed(failing: Trial) -> None:
    made = [one for one in failing.notes if one.name == "cached"]
    assert sorted(one.side for one in made) == sorted(SIDES)
    assert len({one.seed for one in made}) == 1
    read = [one for one in failing.notes if one.name.startswith("read-")]
    assert {one.name for one in read} == {f"read-{made[0].seed}"}
    assert len(read) == 6


# Where it stops, and how it goes on.


STOPPING = """
    def track_open(): return note("open")
    def track_flag(): return note("flag")
    track_open.unit = track_flag.unit = "seconds"
"""


def stopped(trial: Trial, folder: Path, after: int, gate: Gate | None = None) -> Judged:
    """Measure so many rounds."""
    sides = trial.sides(folder)

    def keep(one: Gate) -> None:
        trial.gates.append(one)
        sides.stop.stopping = len(trial.gates) >= after

    sides.keep = keep
    return sides.measure(gate or trial.gate, by_name)


def test_the_first_word_to_stop_ends_it_after_the_round_in_hand(trial: Callable[[str], Trial], tmp_path: Path) -> None:
    made = trial(STOPPING)
    sides = made.sides(tmp_path)
    turn = sides.rigs["head"].turn

    def interrupted(course: Any) -> Any:
        sides.stop.stopping = True
        return turn(course)

    sides.rigs["head"].turn = interrupted  # type: ignore[method-assign]
    judged = sides.measure(made.gate, by_name)
    assert lengths(judged.gate) == {"open": (1, 1, 1), "flag": (1, 1, 1)}
    assert (judged.gate.whole, judged.gate.looks) == (False, ())
    assert made.gates[-1] == judged.gate


def test_going_on_repeats_no_round_wherever_it_was_stopped(trial: Callable[[str], Trial], tmp_path: Path) -> None:
    made = trial(STOPPING)
    gate: Gate | None = None
    for number in range(3 + 2):
        made.gates.clear()
        gate = stopped(made, tmp_path / str(number), 1, gate).gate
        assert not gate.whole
        assert made.gates[0].cells == gate.cells
    assert lengths(gate) == {"open": (3, 3, 3), "flag": (2, 2, 2)}
    assert lengths(gate, "fresh") == {"open": (), "flag": (2, 2, 2)}
    assert Counter((one.name, one.side) for one in made.notes) == {
        (name, side): count for name, count in (("open", 3), ("flag", 4)) for side in SIDES
    }
    assert len({one.seed for one in made.notes}) == 5
    last = made.measure(tmp_path / "last", gate).gate
    assert last == replace(gate, whole=True)
    assert len(made.notes) == 21


@pytest.mark.parametrize("until", [0.0, -math.inf])
def test_where_time_is_over_nothing_is_measured(trial: Callable[[str], Trial], tmp_path: Path, until: float) -> None:
    made = trial(STOPPING)
    sides = made.sides(tmp_path)
    sides.until = until
    gate = made.gate
    assert sides.measure(gate, by_name).gate == gate
    assert made.gates == [gate]
    assert made.notes == []


def test_time_that_runs_out_ends_it_between_rounds(trial: Callable[[str], Trial], tmp_path: Path) -> None:
    made = trial(STOPPING)
    sides = made.sides(tmp_path)
    sides.keep = lambda _: setattr(sides, "until", time.monotonic())
    found = sides.measure(made.gate, by_name).gate
    assert (lengths(found)["open"], found.whole) == ((1, 1, 1), False)


def test_what_a_side_does_not_have_is_not_run_there_or_anywhere(trial: Callable[[str], Trial], tmp_path: Path) -> None:
    made = trial(
        """
        class Some:
            unit = "seconds"
            def setup_cache(self): return note("cache")
            def track_gone(self, made): return note("gone")
            def track_there(self, made): return note("there")
        """
    )
    empty = made.gate
    gone = [replace(one, faults={"head": Fault("missing")}) if short(one) == "gone" else one for one in empty.cells]
    sides = made.sides(tmp_path)
    asked = []
    for rig in sides.rigs.values():
        make = rig.make_caches
        rig.make_caches = lambda courses, *rest, make=make: asked.append(courses) or make(courses, *rest)  # type: ignore[method-assign,misc]
    found = cells(sides.measure(replace(empty, cells=tuple(gone)), by_name).gate)
    assert (found["gone"].faults, found["gone"].measured) == ({"head": Fault("missing")}, 0)
    assert (found["there"].faults, found["there"].measured) == ({}, 2)
    assert Counter(one.name for one in made.notes) == {"cache": 3, "there": 6}
    assert [[course.case.benchmark for course in some] for some in asked] == [["one.Some.track_there"]] * 3


def test_a_hash_seed_that_is_fixed_stays(trial: Callable[[str], Trial], tmp_path: Path) -> None:
    made = trial('def track_still(): return note("still")')
    made.measure(tmp_path, PYTHONHASHSEED="7")
    assert [one.seed for one in made.notes] == ["7"] * 3


def test_a_case_that_fails_anew_is_a_fault_and_no_flag(trial: Callable[[str], Trial], tmp_path: Path) -> None:
    made = trial(
        """
        def track_flag():
            note("flag")
            before = Path(__file__).with_name("notes.txt").read_text().count("head flag")
            if SIDE == "head" and before > 2: raise ValueError
            return 1.0
        track_flag.unit = "seconds"
        """
    )
    found = made.measure(tmp_path).gate
    assert (lengths(found), lengths(found, "fresh")) == ({"flag": (2, 2, 2)}, {"flag": ()})
    assert sorted(cells(found)["flag"].faults) == ["head"]
    assert found.whole


def test_sides_lie_at_paths_of_the_same_length() -> None:
    assert set(FOLDERS) == set(SIDES)
    assert len(set(FOLDERS.values())) == len(SIDES)
    assert len({len(folder) for folder in FOLDERS.values()}) == 1
