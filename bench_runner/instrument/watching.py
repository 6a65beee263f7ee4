"""Follows one control file in this process: switches what it says, and all of it off when its time is over."""

import threading
import time

from bench_runner.instrument import control_file, registry, status, switching, whereabouts
from bench_runner.instrument.background import Background
from bench_runner.instrument.control_file import Mark, Order

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from bench_runner.instrument.profiling import Profiling

NAME = "control"  # of our failures


class Watch:
    """A control file that is looked at every `poll_s` seconds, by a thread which is there in forked children too."""

    def __init__(self, path: str, poll_s: float) -> None:
        self.path, self._poll_s = path, poll_s
        self._lock = threading.RLock()
        self._control = control_file.nothing()
        self._mark: Mark | None = _NEVER
        self._timed: tuple[str, ...] = ()
        self._seen = status.Seen(None, 0.0, 0)
        self._order: Order | None = None
        self._profiling: Profiling | None = None
        self._registered = False
        self._thread = Background(NAME, self.look, self._forked)

    def start(self) -> None:
        """Look once, now, and begin to look again and again."""
        self.look()
        self._thread.start()

    def look_again(self) -> None:
        """Have the file read at once whether it looks changed or not; a signal handler may call this."""
        self._mark = _NEVER
        self._thread.wake()

    def stop(self) -> None:
        """End; what the file switched on goes off."""
        self._thread.stop()
        with self._lock:
            self._control = control_file.nothing()
            self._switch()
            status.take_away(self.path)
            whereabouts.forget()

    def look(self) -> float:
        """Follow the file as it is now; return the seconds until the next look."""
        with self._lock:
            changed = self._read_if_changed()
            changed = self._switch() or changed
            switching.poll()
            if changed or not self._control.attached.over():
                self._tell()
            return self._wait_s()

    def _forked(self) -> None:
        """Go on in a child, which reads the file for itself: what is timed stays so, a profile it takes anew."""
        self._lock, self._profiling, self._order, self._registered = threading.RLock(), None, None, False
        self._seen, self._mark = status.Seen(None, 0.0, 0), _NEVER

    def _read_if_changed(self) -> bool:
        """Read the file where it is another one than before; a broken one counts as a failure and changes nothing."""
        try:
            mark = control_file.mark(self.path)
            if mark == self._mark:
                return False
            self._mark = mark
            self._control = control_file.nothing() if mark is None else control_file.read(self.path)
        except (OSError, ValueError) as error:
            registry.failed(NAME, error)
            return True
        self._seen = status.Seen(mark, time.time(), self._seen.changes + 1)
        return True

    def _switch(self) -> bool:
        """Have exactly what is asked for switched on; return whether anything was to be done."""
        over = self._control.until.over()
        timed = () if over else self._control.timed
        changed = timed != self._timed
        if changed:
            self._timed = timed
            switching.follow_on_top(timed)
        return self._profile(None if over else self._control.profile, over=over) or changed

    def _profile(self, order: Order | None, *, over: bool) -> bool:
        """Take a profile that is asked for anew, end one whose time is over; return whether anything changed."""
        before = self._profiling is not None and self._profiling.on
        if before and self._profiling is not None:
            self._profiling.step() if order == self._order else self._profiling.stop()
        if order is not None and order != self._order:
            from bench_runner.instrument.profiling import Profiling

            self._profiling = Profiling(order, f"{status.folder(self.path)}/profiles")
            self._profiling.start()
        if not over:
            self._order = order
        return (self._profiling is not None and self._profiling.on) != before

    def _tell(self) -> None:
        """Write how this process is for whoever is attached."""
        try:
            if not self._registered:
                self._registered = True
                whereabouts.register(self.path)
            profile = self._profiling.state() if self._profiling else {}
            status.write(self.path, self._control, self._seen, profile)
        except (OSError, ValueError) as error:
            registry.failed(NAME, error)

    def _wait_s(self) -> float:
        """Return the seconds until there is something to do."""
        waits = [self._poll_s]
        if not self._control.until.over():
            waits.append(self._control.until.left_s())
        if self._profiling is not None and self._profiling.on:
            waits.append(self._profiling.left_s)
        return max(0.001, min(waits))


_NEVER: Mark = (-1, -1, -1, -1)
