"""Where numbers come from is said wherever a project has more than one such place."""

import re
import shlex
from dataclasses import replace

import pytest
from fabricate import DAY, Jump, Plan, material
from rendering import plain, rendered

from bench_runner.publish.present import Presenter
from bench_runner.publish.text import places

PLANS = (Plan("suite.time_x", 2.4e-5, jumps=(Jump(16, 1.5),)),)
ONE = (("vm", "uv-py3.13"),)
TWO_ENVIRONMENTS = (("vm", "uv-py3.12"), ("vm", "uv-py3.13-it's<b>"))
TWO_MACHINES = (("vm", "uv-py3.13"), ("lab", "uv-py3.13"))


def test_the_bisect_command_names_the_environment() -> None:
    made = material(PLANS, commits=30, places=TWO_ENVIRONMENTS)
    presenter = Presenter(made)
    for change in made.changes:
        command = presenter.bisect_command(change)
        assert shlex.split(command)[-2:] == ["-E", change.key.environment]
        assert command.isascii()


def test_an_environment_that_cannot_be_typed_stays_out_of_the_command() -> None:
    made = material(PLANS, commits=30, places=(("vm", "uv\n`x`\x1b"),))
    command = Presenter(made).bisect_command(made.changes[0])
    assert command.isprintable()
    assert "-E" not in shlex.split(command)


def test_the_machine_stands_beside_the_command_only_where_there_are_several() -> None:
    assert "Run it on lab" in plain(rendered(material(PLANS, commits=30, places=TWO_MACHINES), "^b/"))
    assert "Run it on" not in plain(rendered(material(PLANS, commits=30, places=ONE), "^b/"))


@pytest.mark.parametrize("page", ["^b/", "^benchmarks", "^index", "^c/", "^feed"])
def test_environments_are_told_apart(page: str) -> None:
    several = material(PLANS, commits=30, places=TWO_ENVIRONMENTS)
    text = rendered(several, f"^c/{several.commits[16].sha[:12]}" if page == "^c/" else page)
    assert "uv-py3.12" in re.sub(r"<code.*?</code>|<script.*?</script>", "", text, flags=re.DOTALL)
    assert "<b>uv" not in text
    assert "it's<b>" not in text


def test_the_headline_says_in_which_environment() -> None:
    headline = re.compile(r"Now [\d.]+ μs on vm in uv-py3.12")
    assert headline.search(plain(rendered(material(PLANS, commits=30, places=TWO_ENVIRONMENTS), "^b/")))
    one = plain(rendered(material(PLANS, commits=30, places=ONE), "^b/"))
    assert re.search(r"Now [\d.]+ μs on vm\.", one)


def test_a_single_environment_is_not_repeated() -> None:
    assert "uv-py3.13" not in rendered(material(PLANS, commits=30, places=ONE), "^benchmarks")


def test_a_day_is_written_once() -> None:
    days, shas = ["2026-01-01", "2026-01-01", "2026-01-02", ""], ["aaaa", "bbbb", "cccc", "dddd"]
    assert places(days, shas) == ["2026-01-01", "bbbb", "2026-01-02", "dddd"]


def test_the_drawing_without_script_tells_commits_of_one_day_apart() -> None:
    made = material(PLANS, commits=30, places=ONE)
    commits = [replace(one, time_ms=made.commits[0].time_ms + at) for at, one in enumerate(made.commits)]
    assert commits[-1].time_ms < made.commits[0].time_ms + DAY
    figure = re.search(r'<svg class="history".*?</svg>', rendered(replace(made, commits=commits), "^b/"), re.DOTALL)
    assert figure
    assert re.findall(r'y="272">([^<]*)<', figure[0]) == ["2026-01-01", commits[-1].short]
