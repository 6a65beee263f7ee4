"""The moment at which what was switched on goes off, however the clocks behave until then."""

import time


class Deadline:
    """A moment of the wall clock, remembered as a distance too: over when either clock says so.

    Where the wall clock is set back the other one still ends it; where the machine sleeps, in which that one stands
    still, the wall clock does.
    """

    __slots__ = ("_end_tick_s", "until_s")

    def __init__(self, until_s: float) -> None:
        self.until_s = until_s
        self._end_tick_s = time.monotonic() + until_s - time.time()

    def left_s(self) -> float:
        """Return the seconds that are left, negative when it is over."""
        return min(self._end_tick_s - time.monotonic(), self.until_s - time.time())

    def over(self) -> bool:
        """Return whether it has passed."""
        return self.left_s() <= 0
