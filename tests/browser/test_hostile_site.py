"""The same site with hostile text everywhere has the same skeleton, and nothing of the text is ever run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fabricate import PLANS, Jump, Plan, material

from bench_runner.model.benchmark import Case
from bench_runner.model.series import SeriesKey
from bench_runner.publish.build import publish
from bench_runner.publish.material import Material
from bench_runner.publish.pages import site

pytestmark = pytest.mark.browser

CHART = "() => window.bench && bench.history && bench.history.settled"
SKELETON = """() => {
  const walk = (element) => element.tagName + "(" + [...element.children]
    .filter((child) => !["WBR", "OPTION"].includes(child.tagName)).map(walk).join() + ")";
  return walk(document.body);
}"""
NASTY = (
    '</script><script>alert(1)</script>"><img src=x onerror=alert(2)>',
    "'\"`${alert(3)}{{7*7}}{% raw %}<!--",
    "\u202eevil\u2066\x00\x1b[31m\n\rline\u2028two\ud800",
    "javascript:alert(4)//" + "x" * 10_000,
    "=cmd|' /C calc'!A0 <b>&lt;&amp; \U0001f4a5 " + "word " * 2000,
)
SMALL = (
    Plan("read.time_header", 2e-3, params=(("10", "1000"),), param_names=("n",), jumps=(Jump(12, 1.3),)),
    Plan("read.peakmem_all", 5e7, PLANS[2].metric, jumps=(Jump(15, 1.25, 24),)),
)


def nasty(number: int) -> str:
    return NASTY[number % len(NASTY)] + str(number)


def hostile(made: Material) -> Material:
    """Every text that comes from outside is replaced, one to one; names keep their order and their module."""
    names = {name: f"read.{at}{nasty(at).replace('.', '')}" for at, name in enumerate(sorted(made.benchmarks))}
    values = {value: nasty(at + 1) for at, value in enumerate(("10", "1000"))}
    machines = {one.machine: f"{at}{nasty(at + 2)}" for at, one in enumerate(made.machines)}

    def case(one: Case) -> Case:
        return Case(names.get(one.benchmark, one.benchmark), tuple(values[value] for value in one.params))

    def key(one: SeriesKey) -> SeriesKey:
        return SeriesKey(case(one.case), nasty(7), machines[one.machine])

    commits = [replace(one, subject=nasty(at), author=nasty(at + 1)) for at, one in enumerate(made.commits)]
    new = {one.sha: one for one in commits}
    return replace(
        made,
        project=nasty(3),
        commits=commits,
        series=[replace(one, key=key(one.key), metric=replace(one.metric, unit=nasty(4))) for one in made.series],
        benchmarks={
            names[name]: replace(
                one,
                name=names[name],
                params=tuple(tuple(values[value] for value in some) for some in one.params),
                param_names=tuple(nasty(5) for _ in one.param_names),
                code=f'def x():\n    """{nasty(0)}"""',
            )
            for name, one in made.benchmarks.items()
        },
        groups=[
            replace(
                group,
                commit=new[group.commit.sha],
                changes=tuple(replace(one, key=key(one.key), warnings=()) for one in group.changes),
            )
            for group in made.groups
        ],
        tags={nasty(at): sha for at, sha in enumerate(made.tags.values())},
        machines=[replace(one, machine=machines[one.machine], cpu=nasty(1), os=nasty(2)) for one in made.machines],
        failures=[
            replace(
                one,
                case=case(one.case) if one.case else None,
                machine=machines[one.machine],
                environment=nasty(7),
                detail=nasty(6) if one.detail else "",
                output=nasty(8) if one.output else "",
            )
            for one in made.failures
        ],
        runs=[replace(one, machine=machines[one.machine], environment=nasty(7)) for one in made.runs],
        project_url='https://x.example/"><script>alert(5)</script>',
        commit_url="javascript:alert(6)//",
    )


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = material(SMALL, commits=30)
    failing = next(iter(made.benchmarks))
    made = replace(
        made,
        commit_url="",
        failures=[replace(one, case=Case(failing) if one.case else None) for one in made.failures],
    )
    folders = {}
    for name, content in (("benign", made), ("hostile", hostile(made))):
        folders[name] = tmp_path_factory.mktemp(name)
        publish(site(content), folders[name])
    return folders


def pages(folder: Path) -> list[str]:
    commits = sorted(f"c/{path.name}" for path in (folder / "c").iterdir())
    return ["index.html", "benchmarks.html", "runs.html", "about.html", *commits[::6]]


def benchmark_page(folder: Path, memory: bool) -> str:
    found = [path for path in (folder / "b").iterdir() if (path.read_text(encoding="utf-8").count("n=") == 0) == memory]
    assert found
    return f"b/{found[0].name}"


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_text_changes_no_page(visit: Callable[..., Any], sites: dict[str, Path], width: int) -> None:
    skeletons: dict[str, list[str]] = {}
    for name, folder in sites.items():
        opened = visit(folder, width)
        skeletons[name] = []
        for path in pages(folder):
            skeletons[name].append(opened.go(path).evaluate(SKELETON))
            opened.check()
    assert skeletons["benign"] == skeletons["hostile"]


def test_hostile_benchmarks_are_charted_all_the_same(visit: Callable[..., Any], sites: dict[str, Path]) -> None:
    skeletons: dict[str, list[str]] = {}
    for name, folder in sites.items():
        opened = visit(folder)
        found = []
        for path in sorted((folder / "b").iterdir()):
            page = opened.go(f"b/{path.name}", settled=CHART)
            page.locator("#chart").press("End")
            page.get_by_role("button", name="as a table").click()
            found.append(page.evaluate(SKELETON))
            opened.check()
        skeletons[name] = sorted(found, key=len)
    assert [len(one) for one in skeletons["benign"]] == [len(one) for one in skeletons["hostile"]]
    assert skeletons["benign"] == skeletons["hostile"]


def test_hostile_names_are_found_as_text(visit: Callable[..., Any], sites: dict[str, Path]) -> None:
    opened = visit(sites["hostile"])
    page = opened.go("index.html")
    page.keyboard.press("/")
    page.keyboard.type("alert")
    page.wait_for_function("() => document.querySelectorAll('#found li').length === 2")
    opened.check()
