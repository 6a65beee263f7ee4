"""What measuring a run took, as it stands under our key in a result file.

    "work": {"wall_s", "steps": {name: [count, wall_s, cpu_s]}, "counts": {name: number}}

It is that of the newest measurement; a file that was written before schema 3 has none.
"""

from typing import Any

from bench_runner.model.work import Spent, Work
from bench_runner.store.fields import Json, array, number, table, whole, wrong
from bench_runner.store.own import shorten

KEY = "work"


def write_work(work: Work) -> dict[str, Any]:
    """Return the work as JSON."""
    steps = {name: [one.count, shorten(one.wall_s), shorten(one.cpu_s)] for name, one in work.steps.items()}
    return {"wall_s": shorten(work.wall_s), "steps": steps, "counts": dict(work.counts)}


def read_work(own: Json) -> Work:
    """Return the work from what stands under our key; StoreError names what cannot be."""
    data = table(own, KEY)
    steps = {name: _spent(one) for name, one in table(data, "steps").items()}
    counts = table(data, "counts")
    return Work(number(data.get("wall_s", 0.0), "wall_s"), steps, {name: whole(counts, name) for name in counts})


def _spent(row: Any) -> Spent:
    """Return what one step took."""
    cells = array(row, "steps")
    if len(cells) != 3 or not isinstance(cells[0], int) or isinstance(cells[0], bool):
        raise wrong("steps", "lists of a count, wall and CPU seconds", row)
    return Spent(cells[0], number(cells[1], "wall_s"), number(cells[2], "cpu_s"))
