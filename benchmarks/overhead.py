"""What measuring costs beside the benchmarks: of a suite that does nothing, and of a whole run of one tiny commit."""

import os
import subprocess
import sys
from pathlib import Path

from .present import need
from .startup import PROGRAM

BENCHMARK = """
def time_nothing(number):
    pass


time_nothing.params = list(range({cases}))
time_nothing.number = time_nothing.repeat = 1
time_nothing.warmup_time = 0
"""
GIT = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


class Measuring:
    params = [[(1, 1), (10, 1), (1, 3)]]
    param_names = ["cases and rounds"]
    warmup_time = 0
    repeat = number = 1

    def setup(self, cases_and_rounds):
        cases, rounds = cases_and_rounds
        processes, sampling, workspace, environment, build = need(
            "runner.execute:Processes",
            "runner.sampling:Sampling",
            "envs.base:Workspace",
            "model.environment:Environment",
            "model.run:Build",
        )
        self.suite = Path(f"suite{cases}").absolute()
        self.suite.mkdir(exist_ok=True)
        (self.suite / "__init__.py").write_text("")
        (self.suite / "nothing.py").write_text(BENCHMARK.format(cases=cases))
        python = Path(sys.executable)
        self.place = workspace(
            environment("existing", "3.11"), "0" * 40, python.parent, python, Path().absolute(), build(ok=True)
        )
        self.processes, self.sampling = processes(), sampling(rounds=rounds)
        (benchmark,) = self.processes.discover(self.place, self.suite)
        self.work = [(benchmark, list(benchmark.cases()))]

    def time_measure(self, cases_and_rounds):
        self.processes.measure(self.place, self.suite, self.work, self.sampling, str)


class Run:
    """The whole command, on a commit that takes no building."""

    warmup_time = 0
    repeat = number = 1

    def setup_cache(self):
        project = Path("project")
        (project / "benchmarks").mkdir(parents=True)
        (project / "benchmarks" / "__init__.py").write_text("")
        (project / "benchmarks" / "nothing.py").write_text(BENCHMARK.format(cases=1))
        (project / "bench_runner.toml").write_text('project = "nothing"\n')
        (project / ".gitignore").write_text("results/\n.bench_runner/\n__pycache__/\n")
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "Begin"]):
            subprocess.run([*GIT, *words], cwd=project, check=True)
        if self.bench_runner("run", "HEAD^!") != 0:
            (project / "unable").touch()

    def setup(self):
        if Path("project/unable").exists():
            raise NotImplementedError("this commit has no such command")

    def bench_runner(self, *words):
        private = {f"XDG_{name}_HOME": str(Path(name).absolute()) for name in ("CACHE", "CONFIG", "STATE")}
        command = [sys.executable, "-c", PROGRAM, "--machine", "lab", *words, "-E", f"existing:{sys.executable}"]
        command += ["--set-commit-hash", "HEAD"]
        done = subprocess.run(
            command, cwd="project", env={**os.environ, **private}, check=False, capture_output=True, text=True
        )
        return done.returncode

    def time_one_commit(self):
        self.bench_runner("run", "HEAD^!", "--again")

    def time_nothing_left(self):
        self.bench_runner("run", "HEAD^!")
