"""The environment variables of the processes that make environments and build projects."""

import os
from collections.abc import Mapping
from pathlib import Path

# What of our own surroundings would leak into, or redirect, somebody else's environment. Indexes, proxies and compilers
# that the user has set (PIP_INDEX_URL, UV_*, CFLAGS ...) are kept: builds rely on them.
_DROPPED = frozenset(
    {
        "VIRTUAL_ENV",
        "VIRTUAL_ENV_PROMPT",
        "CONDA_PREFIX",
        "CONDA_DEFAULT_ENV",
        "__PYVENV_LAUNCHER__",
        "PYENV_VERSION",
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_PYTHON",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_NO_BUILD_ISOLATION",
        "UV_PYTHON",
        "UV_PROJECT",
        "UV_PROJECT_ENVIRONMENT",
        "UV_WORKING_DIRECTORY",
        "UV_SYSTEM_PYTHON",
        "UV_NO_BUILD_ISOLATION",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
    }
)


def inherited(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our variables without those that tie a process to our own Python, overridden by `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in _DROPPED}
    # asv's way to hand a search path on although PYTHONPATH itself is dropped
    if path := kept.pop("ASV_PYTHONPATH", ""):
        kept["PYTHONPATH"] = path
    return {**kept, **(extra or {})}


def activated(python: Path, path: str | None = None) -> dict[str, str]:
    """Return the variables that put an environment's programs first, and keep pip inside it."""
    rest = os.environ.get("PATH", os.defpath) if path is None else path
    return {"PATH": f"{python.parent}{os.pathsep}{rest}" if rest else str(python.parent), "PIP_USER": "false"}
