"""Builds one commit, and installs it into a kept environment."""

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench_runner.config import Config
from bench_runner.envs import commands, uvtool
from bench_runner.envs.base import Backend, Doing, Say, distribution, wheel_in
from bench_runner.envs.kept import Kept, State
from bench_runner.envs.recipe import Recipe, has_commands
from bench_runner.envs.wheelcache import Entry, WheelCache, build_recipe
from bench_runner.errors import EnvironmentFailedError
from bench_runner.instrument.counting import counter
from bench_runner.instrument.spans import span
from bench_runner.model.environment import Environment

# Builds that failed in this process: (build recipe, sha) -> why. They are not tried again, nor kept for another time.
Broken = MutableMapping[tuple[str, str], EnvironmentFailedError]


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything at hand to put commits into one environment."""

    config: Config
    environment: Environment
    kept: Kept
    backend: Backend
    python: Path
    interpreter: str  # what that Python says of itself
    recipe: Recipe
    wheels: WheelCache
    broken: Broken
    say: Say

    @property
    def digest(self) -> str:
        """What makes an installed commit stale although its sha is the same: how it is installed."""
        config = self.config
        how = (config.project, config.repo_subdir, config.build_command, config.install_command)
        return hashlib.sha256(json.dumps([*how, config.uninstall_command]).encode()).hexdigest()[:16]

    @property
    def build_folder(self) -> Path:
        """Where the project lies in the checked-out source."""
        return self.kept.source / self.config.repo_subdir

    def put(self, sha: str) -> State:
        """Build and install what is checked out, which is commit `sha`; return the new state, seconds included.

        Raises EnvironmentFailedError when it does not build or does not go together with the requirements.
        """
        before = self.kept.read()
        self.kept.write(replace(before, commit=""))
        values = template_values(self.config, self.environment, self.kept.env, sha)
        values["build_dir"] = str(self.build_folder)
        self._uninstall(values)
        key = self._build_recipe()
        with self.wheels.entry(key, sha, self.say) as entry:
            values["build_cache_dir"] = str(entry.folder)
            built_s = self._built(entry, (key, sha), values)
            start = time.monotonic()
            with span("install"):
                name = self._install(entry, values, before)
            seconds = built_s + time.monotonic() - start
        state = replace(before, commit=sha, installation=self.digest, seconds=seconds, distribution=name)
        self.kept.write(state)
        return state

    @property
    def isolated(self) -> bool:
        """Whether a build has nothing to do with what is in the environment: commands may look into it."""
        return self.config.build_command is None

    def is_built(self, sha: str) -> bool:
        """Return whether a commit needs no building: its build is kept, or has failed in this process."""
        key = self._build_recipe()
        return (key, sha) in self.broken or self.wheels.holds(key, sha)

    def build(self, sha: str, source: Path) -> None:
        """Build commit `sha`, checked out in `source`, unless it is built; a failure is kept for `put` to raise."""
        key = self._build_recipe()
        values = template_values(self.config, self.environment, self.kept.env, sha)
        values["build_dir"] = str(source / self.config.repo_subdir)
        with (
            span("ahead", commit=sha),
            self.wheels.entry(key, sha, self.say) as entry,
            contextlib.suppress(EnvironmentFailedError),
        ):
            self._built(entry, (key, sha), values)

    def _build_recipe(self) -> str:
        """Return what besides the commit decides a build; the environment too when a command may look into it."""
        facts = {
            "project": self.config.project,
            "subdir": self.config.repo_subdir,
            "python": self.interpreter,
            "variables": self.environment.build_variables,
            "commands": self.config.build_command,
            "environment": "" if self.config.build_command is None else self.environment.folder + self.recipe.digest,
        }
        return build_recipe(facts)

    def _built(self, entry: Entry, key: tuple[str, str], values: Mapping[str, str]) -> float:
        """Return the seconds a build takes, or took when it is kept; its result lies in the entry's folder."""
        if entry.seconds is not None:
            counter("wheels reused").add()
            return entry.seconds
        if key in self.broken:
            raise self.broken[key]
        self.say(Doing(f"building {key[1][:8]} for {self.environment.name}"))
        start = time.monotonic()
        try:
            with span("build"):
                self._build(entry.folder, values)
        except EnvironmentFailedError as error:
            self.broken[key] = error
            raise
        counter("wheels built").add()
        seconds = time.monotonic() - start
        if any(entry.folder.iterdir()):
            entry.finished(seconds)
        return seconds

    def _build(self, out: Path, values: Mapping[str, str]) -> None:
        """Build as configured, or one wheel in isolation."""
        folder = Path(values["build_dir"])
        if self.config.build_command is None:
            self.backend.build(self.python, folder, out, variables=self._variables)
        else:
            commands.run_all(self.config.build_command, values, self._around(values, folder))

    def _install(self, entry: Entry, values: Mapping[str, str], before: State) -> str:
        """Install as configured, or the wheel with its dependencies; return the distribution's name if known."""
        self.say(Doing(f"installing {values['commit'][:8]} into {self.environment.name}"))
        if self.config.install_command is not None:
            commands.run_all(self.config.install_command, values, self._around(values, self.build_folder))
            return ""
        wheel = wheel_in(entry.folder)
        name = _canonical(distribution(wheel))
        if before.distribution not in {"", name}:
            self._remove(before.distribution)
        held = [word for word in self.recipe.specifiers if _canonical(_name(word)) != name]
        packages = [str(wheel), *held, *self._constraints(before, name)]
        self.backend.install(self.python, packages, variables=self._variables)
        return name

    def _constraints(self, state: State, project: str) -> tuple[str, ...]:
        """Return the options that keep what requirement files have pinned, the project itself excepted."""
        lines = [f"{name}=={version}\n" for name, version in state.pinned.items() if _canonical(name) != project]
        self.kept.constraints.write_text("".join(lines), encoding="utf-8")
        return ("-c", str(self.kept.constraints)) if lines else ()

    def _uninstall(self, values: Mapping[str, str]) -> None:
        """Uninstall as configured, or as asv does where the installation is not ours either."""
        texts = self.config.uninstall_command
        if texts is None:
            texts = ("return-code=any python -m pip uninstall -y {project}",) if self.config.install_command else ()
        if texts:
            with span("uninstall"):
                commands.run_all(texts, values, self._around(values, self.config.env_dir))

    def _remove(self, name: str) -> None:
        """Remove the distribution of an older commit that bears another name, whatever made the environment."""
        pip = ("pip", "uninstall", "--python", str(self.python), name)
        uvtool.must("uninstall", *pip, folder=self.kept.base, timeout=self.config.install_timeout)

    @property
    def _variables(self) -> dict[str, str]:
        return dict(self.environment.build_variables)

    def _around(self, values: Mapping[str, str], folder: Path) -> commands.Surroundings:
        """Return where the configured commands run."""
        variables = {**self._variables, **asv_variables(values)}
        return commands.Surroundings(self.python, folder, variables, self.config.install_timeout, self.say)


def check_commands(config: Config) -> None:
    """Raise UsageError for commands of the configuration that could never be run."""
    if has_commands(config):
        for texts in (config.build_command, config.install_command, config.uninstall_command):
            commands.names_unknown(texts or ())


def template_values(config: Config, environment: Environment, env: Path, sha: str) -> dict[str, str]:
    """Return what commands may name at any time."""
    return {
        "project": config.project,
        "conf_dir": str(config.root),
        "env_name": environment.name,
        "env_dir": str(env),
        "env_type": environment.tool,
        "commit": sha,
    }


def asv_variables(values: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which asv lets builds and benchmarks know where they are."""
    return {"ASV": "true", **{f"ASV_{name.upper()}": value for name, value in values.items()}}


def _name(specifier: str) -> str:
    """Return the distribution that a requirement specifier asks for."""
    return re.split(r"[\s\[<>=!~;@]", specifier, maxsplit=1)[0]


def _canonical(name: str) -> str:
    """Return a distribution's name in the spelling by which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()
