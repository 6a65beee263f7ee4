"""How much memory a measured process may fill."""

from bench_runner import host
from bench_runner.config.written import size
from bench_runner.errors import UsageError

SHARE = 0.8  # of what there is, so that the host itself lives on


def limit(configured: int | None, word: str | None) -> int:
    """Return the bytes of --memory-limit, else those configured, else a share of the machine's; 0 is no limit."""
    try:
        given = configured if word is None else size(word)
    except ValueError as error:
        raise UsageError(f"--memory-limit: {error}") from error
    return int(SHARE * host.memory()) if given is None else given
