"""Sees that what tests need is here, Chromium and valgrind: as root it installs Debian's, else it says how to."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAMS = {"chromium": NAMES, "valgrind": ("valgrind",)}  # package -> its program, by any name
COMMAND = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends")


def missing() -> list[str]:
    """Return the packages of which no program is found."""
    return [package for package, names in PROGRAMS.items() if not any(map(shutil.which, names))]


def as_root() -> bool:
    """Return whether packages may be installed here."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Install packages; a failure is told by the missing program, not here."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "--quiet"), (*COMMAND, *packages)):
        subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)


def main() -> int:
    """Return 0 with all in place; else 1 under CI=true, or 0 and the command to type."""
    if (packages := missing()) and as_root():
        install(packages)
    if not (packages := missing()):
        return 0
    command = " ".join(("sudo", *COMMAND, *packages))
    sys.stderr.write(f"no {' and no '.join(packages)}, so tests are skipped; install with: {command}\n")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
