"""Tells what numbers are taken on: CPU model, kernel, Python build, installed distributions; nothing about the user."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench_runner import host
from bench_runner.envs import process
from bench_runner.envs.variables import inherited
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.run import Fingerprint

# Runs in the measured Python, from 3.7 on, where importlib.metadata is not yet there. Of the flags that Python was
# configured with only those that change its speed are told: the others hold paths.
_QUESTION = """
import io, json, os, platform, sys, sysconfig
def header(path):
    found = {}
    with io.open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, colon, value = line.partition(":")
            if not line.strip() or not colon:
                break
            found[name.lower()] = value.strip()
    return found
distributions = {}
for folder in reversed([entry for entry in sys.path if os.path.isdir(entry)]):
    for name in sorted(os.listdir(folder)):
        inside = {"dist-info": "METADATA", "egg-info": "PKG-INFO"}.get(name.rpartition(".")[2])
        if inside and os.path.isfile(os.path.join(folder, name, inside)):
            facts = header(os.path.join(folder, name, inside))
            if facts.get("name"):
                distributions[facts["name"]] = facts.get("version", "")
flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
words = [word for word in ("--enable-optimizations", "--with-lto", "--with-pydebug", "--disable-gil") if word in flags]
print(json.dumps({
    "python": " ".join([platform.python_implementation()] + sys.version.split() + words),
    "distributions": distributions,
}))
"""
_ASKING_S = 60.0


def take(python: Path, variables: Mapping[str, str] | None = None) -> Fingerprint:
    """Return the fingerprint of a Python on this machine; EnvironmentFailedError when it does not run."""
    command = [str(python), "-c", _QUESTION]
    output = process.must(
        f"start of {python.name}",
        command,
        folder=python.parent,
        variables=inherited(variables),
        timeout=_ASKING_S,
    )
    try:
        said = json.loads(output.strip().rpartition("\n")[2])
        distributions = dict(sorted(said["distributions"].items()))
        return Fingerprint(cpu=host.cpu(), kernel=host.kernel(), python=said["python"], distributions=distributions)
    except (ValueError, LookupError) as error:
        raise EnvironmentFailedError(f"{python} does not answer as a Python does: remove its environment") from error
