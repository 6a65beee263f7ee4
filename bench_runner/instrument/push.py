"""Posts a body to an address from time to time, in a thread of its own, and once more when the process ends."""

import atexit
from urllib.request import Request, urlopen

from bench_runner.instrument import registry
from bench_runner.instrument.ticking import Ticker

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

TIMEOUT_S = 5.0  # of each step of a post, hence about the longest that the end of the process waits
_FAILURE = "push"


class Push:
    """Makes the body anew for each post, of which there is one at a time; what fails is counted and not repeated."""

    def __init__(self, url: str, body: "Callable[[], str]", every_s: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"an address begins with http:// or https://, not {url!r}")
        self._url, self._body = url, body
        self._ticker = Ticker(every_s, self.post, _FAILURE)
        self._ticker.start()
        atexit.register(self.stop)

    def post(self) -> None:
        """Post now."""
        try:
            head = {"Content-Type": "application/json"}
            request = Request(self._url, self._body().encode(), head)  # noqa: S310 - it was checked above
            urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310 - the same
        except Exception as error:  # noqa: BLE001 - a network, and a program that must not know
            registry.failed(_FAILURE, error)

    def stop(self) -> None:
        """Post for the last time."""
        if self._ticker.running():
            self._ticker.stop()
            self.post()
        atexit.unregister(self.stop)

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: "TracebackType | None"
    ) -> None:
        self.stop()
