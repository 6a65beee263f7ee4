"""Turns a page's data into HTML: everything foreign is cleaned and escaped here, whatever the templates forget."""

import re
from collections.abc import Mapping

import jinja2
from markupsafe import Markup

from bench_runner import hostile, units
from bench_runner.publish.text import digest, script_json
from bench_runner.publish.views import Page, Site

# Scripts, styles and pictures of the site only; a page on disk counts its own folder as 'self'.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


class Renderer:
    """Renders pages of one site; `versions` tells the content of each shared file from its former one."""

    def __init__(self, site: Site, files: Mapping[str, str]) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("bench_runner.publish"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_finalize,
        )
        self._environment.filters["count"] = units.count
        self._environment.globals.update(site=site, policy=POLICY, svg=Markup, block=_block, breakable=breakable)
        self._versions = {path: digest(text) for path, text in files.items()}

    def render(self, page: Page) -> str:
        """Return the text of a page."""
        own = {script.path: digest(script.text) for script in page.scripts}
        root = "../" * page.path.count("/")

        def asset(path: str) -> str:
            """Return a link that changes when the file's content does, so that no cache mixes old and new."""
            return f"{root}{path}?v={own.get(path) or self._versions[path]}"

        template = self._environment.get_template(page.template)
        data = {path: version for path, version in self._versions.items() if path.startswith("data/commits/")}
        return template.render(
            page=page.data, path=page.path, root=root, asset=asset, scripts=tuple(own), files={**data, **own}
        )


def _finalize(value: object) -> object:
    """Clean any text that a template prints; markup of ours passes."""
    return hostile.lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def breakable(name: str) -> Markup:
    """Return a name that a browser may break after dots and underscores."""
    parts = re.split(r"(?<=[._])(?=[^._])", hostile.lines(name))
    return Markup("<wbr>").join(parts)


def _block(value: object) -> Markup:
    """Return JSON for a data block; script_json has escaped what could end it."""
    return Markup(script_json(value))  # noqa: S704 - escaped by script_json
