"""What results/ tells of a machine and its user, and what is taken out before it is stored: results/ lives in git.

Stored, and so published with the folder and the site made of it:

- the machine's name (the host's, unless `bench-runner machine --name` was asked for another), operating system with the
  kernel's release, architecture, CPU model, number of CPUs, memory: the six facts of machine.json;
- the fingerprint of each environment: CPU model, kernel, Python version with its compiler, and the name and version of
  every distribution installed in it, private ones included;
- what the configuration asks for: requirements, and the variables of the matrix with their values;
- the code of the benchmarks and the repr of their parameters;
- of a commit its sha and date; no names of authors, no subject, no variables of the surroundings, no paths;
- of what failed, the error and the end of what was printed. That is foreign text: in it the project's folder becomes
  ".", the home folder "~", the user's name in other paths "user", and passwords in addresses, and the values of
  variables named like secrets (..TOKEN.., ..SECRET.., ..PASSWORD.., ..API_KEY..), become "***".
"""

from dataclasses import replace
from pathlib import Path

from bench_runner.model.run import Build, Result, Run
from bench_runner.private import hide


def published(run: Run, root: Path | None) -> Run:
    """Return a run fit to be published; `root` is the project's folder."""
    return replace(run, build=_build(run.build, root), results=tuple(_result(one, root) for one in run.results))


def _build(build: Build, root: Path | None) -> Build:
    return replace(build, detail=hide(build.detail, root), output=hide(build.output, root))


def _result(result: Result, root: Path | None) -> Result:
    if not (result.detail or result.output):
        return result
    return replace(result, detail=hide(result.detail, root), output=hide(result.output, root))
