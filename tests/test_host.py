"""What this host is, as the system tells."""

from pathlib import Path

import psutil
import pytest

from bench_runner import host


def test_memory_is_at_most_that_of_the_machine() -> None:
    assert 0 < host.memory() <= psutil.virtual_memory().total


GROUPS = {
    "one of ours": ("4:memory:/a/b\n3:cpu:/\n", {"memory/a/b/memory.limit_in_bytes": "5"}, [5]),
    "one around ours": ("4:memory:/a/b\n", {"memory/a/memory.limit_in_bytes": "7"}, [7]),
    "both": ("0::/a/b\n", {"a/memory.max": "7", "a/b/memory.max": "max", "memory.max": "9"}, [7, 9]),
    "two controllers": ("4:cpu,memory:/\n", {"memory/memory.limit_in_bytes": "5"}, [5]),
    "another controller": ("4:cpu:/a\n", {"memory/a/memory.limit_in_bytes": "5"}, []),
    "a version that is not mounted": ("0::/\n", {}, []),
}


@pytest.mark.parametrize("name", GROUPS)
def test_limits_of_control_groups(tmp_path: Path, name: str) -> None:
    listed, files, expected = GROUPS[name]
    (tmp_path / "cgroup").write_text(listed)
    for path, content in files.items():
        (tmp_path / "fs" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fs" / path).write_text(content + "\n")
    assert host._group_limits(tmp_path / "cgroup", tmp_path / "fs") == expected
    assert host._group_limits(tmp_path / "absent", tmp_path / "fs") == []
