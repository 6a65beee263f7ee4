"""What all tests need of the process they run in."""

import signal


def pytest_configure() -> None:
    """Take Ctrl-C seriously again where a shell has us ignore it (behind `nohup` or `&`): tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
