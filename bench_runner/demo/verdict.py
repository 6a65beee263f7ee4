"""Sets what was found beside what was put in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench_runner.demo.project import Effect, Truth
from bench_runner.model.change import Change
from bench_runner.model.run import Run
from bench_runner.worker.metrics import split

# A change counts as found when it is placed at most so many measured commits beside the true one.
MARGIN = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One effect that was put in and the answer to it: found or not, what was seen, in words, and by which series."""

    effect: Effect
    found: bool
    seen: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings in the order of the truth, and the changes reported where none was made."""

    findings: tuple[Finding, ...]
    false_alarms: tuple[Change, ...]


def judge(truth: Truth, changes: Sequence[Change], runs: Iterable[Run]) -> Verdict:
    """Match changes and recorded failures with the truth; each change can serve one effect only.

    An effect is found when the benchmark's time changes, or another metric of the same benchmark.
    """
    places = {sha: place for place, sha in enumerate(truth.commits)}
    stored = {run.commit_sha: run for run in runs}
    left, findings = list(changes), []
    for effect in truth.effects:
        if effect.kind == "unbuildable":
            findings.append(_unbuildable(effect, stored.get(effect.commit)))
        elif effect.kind == "timeout":
            findings.append(_timeout(effect, stored.get(effect.commit)))
        else:
            findings.append(_moved(effect, left, places))
    return Verdict(tuple(findings), tuple(left))


def _moved(effect: Effect, left: list[Change], places: dict[str, int]) -> Finding:
    """Find the changes of a benchmark's time and of its further metrics, and take them off the list."""
    names = {one.key.case.benchmark for one in left if split(one.key.case.benchmark)[0] == effect.benchmark}
    answers = {name: _answered(effect, name, left, places) for name in sorted(names)}
    seen = "; ".join(one.seen for one in answers.values() if one.seen)
    by = tuple(name for name, one in answers.items() if one.found)
    return Finding(effect, found=bool(by), seen=seen or "nothing", by=by)


def _answered(effect: Effect, name: str, left: list[Change], places: dict[str, int]) -> Finding:
    """Find the change of one metric, and with a mended one the way back too."""
    there = _take(name, effect.commit, effect.ratio, left, places)
    if there is None:
        return Finding(effect, found=False, seen="")
    word = split(name)[1]
    seen = f"{word and word + ' '}{there.step.ratio - 1:+.1%} at {there.first_new[:8]}"
    if not effect.until:
        return Finding(effect, found=True, seen=seen)
    back = _take(name, effect.until, 1 / effect.ratio, left, places)
    whole = back is not None and there.state == "recovered"
    ending = f", back at {back.first_new[:8]}" if back else ", not seen to come back"
    return Finding(effect, found=whole, seen=seen + ending)


def _take(name: str, sha: str, ratio: float, left: list[Change], places: dict[str, int]) -> Change | None:
    """Remove and return the nearest change of a benchmark in the right direction within the margin."""
    near = [
        (abs(places.get(one.first_new, -99) - places[sha]), number)
        for number, one in enumerate(left)
        if one.key.case.benchmark == name and (one.step.ratio > 1) == (ratio > 1)
    ]
    distance, number = min(near, default=(MARGIN + 1, 0))
    return left.pop(number) if distance <= MARGIN else None


def _unbuildable(effect: Effect, run: Run | None) -> Finding:
    """Look for the recorded failure of the build."""
    found = run is not None and not run.build.ok
    return Finding(effect, found=found, seen=run.build.detail if found and run else "nothing")


def _timeout(effect: Effect, run: Run | None) -> Finding:
    """Look for the recorded timeout of the benchmark."""
    results = [one for one in run.results if one.case.benchmark == effect.benchmark] if run else []
    found = [one for one in results if one.outcome == "timeout"]
    return Finding(effect, found=bool(found), seen=found[0].detail if found else "nothing")
