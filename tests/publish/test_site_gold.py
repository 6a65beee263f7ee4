"""The whole of a small site, byte for byte; `BENCH_RUNNER_GOLD=write pytest -k gold tests/publish` renews it."""

import os
import re
from pathlib import Path

import pytest
from fabricate import MEMORY, TIME, Jump, Plan, material

from bench_runner.publish.build import publish
from bench_runner.publish.pages import site

GOLD = Path(__file__).parent.parent / "gold" / "site"
VERSION = re.compile(rb"(static/\w+\.(?:js|css))\?v=\w+")  # of scripts and styles, which have tests of their own
PLANS = (
    Plan("read.time_header", 2.1e-3, TIME, (("10", "1000"),), ("n",), (Jump(6, 1.3),)),
    Plan("read.Suite.peakmem_all", 52_428_800, MEMORY, jumps=(Jump(4, 1.25, 9),)),
)


def small_site(out: Path) -> dict[str, bytes]:
    publish(site(material(PLANS, commits=12)), out)
    paths = (path for path in out.rglob("*") if path.is_file() and path.parent.name != "static")
    return {path.relative_to(out).as_posix(): VERSION.sub(rb"\1", path.read_bytes()) for path in paths}


def test_the_site_is_the_gold_one(tmp_path: Path) -> None:
    found = small_site(tmp_path)
    if os.environ.get("BENCH_RUNNER_GOLD") == "write":
        for path in GOLD.rglob("*.*"):
            path.unlink()
        for path, content in found.items():
            (GOLD / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLD / path).write_bytes(content)
        pytest.skip("the gold files were written anew: look at their diff")
    gold = {path.relative_to(GOLD).as_posix(): path for path in GOLD.rglob("*") if path.is_file()}
    assert sorted(found) == sorted(gold)
    for path, place in gold.items():
        assert found[path].decode() == place.read_text(encoding="utf-8"), f"{path} changed"
