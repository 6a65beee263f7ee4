"""A page of a made-up site as HTML, and what of it a reader sees."""

import re

from bench_runner.publish.material import Material
from bench_runner.publish.pages import site
from bench_runner.publish.render import Renderer
from bench_runner.publish.static_files import static_files


def rendered(made: Material, pattern: str) -> str:
    whole = site(made)
    renderer = Renderer(whole, static_files() | {one.path: one.text for one in whole.scripts})
    return next(renderer.render(one) for one in whole.pages if re.search(pattern, one.path))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", text))
