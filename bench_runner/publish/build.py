"""Writes the site into a folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_runner.errors import UsageError
from bench_runner.instrument.spans import span
from bench_runner.publish.folder import Folder
from bench_runner.publish.render import Renderer
from bench_runner.publish.static_files import static_files
from bench_runner.publish.views import Site


@dataclass(frozen=True, slots=True)
class Published:
    """Paths below the site, each list sorted."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def publish(site: Site, out: Path) -> Published:
    """Write the site into `out`; UsageError when another's file stands in the way or `out` cannot be written."""
    shared = static_files() | {script.path: script.text for script in site.scripts}
    own = (path for page in site.pages for path in (page.path, *(script.path for script in page.scripts)))
    folder = Folder(out)
    try:
        folder.claim({*shared, *own})
        for path, text in _texts(site, shared):
            with span("write", page=path):
                folder.put(path, text)
        with span("write"):
            removed = folder.finish()
    except OSError as error:
        raise UsageError(f"{error.filename or out}: {error.strerror}; choose another folder with -o") from error
    return Published(tuple(sorted(folder.written)), tuple(sorted(folder.kept)), tuple(removed))


def _texts(site: Site, shared: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield every file in the order of writing: data before the pages that load it."""
    yield from shared.items()
    renderer = Renderer(site, shared)
    for page in site.pages:
        for script in page.scripts:
            yield script.path, script.text
        with span("render", page=page.path):
            text = renderer.render(page)
        yield page.path, text
