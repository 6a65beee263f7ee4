import json
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).parents[2] / "bench_runner" / "worker"
LOADED = f"""
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("worker", {str(WORKER / "__init__.py")!r},
                                              submodule_search_locations=[{str(WORKER)!r}])
sys.modules["worker"] = importlib.util.module_from_spec(spec)
from worker import kinds
kinds.load()
read = "importlib.metadata" in sys.modules
from worker import engine
import importlib.metadata
names = sorted(one.__name__ for one in engine.benchmark_types)
print(json.dumps([read, names, importlib.metadata.version("asv_runner")]))
"""
PLUGIN = """
from asv_runner.benchmarks._base import Benchmark

class OddBenchmark(Benchmark):
    pass

export_as_benchmark = [OddBenchmark]
"""


def loaded(place: Path) -> list[object]:
    """Whether all distributions were read about, the kinds, and a version that importlib.metadata tells afterwards."""
    command = [sys.executable, "-c", f"import sys; sys.path.append({str(place)!r})\n{LOADED}"]
    found: list[object] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def kinds() -> list[str]:
    from asv_runner.benchmarks import benchmark_types

    return sorted(one.__name__ for one in benchmark_types if one.__module__.startswith("asv_runner"))


def test_the_kinds_are_asv_runners_and_no_distribution_was_read_about(tmp_path: Path) -> None:
    assert loaded(tmp_path) == [False, kinds(), "0.3.2"]


@pytest.mark.parametrize("folder", ["asv_bench_odd-1.0.dist-info", "asv_bench_odd.egg-info"])
def test_a_distribution_that_brings_kinds_is_found(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    fields = "Metadata-Version: 2.1\nName: asv_bench_odd\nVersion: 1.0\n"
    (tmp_path / folder / ("METADATA" if folder.endswith("dist-info") else "PKG-INFO")).write_text(fields)
    (tmp_path / "asv_bench_odd" / "benchmarks").mkdir(parents=True)
    (tmp_path / "asv_bench_odd" / "__init__.py").touch()
    (tmp_path / "asv_bench_odd" / "benchmarks" / "__init__.py").touch()
    (tmp_path / "asv_bench_odd" / "benchmarks" / "odd.py").write_text(PLUGIN)
    assert loaded(tmp_path)[1] == sorted([*kinds(), "OddBenchmark"])
