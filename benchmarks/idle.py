"""What `run` costs every hour of a cron job when nothing is left: a history of a thousand commits, measured whole."""

import statistics
from pathlib import Path

from . import long_history
from .present import need


class NothingToDo:
    unit = "CPU-s"
    timeout = 300

    def setup_cache(self):
        folder = Path("history").absolute()
        long_history.write(folder, 1000)
        long_history.spent(folder, "run", "ALL")

    setup_cache.timeout = 300

    def track_run_all(self):
        return self._median("ALL")

    def track_run_new(self):
        return self._median("NEW")

    def _median(self, commits):
        need("cli.main:run")
        folder = Path("history").absolute()
        return statistics.median(long_history.spent(folder, "run", commits) for _ in range(3))
