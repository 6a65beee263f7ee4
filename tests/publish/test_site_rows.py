import json
import re

from fabricate import PLANS, material

from bench_runner.publish.rows import row_scripts


def test_a_row_names_every_case_measured_at_its_commit() -> None:
    made = material(commits=20)
    sha = made.commits[4].sha
    row, *tables = row_scripts(made)[sha]
    assert row.path == f"data/r/{sha[:12]}.js"
    content = json.loads(row.text[len("bench.row(") : -3])
    assert [(run["m"], len(run["v"])) for run in content["runs"]] == [("ci-arm64", 16), ("ryzen-lab", 16)]
    known = {re.sub(r".*/|\.js", "", table.path) for table in tables}
    assert {run["t"] for run in content["runs"]} == known


def test_values_in_a_row_are_those_of_the_series() -> None:
    made = material(PLANS[:1], commits=20)
    one = next(one for one in made.series if one.key.machine == "ryzen-lab")
    row = row_scripts(made)[one.shas[7]][0]
    run = json.loads(row.text[len("bench.row(") : -3])["runs"][-1]
    assert run["v"] == [float(f"{one.values[7]:.5g}")]
    assert run["l"] == run["h"] == [100]


def test_rows_never_change_once_written() -> None:
    plans = [plan for plan in PLANS if plan.metric.exact]
    before = row_scripts(material(plans, commits=20))
    after = row_scripts(material(plans, commits=40))
    assert before == {sha: after[sha] for sha in before}


def test_commits_measured_with_one_suite_share_a_table() -> None:
    rows = row_scripts(material(commits=40))
    tables = {table.path for scripts in rows.values() for table in scripts[1:]}
    assert len(tables) == 1
