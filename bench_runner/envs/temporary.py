"""Sees that temporary files can be written, before a full disk is taken for a commit that does not build."""

import os
import tempfile

from bench_runner.errors import EnvironmentFailedError

_PROBE_BYTES = 1 << 20


def check() -> None:
    """Raise EnvironmentFailedError where the folder that programs are told to use is full, read-only or not there."""
    folder = next((given for name in ("TMPDIR", "TEMP", "TMP") if (given := os.environ.get(name))), "")
    try:
        with tempfile.TemporaryFile(dir=folder or None) as file:
            file.write(bytes(_PROBE_BYTES))
    except OSError as error:
        raise EnvironmentFailedError(
            f"no temporary files can be written in {folder or tempfile.gettempdir()} ({error.strerror}): make room, or"
            " set TMPDIR to another folder"
        ) from error
