"""A suite with hostile names, measured and published by the real command: nothing is run, everything can be read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults.hostile_suite import MARKUP, measured

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    command = measured(tmp_path_factory.mktemp("hostile") / "tiny")
    done = command("publish")
    assert done.code == 0, done.err
    return command.folder / "site"


def test_every_page_opens_without_complaint(visit: Callable[..., Any], site: Path) -> None:
    opened = visit(site)
    pages = sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))
    assert len(pages) > 5
    for path in pages:
        page = opened.go(path)
        page.wait_for_load_state("load")
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("h1").first.inner_text().strip()
        opened.check()


def test_markup_is_read_as_text(visit: Callable[..., Any], site: Path) -> None:
    opened = visit(site)
    paths = [str(path.relative_to(site)) for path in site.glob("b/*.html")]
    everything = "\n".join(opened.go(path).locator("body").inner_text() for path in paths)
    assert MARKUP.replace(".", "") in everything
    assert "[bold red]rich[/] [/x]" in everything
