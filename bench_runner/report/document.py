"""Sheets as strict JSON, byte-identical for identical input."""

import json
import math

from bench_runner.report.sheet import Sheet


class Json:
    """Writes the document of a sheet; a number that JSON cannot hold is null."""

    def render(self, sheet: Sheet) -> str:
        """Return indented JSON with sorted keys."""
        return json.dumps(_strict(dict(sheet.document)), indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False)


def _strict(value: object) -> object:
    """Return a value with null for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    return value
