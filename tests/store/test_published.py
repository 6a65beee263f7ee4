"""What is stored tells nothing of the user, wherever it came from."""

from dataclasses import replace
from pathlib import Path

import pytest
from stored_runs import BENCHMARKS, PARAMS, PLAIN, bad, ok, run

from bench_runner.model.run import Build
from bench_runner.store.files import Store


def test_words_of_builds_and_results_are_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "tok-1234567")
    root, home = tmp_path / "work" / "quire", tmp_path / "ada"
    monkeypatch.setattr(Path, "home", lambda: home)
    store = Store(root / "results", root)
    failed = replace(bad(PLAIN, "failed", output=f"in {root}/x.py with tok-1234567"), detail=f"{home}/y is missing")
    build = Build(ok=False, detail=f"{root}/setup.py", output=f"at {home}/z tok-1234567")
    path = store.add(run(found=[failed, ok(PARAMS, 1.0, params=("1", "'a'"))], build=build), benchmarks=BENCHMARKS)
    text = path.read_text()
    assert not [word for word in (str(tmp_path), "tok-") if word in text]
    found = store.load(path)
    assert (found.build.detail, found.build.output) == ("./setup.py", "at ~/z ***")
    (told,) = [one for one in found.results if one.outcome == "failed"]
    assert (told.detail, told.output) == ("~/y is missing", "in ./x.py with ***")
