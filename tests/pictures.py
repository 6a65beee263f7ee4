"""Takes the pictures of the README: this project's own history, published and looked at in Chromium."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / ".github" / "pictures"
NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1180, "height": 760}
# Picture -> a page of the site: its path, or what its address must contain.
PAGES = {"changes": "index.html", "history": sys.argv[1] if len(sys.argv) > 1 else "time_verify"}


def main() -> None:
    """Publish to a temporary folder and photograph each page."""
    chromium = next((found for name in NAMES if (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("no Chromium: install it with `python tests/install.py` (as root) or your package manager")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder)
        command = [str(Path(sys.executable).with_name("bench-runner")), "publish", "--html-dir", folder]
        subprocess.run(command, cwd=ROOT, check=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        for name, wanted in PAGES.items():
            page.goto(next(one for one in sorted(site.rglob("*.html")) if wanted in one.as_posix()).as_uri())
            page.wait_for_timeout(500)
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
