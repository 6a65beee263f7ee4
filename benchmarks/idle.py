"""What `run` costs every hour of a cron job when nothing is left: a history of a thousand commits, measured whole."""

import statistics
from pathlib import Path

from . import long_history
from .present import need


class NothingToDo:
    unit = "CPU-s"
    timeout = 300

    def setup_cache(self):
        try:
            need("cli.order:Order")
        except NotImplementedError:
            return False
        folder = Path("history").absolute()
        long_history.write(folder, 1000)
        long_history.spent(folder, "run", "ALL")
        return True

    setup_cache.timeout = 300

    def setup(self, written):
        if not written:
            raise NotImplementedError("this commit looks into a workspace first")

    def track_run_all(self, written):
        return self._median("ALL")

    def track_run_new(self, written):
        return self._median("NEW")

    def _median(self, commits):
        folder = Path("history").absolute()
        return statistics.median(long_history.spent(folder, "run", commits) for _ in range(3))
