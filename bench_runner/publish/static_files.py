"""Gathers the site's own scripts and styles: many small sources, few files to load."""

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_BUNDLES = {
    "static/style.css": ("style", "vendor/uplot/uPlot.min.css"),
    "static/site.js": ("site",),
    "static/history.js": ("history",),
    "static/commit.js": ("commit",),
    "static/uplot.js": ("vendor/uplot/uPlot.iife.min.js",),
    "static/uplot-licence.txt": ("vendor/uplot/LICENSE",),
}


def static_files() -> dict[str, str]:
    """Return path below the site -> text; a folder's files are joined in the order of their names."""
    return {path: "".join(_read(source) for source in sources) for path, sources in _BUNDLES.items()}


def _read(source: str) -> str:
    """Return the text of a file, or of all files in a folder."""
    place: Traversable = files("bench_runner.publish") / "static" / source
    if place.is_file():
        return place.read_text(encoding="utf-8")
    return "".join(one.read_text(encoding="utf-8") for one in sorted(place.iterdir(), key=lambda one: one.name))
