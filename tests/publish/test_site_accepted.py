"""What the site says of changes that somebody accepted."""

from dataclasses import replace
from datetime import date

from fabricate import material
from rendering import plain, rendered

from bench_runner.model.change import Change
from bench_runner.model.policy import Acceptance

HOSTILE = "worth <b>it</b>\u202e \x1b[2J & more"
LAST = date(2027, 1, 31)


def site(entry: Acceptance, state: str) -> str:
    made = material()
    target = next(one for one in made.groups if one.standing)

    def settled(one: Change) -> Change:
        return replace(one, state=state, acceptance=entry)  # type: ignore[arg-type]

    group = replace(target, changes=tuple(settled(one) for one in target.changes))
    kept = replace(made, groups=[group])
    return rendered(kept, "^index")


def test_an_accepted_change_says_why_who_and_until_when() -> None:
    text = plain(site(Acceptance("1" * 8, "correctness costs this", "A Uthor", LAST), "accepted"))
    assert "accepted correctness costs this (A Uthor, until 2027-01-31)" in text


def test_an_acceptance_that_has_ended_says_so() -> None:
    text = plain(site(Acceptance("1" * 8, "correctness costs this", until=LAST), "confirmed"))
    assert "acceptance has ended correctness costs this (until 2027-01-31)" in text


def test_hostile_reasons_are_text() -> None:
    page = site(Acceptance("1" * 8, HOSTILE), "accepted")
    assert "worth &lt;b&gt;it&lt;/b&gt;" in page
    assert not set(page) & set("\u202e\x1b")
