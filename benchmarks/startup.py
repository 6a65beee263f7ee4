"""What a user waits for before anything happens."""

import subprocess
import sys

from .present import need

PROGRAM = "from bench_runner.cli.main import run; run()"


class Importing:
    def setup(self):
        need("cli.main:run")

    def timeraw_command_line(self):
        return "import bench_runner.cli.main"

    def timeraw_history(self):
        return "import bench_runner.history.series, bench_runner.history.changes"

    def time_help(self):
        subprocess.run([sys.executable, "-c", PROGRAM, "--help"], check=True, stdout=subprocess.DEVNULL)

    def peakmem_command_line(self):
        need("cli.main:run")
