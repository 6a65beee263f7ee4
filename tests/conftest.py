"""What all tests need of the process they run in."""

import os
import signal
import sys


def pytest_configure() -> None:
    """Take Ctrl-C seriously again where a shell has us ignore it (behind `nohup` or `&`): tests send it.

    And let bytecode be kept where the surroundings forbid it: thousands of processes would compile the same modules.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
