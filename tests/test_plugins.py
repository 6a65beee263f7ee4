"""Back-ends by name."""

import pytest

from bench_runner import plugins
from bench_runner.errors import UsageError


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("environments", {"uv", "venv", "existing"}),
        ("detectors", {"segments", "asv"}),
        ("reporters", {"text", "json", "md", "csv"}),
    ],
)
def test_built_ins_are_registered_and_load(group: str, names: set[str]) -> None:
    assert names <= set(plugins.names(group))
    assert all(callable(plugins.load(group, name)) for name in names)


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="no detector named 'segment': did you mean 'segments'"):
        plugins.load("detectors", "segment")
    with pytest.raises(UsageError, match="known are asv, segments"):
        plugins.load("detectors", "xyzzy")
