"""A bisection that was ended goes on where it was."""

import json
import math
import random
import time
from pathlib import Path

import pytest

from bench_runner.bisect.diary import OLD_S, Diary
from bench_runner.bisect.session import Look, Terms, TimedOut, Unbuildable, run
from bench_runner.model.commit import Commit
from bench_runner.model.metric import TIME

COMMITS = [Commit(f"{index:040x}", (), 1000 * index, f"change {index}") for index in range(40)]
Answer = tuple[float, ...] | Unbuildable | TimedOut


class Bench:
    """Measures a change at the 23rd commit; the 22nd does not build; ends after so many looks."""

    def __init__(self, looks: int, rng: random.Random) -> None:
        self.left, self.asked, self._rng = looks, list[str](), rng

    def __call__(self, sha: str, rounds: int) -> Answer:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.asked.append(sha)
        at = int(sha, 16)
        if at == 22:
            return Unbuildable("no compiler")
        if at > 35:
            return TimedOut()
        return tuple((1.2 if at >= 23 else 1.0) * math.exp(self._rng.gauss(0, 0.01)) for _ in range(rounds))


def test_it_goes_on_after_any_number_of_interruptions(tmp_path: Path) -> None:
    path, asked = COMMITS[:36], 0
    diary = Diary.of(tmp_path / "new", path, "time_a", "env", "here")
    rng = random.Random(3)
    for attempt in range(1, 200):
        seen = diary.looks(path)
        bench = Bench(1, rng)
        try:
            found = run(path, TIME, bench, keep=diary.keep, terms=Terms(seen=seen))
        except KeyboardInterrupt:
            asked += len(bench.asked)
            assert len(diary.looks(path)) == asked == attempt
            continue
        break
    assert (found.outcome, found.first_new) == ("found", COMMITS[23])
    assert found.looks == tuple(diary.looks(path))
    assert [one.commit for one in found.skipped] == [COMMITS[22]]
    diary.close()
    assert diary.looks(path) == []


def test_time_outs_and_failures_are_kept_as_they_are(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "one.jsonl")
    now = time.time()
    looks = [Look(COMMITS[1], (1.0, 2.5), at_s=now), Look(COMMITS[2], (), "x\u2028y", False, now)]
    looks.append(Look(COMMITS[3], (), "timeout", True, now))
    for one in looks:
        diary.keep(one)
    assert diary.looks(COMMITS) == looks


@pytest.mark.parametrize(
    "damage", ["{", "[]", "null", '{"commit": 3}', "\x00\xff", f'{{"commit": "{COMMITS[1].sha}"}}']
)
def test_a_line_that_cannot_be_read_is_left_out(tmp_path: Path, damage: str) -> None:
    diary = Diary(tmp_path / "one.jsonl")
    good = Look(COMMITS[1], (1.0,), at_s=time.time())
    diary.keep(good)
    with diary.path.open("a") as file:
        file.write(damage + "\n")
    diary.keep(good)
    assert diary.looks(COMMITS) == [good, good]


def test_what_is_old_or_of_other_commits_or_other_questions_is_not_gone_on_with(tmp_path: Path) -> None:
    diary = Diary.of(tmp_path, COMMITS, "a")
    diary.keep(Look(COMMITS[1], (1.0,), at_s=time.time() - OLD_S - 1))
    diary.keep(Look(COMMITS[1], (1.0,), at_s=time.time() + 1000))
    diary.keep(Look(COMMITS[30], (1.0,), at_s=time.time()))
    assert diary.looks(COMMITS[:20]) == []
    assert len({Diary.of(tmp_path, *asked).path for asked in ((COMMITS, "a"), (COMMITS, "b"), (COMMITS[1:], "a"))}) == 3
    assert json.loads(diary.path.read_text().splitlines()[0])["values"] == [1.0]
