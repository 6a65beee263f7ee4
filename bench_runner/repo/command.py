"""Runs git through GitPython: no prompts, no hooks, and never in another folder than the one named."""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench_runner.errors import UsageError
from bench_runner.instrument.spans import charge

# What a calling git sets for its hooks; each of them would point our commands at the caller's repository or index.
CALLERS_OWN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.sparseCheckout=false",  # a workspace holds the whole commit, whatever the user's checkout leaves out
    "protocol.file.allow=always",  # submodules beside a local repository, as asv allows
)
NONE: Mapping[str, str] = MappingProxyType({})
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_PREFIX = re.compile(r"^(fatal|error|warning|hint): ")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git process left: exit status, output as bytes, messages without credentials."""

    status: int
    out: bytes
    err: str

    @property
    def ok(self) -> bool:
        """Whether git succeeded."""
        return self.status == 0

    @property
    def text(self) -> str:
        """The output for reading, bytes that are not UTF-8 replaced."""
        return self.out.decode("utf-8", "replace").strip()

    @property
    def reason(self) -> str:
        """The line of the messages that says what went wrong."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        fatal = [line for line in lines if line.startswith(("fatal: ", "error: "))]
        line = (fatal or lines or [f"git ended with status {self.status}"])[0]
        return _PREFIX.sub("", line)


def git(folder: Path, *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] = NONE) -> Answer:
    """Run git in `folder`, without looking for a repository above it; UsageError only when git is missing."""
    try:
        from git import Git
        from git.exc import GitCommandNotFound
    except ImportError as error:  # GitPython looks for the program when it is imported
        raise UsageError("git was not found on PATH: install it") from error
    program = Git()
    program.update_environment(
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        GIT_CEILING_DIRECTORIES=str(folder.parent),
        **variables,
    )
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    # -C and not a working directory: GitPython falls back to our own one, which may be the user's checkout.
    command = ["git", "-C", str(folder), *settings, *arguments]
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        spent_before = _children_s()
        try:
            status, out, err = program.execute(
                command, istream=source, with_extended_output=True, with_exceptions=False, stdout_as_string=False
            )
        except GitCommandNotFound as error:
            raise UsageError("git was not found on PATH: install it") from error
    charge(_children_s() - spent_before)
    return Answer(status, out, without_credentials(err))


def _children_s() -> float:
    """Return the CPU seconds of all processes that we have waited for."""
    times = os.times()
    return times.children_user + times.children_system


def forget_the_caller() -> None:
    """Drop the variables that a calling git (a hook, an alias) set, for us and for every process we start.

    GitPython can add variables to its processes but not take any away, and build tools that ask git for a version
    would be misled as well.
    """
    for name in CALLERS_OWN:
        os.environ.pop(name, None)


def without_credentials(text: str) -> str:
    """Return a URL or message without user:password@."""
    return _CREDENTIALS.sub("", text)
