"""A real Chromium for the tests of the site, and what it has to say about a page."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

TESTS = Path(__file__).parent.parent
sys.path.insert(0, str(TESTS / "publish"))

from fabricate import PLANS, material  # noqa: E402 - found by the line above

from bench_runner.publish.build import publish  # noqa: E402
from bench_runner.publish.pages import site  # noqa: E402

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = "no Chromium: install it with `python tests/install.py` (as root) or your package manager"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Visit:
    """An open page and everything that went wrong on it."""

    page: Page
    folder: Path
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, path: str, *, settled: str | None = None) -> Page:
        self.requests.clear()
        self.page.goto("about:blank")
        self.page.goto(f"{self.folder.as_uri()}/{path}")
        if settled:
            self.page.wait_for_function(settled)
        return self.page

    def check(self) -> None:
        """No error, no dialog, no violated policy, no request to anywhere else, no overflow to the side."""
        assert self.complaints == []
        assert self.foreign == []
        assert self.page.evaluate("window.violations") == []
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    def watch(self) -> None:
        self.page.add_init_script(WATCH)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        if request.url.startswith("file://"):
            self.requests.append(request.url)
        elif not request.url.startswith(("data:", "blob:", "about:")):
            self.foreign.append(request.url)


Open = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    contexts = []

    def open_(folder: Path, width: int = 1280, scheme: str = "light", **more: object) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, service_workers="block", **more
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        found = Visit(context.new_page(), folder)
        found.watch()
        return found

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def benign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site with a space & ünicode")
    publish(site(material(PLANS)), folder)
    return folder
