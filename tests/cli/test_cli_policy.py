"""The policy, as a user types it, on stored results of thirty commits."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import CONFIG, Command

sys.path.append(str(Path(__file__).parent.parent / "store"))

from stored_runs import PEAK, PLAIN, exact, ok, run

from bench_runner.store.files import Store

pytestmark = pytest.mark.slow
FAST = replace(PLAIN, name="io.time_fast")
SLOW = replace(PLAIN, name="io.time_slow")
FORMER = replace(SLOW, name="old.time_slow", version="v0")
STEADY = replace(PEAK, metric=replace(PEAK.metric, exact=True))
BASE = CONFIG + 'branches = ["main"]\n'


def near(value: float, number: int) -> float:
    return value * (1 + 0.002 * (number * 7 % 5 - 2))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Thirty commits: io.time_slow is 30 % slower from the fifteenth on, and had another name before the tenth."""
    command = Command(tmp_path_factory.mktemp("stored") / "project", tmp_path_factory.mktemp("home"))
    command.folder.mkdir()
    command.git("init", "--quiet", "--initial-branch=main")
    command.write(".gitignore", "results/\nbench-policy.toml\nsite/\n")
    command.write("bench_runner.toml", BASE)
    store = Store(command.folder / "results", command.folder)
    for number in range(30):
        sha = command.commit(f"change {number}")
        slow = near(2.0 if number < 15 else 2.6, number)
        found = [
            ok(FORMER if number < 10 else SLOW, slow, slow),
            ok(FAST, near(0.5, number), near(0.5, number)),
            exact(STEADY, 1e8),
        ]
        store.add(run(sha, found=found), benchmarks=(FAST, SLOW, FORMER, STEADY))
        if number == 5:
            command.git("tag", "v1.0")
    command.git("config", "user.name", "A Uthor")
    return command


@pytest.fixture
def policy(stored: Command) -> Callable[[str], Path]:
    """Write the policy; without words there is none."""

    def write(text: str) -> Path:
        path = stored.folder / "bench-policy.toml"
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text)
        return path

    write("")
    return write


RENAME = '[[rename]]\nfrom = "old.*"\nto = "io.*"\n'


def ids(command: Command) -> list[str]:
    return [one["id"] for one in json.loads(command("changes", "--format", "json").out)["changes"]]


def test_a_renamed_benchmark_has_one_history(stored: Command, policy: Callable[[str], Path]) -> None:
    policy(RENAME)
    (found,) = json.loads(stored("changes", "--format", "json").out)["changes"]
    assert (found["benchmark"], found["subject"]) == ("io.time_slow", "change 15")


def test_a_change_is_accepted_until_its_day(stored: Command, policy: Callable[[str], Path]) -> None:
    path = policy("# ours\n" + RENAME)
    assert stored("detect", "--exit-code").code == 3
    (name,) = ids(stored)
    done = stored.alone("accept", name, "--reason", "correctness costs this\x1b[2J", "--until", "2027-01-31")
    assert done.code == 0, done.err
    assert f"accepted {name} io.time_slow +" in done.out
    text = path.read_text()
    assert text.startswith("# ours\n" + RENAME + "\n# io.time_slow +")
    assert f'[[accept]]\nchange = "{name}"\nreason = "correctness costs this"\nowner = "A Uthor"\n' in text
    assert "until = 2027-01-31\n" in text
    found = stored("detect", "--exit-code")
    assert (found.code, found.err) == (0, "")
    assert "accepted until 2027-01-31" in found.out
    assert stored("detect", "--exit-code", "--now", "2027-01-31").code == 0
    late = stored("detect", "--exit-code", "--now", "2027-02-01")
    assert late.code == 3
    assert f"warning: {name} io.time_slow counts again: it was accepted until 2027-01-31 by A Uthor" in late.err
    assert "nothing to mend" in stored("policy", "check").out
    checked = stored("policy", "check", "--now", "2027-02-01")
    assert checked.code == 0
    assert "has expired on 2027-01-31" in checked.out


def test_what_cannot_be_accepted_is_refused(stored: Command, policy: Callable[[str], Path]) -> None:
    path = policy("")
    for words, message in (
        (["00000000", "--reason", "r"], "no change '00000000'"),
        (["00000000", "--reason", " "], "--reason is empty"),
        (["00000000", "--reason", "r", "--until", "soon"], "--until 'soon' is no day such as 2027-01-31, 30d or 8w"),
        (
            ["00000000", "--reason", "r", "--until", "2020-01-01"],
            "lies before the newest result, which is of 2023-",
        ),
    ):
        done = stored("accept", *words)
        assert done.code == 2
        assert message in done.err
    assert not path.exists()


def test_budgets_are_shown_and_fail(stored: Command, policy: Callable[[str], Path]) -> None:
    policy(RENAME + '[[budget]]\nbenchmark = "io.*"\nworse = "5 %"\nsince = "v1.0"\n')
    found = stored("detect", "--exit-code")
    assert found.code == 3
    assert "1 budget exceeded" in found.out
    assert "5 % worse since v1.0" in found.out
    assert "1 kept, 0 inconclusive" in found.out
    (name,) = ids(stored)
    assert stored("accept", name, "-m", "worth it").code == 0
    assert stored("detect", "--exit-code").code == 3, "an accepted change does not raise a budget"


def test_budgets_since_a_baseline(stored: Command, policy: Callable[[str], Path]) -> None:
    assert stored("baseline", "set", "shipped", "HEAD~5", "--force").code == 0
    policy(RENAME + '[[budget]]\nbenchmark = "*"\nworse = "5 %"\nsince = "shipped"\n')
    found = stored("detect")
    assert found.code == 0
    assert "0 budgets exceeded" in found.out


def test_inconclusive_budgets_change_no_exit_code(stored: Command, policy: Callable[[str], Path]) -> None:
    policy('[[floor]]\nbenchmark="*"\nchange="90 %"\n[[budget]]\nbenchmark="io.time_fast"\nat_most="500 ms"\n')
    found = stored("detect", "--exit-code")
    assert found.code == 0
    assert "0 kept, 1 inconclusive" in found.out


def test_what_is_wrong_with_the_file_ends_every_verb(stored: Command, policy: Callable[[str], Path]) -> None:
    policy("[[floor]]\nbenchmark = '*'\nchange = 'much'\n")
    for words in (["detect"], ["changes"], ["publish"], ["policy", "show"], ["accept", "1" * 8, "-m", "r"]):
        done = stored(*words)
        assert done.code == 2, words
        assert "bench-policy.toml:3: floor '*': change must be a change such as" in done.err
        assert "Traceback" not in done.err


def test_an_unknown_ref_is_named_with_the_file(stored: Command, policy: Callable[[str], Path]) -> None:
    policy('[[budget]]\nbenchmark = "*"\nworse = "5 %"\nsince = "v9.0"\n')
    done = stored("detect")
    assert done.code == 2
    assert "bench-policy.toml: since: no baseline has this name, and unknown ref 'v9.0'" in done.err
    checked = stored("policy", "check")
    assert checked.code == 2
    assert "unknown ref 'v9.0'" in " ".join(checked.out.split())


def test_check_lists_all_problems(stored: Command, policy: Callable[[str], Path]) -> None:
    policy(
        RENAME
        + "[[floor]]\nbenchmark = 'nothing.*'\nchange = '5 %'\n[[ignore]]\nbenchmark = 'x'\n"
        + "[[budget]]\nbenchmark = 'io.*'\nat_most = '3 MB'\n"
    )
    done = stored("policy", "check", "--format", "json")
    assert done.code == 2
    found = json.loads(done.out)["remarks"]
    assert [(one["line"], one["kind"]) for one in found] == [(4, "error"), (7, "error"), (9, "error")]
    assert "reason is missing" in found[1]["message"]


def test_check_without_a_file_says_how_to_begin(stored: Command, policy: Callable[[str], Path]) -> None:
    policy("")
    done = stored("policy", "check")
    assert (done.code, done.out) == (0, "")
    assert "`bench-runner policy suggest --write` begins one" in done.err


def test_suggested_floors_can_be_written_once(stored: Command, policy: Callable[[str], Path]) -> None:
    path = policy("")
    shown = stored("policy", "suggest")
    assert shown.code == 0, shown.err
    assert not path.exists()
    assert stored("policy", "suggest", "--write").code == 0
    again = stored("policy", "suggest", "--write")
    text = path.read_text() if path.exists() else ""
    assert text == shown.out
    assert again.out.strip() == ""
    assert stored("policy", "check").code == 0


def test_show_lists_what_applies(stored: Command, policy: Callable[[str], Path]) -> None:
    policy(RENAME + "[[floor]]\nbenchmark = 'io.*'\nchange = '5 %'\n[[ignore]]\nbenchmark='*peak*'\nreason='why not'\n")
    (name,) = ids(stored)
    assert stored("accept", name, "-m", "worth it").code == 0
    done = stored("policy", "show", "--format", "json")
    rules = json.loads(done.out)["rules"]
    assert [(one["benchmark"], one["rule"], one["says"]) for one in rules] == [
        (PEAK.name, "ignored", "why not"),
        ("io.time_fast", "floor", "5 %"),
        ("io.time_slow", "floor", "5 %"),
        ("io.time_slow", f"accept {name}", "worth it (A Uthor)"),
    ]
    assert len(json.loads(stored("policy", "show", "-b", "fast", "--format", "json").out)["rules"]) == 1


def test_the_example_is_a_policy(stored: Command, policy: Callable[[str], Path]) -> None:
    policy(stored("policy", "example").out.replace("v1.0", "HEAD"))
    assert "no series" in stored("policy", "check").out


def test_accepted_changes_reach_the_site(stored: Command, policy: Callable[[str], Path]) -> None:
    policy(RENAME)
    (name,) = ids(stored)
    assert stored("accept", name, "-m", "worth <i>it</i>", "--until", "2099-12-31").code == 0
    assert stored("publish").code == 0
    page = (stored.folder / "site" / "index.html").read_text()
    assert "worth &lt;i&gt;it&lt;/i&gt; (A Uthor, until 2099-12-31)" in page


def test_a_bad_day_is_refused(stored: Command, policy: Callable[[str], Path]) -> None:
    policy("")
    done = stored("detect", "--now", "tomorrow")
    assert done.code == 2
    assert "--now 'tomorrow' is no day such as 2027-01-31" in done.err
