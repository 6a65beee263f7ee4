"""`gate`: judges what is stored of a commit, without running anything."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench_runner.cli.baseline import Allow
from bench_runner.cli.compare import Across
from bench_runner.cli.continuous import AsvCodes, leave_by
from bench_runner.cli.project import Project
from bench_runner.cli.run_ import Bench
from bench_runner.cli.show import Format, show_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench_runner.history.allowances import Checked
    from bench_runner.model.budget import BudgetVerdict
    from bench_runner.report.sheet import Sheet

Expect = Annotated[Path | None, typer.Option("--expect", help="A file of names, one a line: what has to be measured.")]


def gate(
    context: typer.Context,
    base: Annotated[str, typer.Argument(help="A baseline, or a measured commit, tag or branch.")],
    commit: Annotated[str, typer.Argument(help="The measured commit, tag or branch to judge.")] = "HEAD",
    *,
    bench: Bench = None,
    environment: Annotated[str | None, typer.Option("--environment", "-E", help="Only this environment.")] = None,
    expect: Expect = None,
    allow: Allow = None,
    across: Across = False,
    asv_exit_codes: AsvCodes = False,
    form: Format = "text",
) -> None:
    """Judge stored results: nothing missing or failed, nothing worse than allowed, no budget exceeded.

    What has to be there is what the base has, and what --expect names. A case that takes next to nothing of its time
    (3 % or less) has collapsed and counts as failed. Budgets of the policy are held against the newest level.

    Exit codes: 0 pass, 3 regression, 4 inconclusive or unlike environments, 5 incomplete, 2 unknown ref, 7 damaged.

    Examples:

    ```
    bench-runner gate release-2.0
    bench-runner gate main HEAD --allow time=10%
    bench-runner gate v1.0 HEAD --expect benchmarks/expected.txt --format junit > gate.xml
    ```
    """
    from bench_runner.cli.refs import Refs
    from bench_runner.history.allowances import read
    from bench_runner.history.compare import compare
    from bench_runner.history.rows import Terms
    from bench_runner.history.stored_gate import expectations, with_collapsed
    from bench_runner.history.stored_gate import gate as judge
    from bench_runner.report.comparisons import sheet
    from bench_runner.runner.session import selector

    project, chosen = Project.of(context), selector(bench or ())
    expected = expectations(expect) if expect else ()
    renames = project.policy_file.entries.renames
    terms = Terms(environment, project.chosen, project.config.project, renames, across=across)
    found = compare(project.store, Refs(project), base, commit, terms)
    rows = with_collapsed([one for one in found if chosen(one.case)])
    held = next((one.allowance for one in project.baselines.every() if one.name == base), {})
    judged = judge(rows, {**held, **read(allow or ())}, expected, exceeded(project))
    show_sheet(with_word(sheet(rows, base, commit), judged), form)
    leave_by(judged.word, asv=asv_exit_codes)


def exceeded(project: Project) -> "Sequence[BudgetVerdict]":
    """Return the budgets of the policy that the newest levels exceed."""
    from bench_runner.cli.changes import found

    return found(project, None)[1].exceeded if project.policy_file.entries.budgets else ()


def with_word(sheet: "Sheet", judged: "Checked") -> "Sheet":
    """Return a sheet of rows with what they come to."""
    document = {**sheet.document, "schema": "bench_runner.stored_gate/1", "gate": judged.word, "why": judged.why}
    return replace(sheet, notes=(*sheet.notes, judged.told), document=document)
