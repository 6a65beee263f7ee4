"""Reads what a published site links to."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Links(HTMLParser):
    """Collects href and src."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def links(page: Path) -> list[str]:
    parser = _Links()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def targets(page: Path) -> list[Path]:
    """Return the files of the site that a page links to or loads."""
    parts = (urlsplit(link) for link in set(links(page)))
    return [(page.parent / unquote(part.path)).resolve() for part in parts if not part.scheme and part.path]


def dead_links(folder: Path) -> list[tuple[str, str]]:
    """Return (page, file) of each link to a file that is not there."""
    pages = sorted(folder.rglob("*.html"))
    return [(page.name, str(target)) for page in pages for target in targets(page) if not target.is_file()]


def reached(folder: Path) -> set[Path]:
    """Return the pages that can be reached from the landing page; fails at a link that leads nowhere."""
    found, open_ = set(), [(folder / "index.html").resolve()]
    while open_:
        page = open_.pop()
        found.add(page)
        for target in targets(page):
            assert target.is_file(), f"{page.name} links to {target}"
            if target.suffix == ".html" and target not in found:
                open_.append(target)
    return found
