"""Has both tools measure the same commits in turn, and brings the figures."""

import sys
import time
from dataclasses import asdict

from . import figures, outcomes, project, tools
from .spending import spend

COLD = 2  # how often an environment is made anew for its cost


class Log:
    """Runs commands, shows how far it is, and keeps what each has spent: tool -> kind of command -> in order."""

    def __init__(self, steps):
        self.spent = {}
        self._steps, self._done, self._began = steps, 0, time.monotonic()

    def run(self, tool, kind, sha, **how):
        """Have a tool measure a commit."""
        found = spend(tool.command(sha, **how), tool.folder, tool.variables)
        self.spent.setdefault(tool.name, {}).setdefault(kind, []).append(found)
        self._done += 1
        so_far = time.monotonic() - self._began
        left = so_far / self._done * (self._steps - self._done) / 60
        print(
            f"[{self._done:>3}/{self._steps}, {left:4.1f} min left] {tool.name:<12} {kind:<6} {sha[:8]}"
            f" {found.cpu_s:6.2f} CPU-s, {found.outside_s:6.2f} outside of calls",
            file=sys.stderr,
            flush=True,
        )


def compare(folder, asv_environment, commits, runs):
    """Return all figures; `folder` is a new one. Which tool goes first changes from commit to commit."""
    both, shas = prepare(folder, asv_environment)
    log = Log(2 * (1 + COLD + commits + runs + min(runs, 5)))
    for tool in both:
        log.run(tool, "first", shas[0], bench=project.ONE)  # fills the caches; of no other use
    for place, sha in enumerate(shas[1 : 1 + COLD]):
        for tool in turns(both, place):
            tool.forget_environment()
            log.run(tool, "cold", sha, bench=project.ONE)
    for place, sha in enumerate(shas[1 + COLD : 1 + COLD + commits]):
        for tool in turns(both, place):
            log.run(tool, "warm", sha)
    values = again(log, both, sha, runs)
    for place in range(min(runs, 5)):
        for tool in turns(both, place):
            log.run(tool, "one", sha, bench=project.ONE, again=True)
    spent = {
        tool: {kind: [asdict(one) for one in some] for kind, some in kinds.items()} for tool, kinds in log.spent.items()
    }
    return {"figures": figures.figures(log.spent, values, project.BENCHMARKS), "spent": spent, "values": values}


def prepare(folder, asv_environment):
    """Make the project, and a clone of it for each tool; return the tools, and the shas oldest first."""
    shas = project.write(folder / "origin")
    both = []
    for name, kind, make in ((tools.ASV, asv_environment, tools.asv), (tools.OURS, "uv", tools.ours)):
        project.clone(folder / "origin", folder / name)
        tools.configure(folder / name, kind)
        both.append(make(folder / name))
    return both, shas


def again(log, both, sha, runs):
    """Measure a commit several times more; return tool -> case -> value of each run."""
    values = {tool.name: {} for tool in both}
    for place in range(runs):
        for tool in turns(both, place):
            log.run(tool, "again", sha, again=True)
            for name, value in outcomes.values(tool.outcome(sha)).items():
                values[tool.name].setdefault(name, []).append(value)
    return values


def turns(both, place):
    """Return the tools in the order of this turn."""
    return both if place % 2 == 0 else both[::-1]
