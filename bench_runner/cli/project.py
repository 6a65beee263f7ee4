"""The project a command works on: configuration, repository, store and machine, each opened when first asked for."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench_runner.hostile import plain
from bench_runner.instrument.spans import span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bench_runner.config import Config
    from bench_runner.history.named import Named
    from bench_runner.history.policy import Policy
    from bench_runner.history.policy_file import PolicyFile
    from bench_runner.history.references import Reference
    from bench_runner.history.series import History
    from bench_runner.model.machine import Machine
    from bench_runner.repo.git import Repository
    from bench_runner.stats.detector import Detector
    from bench_runner.store.columns import Columns
    from bench_runner.store.examined import Examinations
    from bench_runner.store.files import Store

DISTRIBUTION = "bench-history"
APART = "worktree"  # folder beside the environments


@dataclass(frozen=True, slots=True)
class Place:
    """The global options: which configuration, and which machine name."""

    config: Path | None = None
    machine: str | None = None


class Project:
    """Everything a verb asks of the project; warnings of the configuration are shown once, on stderr."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @classmethod
    def of(cls, context: typer.Context) -> "Project":
        """Return the project that the global options point at; damaged files are named when the verb is over."""
        project = cls(context.obj or Place())
        context.call_on_close(project.tell_damage)
        return project

    def tell_damage(self) -> None:
        """Name every file below results/ that could not be read, or not whole, on stderr."""
        places = [one.__dict__ for one in (self, self.__dict__.get("apart")) if one is not None]
        damaged = [
            one for place in places for name in ("store", "both") if name in place for one in place[name].damaged
        ]
        for path, reason in dict.fromkeys((one.path, one.reason) for one in damaged):
            typer.echo(f"warning: {plain(str(path))} is not as it should be: {plain(reason)}", err=True)

    @cached_property
    def config(self) -> "Config":
        """The configuration; UsageError when there is none."""
        from bench_runner.config import load

        config = load(self._place.config)
        for warning in config.warnings:
            typer.echo(f"warning: {warning}", err=True)
        return config

    def adjust(self, **keys: object) -> None:
        """Let the command line say otherwise than the configuration."""
        self.__dict__["config"] = replace(self.config, **keys)  # type: ignore[arg-type] # its keys, as it has them

    @cached_property
    def cache(self) -> Path:
        """The folder for what can be thrown away: wheels, mirrors, columns."""
        from platformdirs import user_cache_path

        return user_cache_path(DISTRIBUTION, appauthor=False)

    @cached_property
    def repository(self) -> "Repository":
        """The measured project's git repository."""
        from bench_runner.repo.git import Repository

        return Repository.open(self.config.repo, self.cache)

    @cached_property
    def store(self) -> "Store":
        """The results directory."""
        from bench_runner.store.files import Store

        return Store(self.config.results_dir, self.config.root)

    @cached_property
    def apart(self) -> "Project":
        """The same project with a place for results that are no part of the history: measurements of a working tree.

        They lie with the environments, which git does not see and anybody may throw away: in results/ they would be
        committed, published and read by asv.
        """
        from bench_runner.store.files import Store

        other = Project(self._place)
        other.__dict__ |= {"config": self.config, "repository": self.repository}
        other.__dict__["store"] = Store(self.config.env_dir / APART, self.config.root)
        return other

    @cached_property
    def both(self) -> "Store":
        """The results with those that are kept apart, for reading."""
        from bench_runner.store.apart import Beside

        return Beside(self.config.results_dir, self.config.env_dir / APART)

    @property
    def baselines(self) -> "Named":
        """The baselines by name."""
        from bench_runner.history.named import Named

        return Named(self.store, self.repository, self.config.baseline_tags)

    @cached_property
    def columns(self) -> "Columns":
        """What was stored when first asked: every result file, of which only those that changed are read."""
        from bench_runner.store import columns

        return columns.load(self.store, self.cache)

    @cached_property
    def examined(self) -> "Examinations":
        """What the detector found the last time, and finds this time."""
        from bench_runner.store.examined import Examinations

        return Examinations(self.store, self.cache)

    @property
    def chosen(self) -> str | None:
        """The machine name given with --machine, None for every machine."""
        return self._place.machine

    @cached_property
    def machine(self) -> "Machine":
        """This machine, under the name that was asked for or set before."""
        from bench_runner.store.machine import here

        return here(self._place.machine)

    @cached_property
    def policy_file(self) -> "PolicyFile":
        """What stands in the policy beside the configuration; UsageError when something in it is wrong."""
        from bench_runner.history.policy_file import NAME, load

        return load(self.config.root / NAME)

    def history(self) -> "History":
        """All stored results in git order; NothingMeasuredError when there are none."""
        from bench_runner.errors import NothingMeasuredError
        from bench_runner.history.series import load

        branch, renames = next(iter(self.config.branches), None), self.policy_file.entries.renames
        with span("load"):
            history = load(self.store, self.repository, branch=branch, cache=self.cache, renames=renames)
        if not (history.series or history.failures or history.elsewhere or history.production):
            raise NothingMeasuredError(
                f"no results yet in {self.config.results_dir}: measure some with `bench-runner run NEW`"
            )
        return history

    def detector(self, name: str | None = None) -> "Detector":
        """Return the detector of that name, by default the configured one."""
        from bench_runner import plugins
        from bench_runner.stats.changepoints import Segments

        made: Detector = plugins.load("detectors", name or self.config.detector)()
        if isinstance(made, Segments):
            made.known = self.examined
        return made

    def policy(self, history: "History", today: "date | None" = None) -> "Policy":
        """Return what counts in a history, by default on the day of the newest result; UsageError for unknown refs."""
        from bench_runner.errors import UsageError
        from bench_runner.history.asv_rules import AsvRules
        from bench_runner.history.policy import Policy

        file = self.policy_file
        names = [one.since for one in file.entries.budgets if one.since]
        try:
            named = self.references(history, names)
        except UsageError as error:
            raise UsageError(f"{file.path}: {error}") from error
        asv = AsvRules.of(self.config, self.repository, history.commits)
        return Policy(asv, file.entries, named, today or history.today)

    def references(self, history: "History", names: "Sequence[str]") -> "dict[str, Reference]":
        """Return the commits that baselines and refs name; UsageError for an unknown one."""
        from bench_runner.history.references import references
        from bench_runner.store.baselines import list_

        held = {one.name: one.commit_sha for one in list_(self.store)} if names else {}
        return references(names, self.repository, held, history.commits)
