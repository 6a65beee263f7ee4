"""Has both tools measure one commit of a real project in turn."""

import json
import subprocess
import sys
import time

import json5

from . import outcomes, project, tools

CONFIG = "agreement.asv.conf.json"
FINE = {tools.ASV: {0, 2}, tools.OURS: {0, 5}}  # also: some benchmarks have failed
COLUMNS = ("result", "samples", "stats_number")


def rounds(folder, chosen):
    """Return what each round of asv and of ours has found: case -> columns, for every case it has tried."""
    both = [_tool(folder, chosen, name) for name in (tools.ASV, tools.OURS)]
    sha = project.resolve(both[0].folder, chosen.commit)
    found = {tool.name: [] for tool in both}
    for place in range(chosen.rounds):
        for tool in both if place % 2 == 0 else both[::-1]:
            began = time.monotonic()
            _run(tool, tool.command(sha, bench=chosen.bench, again=True))
            cases = outcomes.cases(tool.outcome(sha))
            found[tool.name].append({name: {word: one.get(word) for word in COLUMNS} for name, one in cases.items()})
            spent = (time.monotonic() - began) / 60
            print(
                f"round {place + 1} of {chosen.rounds}: {tool.name:<12} {len(cases)} cases in {spent:.1f} min",
                file=sys.stderr,
                flush=True,
            )
    return found[tools.ASV], found[tools.OURS]


def _tool(folder, chosen, name):
    """Return a tool with its own clone of the project and its own copy of the configuration."""
    own = folder / name
    project.clone(chosen.project.absolute(), own)
    given = own / chosen.config
    if not given.is_file():
        raise SystemExit(f"{chosen.project} has no {chosen.config}: name its configuration with --config")
    conf = configured(json5.loads(given.read_text()), own, chosen.requirement)
    given.with_name(CONFIG).write_text(json.dumps(conf, indent=1))
    run = ("--config", CONFIG, "-E", chosen.environment)
    if name == tools.ASV:
        return tools.asv(given.parent, *run, "--record-samples")
    return tools.ours(given.parent, *run)


def configured(conf, clone, requirements):
    """Return a configuration with folders of its own, more requirements, and the clone for a repository."""
    kinds = ("req", "env", "env_nobuild")
    matrix = dict(conf.get("matrix", {}))
    if not any(kind in matrix for kind in kinds):
        matrix = {"req": matrix}  # asv's old style
    matrix["req"] = {**matrix.get("req", {}), **{name: [""] for name in requirements}}
    folders = {"env_dir": tools.ENVIRONMENTS, "results_dir": tools.RESULTS, "html_dir": "asv-html"}
    return {**conf, **folders, "matrix": matrix, "repo": str(clone)}


def _run(tool, command):
    """Run a command; benchmarks that fail do not make it one that failed."""
    done = subprocess.run(command, cwd=tool.folder, env=tool.variables, capture_output=True, text=True, check=False)
    if done.returncode not in FINE[tool.name]:
        raise SystemExit(f"{' '.join(command)}\nended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}")
