"""Makes the three workspaces that a gate measures in: the base, the head, and the base once more."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench_runner.config import Config
from bench_runner.envs.base import Say, Workspace
from bench_runner.envs.prepare import Preparer, Source
from bench_runner.errors import EnvironmentFailedError
from bench_runner.model.environment import Environment
from bench_runner.model.gate import Side

# Their paths are equally long: where things lie in memory depends on that.
FOLDERS: Mapping[Side, str] = {"base": "side-a", "head": "side-b", "again": "side-c"}


@contextmanager
def workspaces(
    config: Config, repository: Source, cache: Path, environment: Environment, shas: Mapping[Side, str], say: Say
) -> Iterator[Mapping[Side, Workspace]]:
    """Give a workspace for each side, each its own environment; EnvironmentFailedError where a commit does not build.

    What was built once is installed from the wheel cache.
    """
    with ExitStack() as held:
        found: dict[Side, Workspace] = {}
        for side, folder in FOLDERS.items():
            own = replace(config, env_dir=config.env_dir / folder, build_ahead=0)
            preparer = held.enter_context(Preparer(own, repository, cache))
            found[side] = preparer.prepare(environment, shas[side], say=say)
            build, sha = found[side].build, shas[side][:8]
            if not build.ok:
                raise EnvironmentFailedError(f"the {side} {sha} does not build: {build.detail}", build.output)
        yield found
