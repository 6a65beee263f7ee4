"""Each fault of the table is where the table says, changes no answer, and is no benchmark of ours."""

import ast
import json
import os
import pkgutil
import subprocess
import sys
from typing import Any

import pytest
from test_example_service import SERVICE, faults

TABLE = list(faults.table().values())
ANSWERS = """
import json, random
from load import wanted
from shop.switches import FAULTS
from routes import answer

requests = [wanted(random.Random(n)) for n in range(60)]

def answers():
    return [answer(method, f"{path}?{urlencode(query)}", body, {}) for method, path, query, body in requests]

from urllib.parse import urlencode
healthy = answers()
assert {status for status, *_ in healthy} == {200}
assert len(set(healthy)) > 50
differ = []
for name in NAMES:
    FAULTS.add(name)
    if answers() != healthy:
        differ.append(name)
    FAULTS.clear()
print(json.dumps(differ))
"""


def test_there_are_six_slow_downs_and_three_leaks_at_least() -> None:
    assert sum(one.kind == "slow" for one in TABLE) >= 6
    assert sum(one.kind == "leak" for one in TABLE) >= 3


@pytest.mark.parametrize("fault", TABLE, ids=lambda one: one.name)
def test_the_marked_line_is_in_the_function(fault: Any) -> None:
    tree = ast.parse((SERVICE / fault.file).read_text())
    (function,) = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == fault.function]
    assert function.end_lineno is not None
    assert function.lineno < fault.line <= function.end_lineno
    assert any(isinstance(one, ast.Constant) and one.value == fault.name for one in ast.walk(function))


@pytest.mark.slow
def test_a_fault_changes_no_answer() -> None:
    code = f"NAMES = {[one.name for one in TABLE]!r}\n{ANSWERS}"
    done = subprocess.run([sys.executable, "-c", code], cwd=SERVICE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_shop_needs_nothing_of_the_instruments_before_it_serves() -> None:
    code = "import sys; sys.modules['bench_runner'] = None; import faults, load, routes, running, study, verdicts"
    subprocess.run([sys.executable, "-c", code], cwd=SERVICE, check=True, env={**os.environ, "PYTHONPATH": ""})


def test_it_is_no_part_of_our_suite() -> None:
    """asv, and we, look for benchmarks in packages."""
    names = {one.name for one in pkgutil.walk_packages([str(SERVICE.parent)], onerror=lambda _: None)}
    assert "overhead" in names
    assert not [name for name in names if name.startswith("example_service")]
