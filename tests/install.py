"""Sees that the browser tests have a Chromium: as root it installs Debian's, else it says how to."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
COMMAND = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")


def found() -> str | None:
    """Return the path of a Chromium, None when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def as_root() -> bool:
    """Return whether packages may be installed here."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install() -> None:
    """Install the package; a failure is told by the missing program, not here."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "--quiet"), COMMAND):
        subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)


def main() -> int:
    """Return 0 with a Chromium in place; without one 1 under CI=true, else 0 and the command to type."""
    if not found() and as_root():
        install()
    if found():
        return 0
    sys.stderr.write(f"no Chromium, so the browser tests are skipped; install it with: sudo {' '.join(COMMAND)}\n")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
