"""The folder of a kept environment: where its parts lie, and what its marker says is in it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from pathlib import Path

from bench_runner.envs.files import write_json


@dataclass(frozen=True, slots=True)
class State:
    """What is realised: digest of the recipe, installed commit ("" for none), how it was installed and in how long.

    `distribution` is the project's name in its wheel, `pinned` what the requirement files brought (name -> version).
    """

    recipe: str = ""
    commit: str = ""
    installation: str = ""
    seconds: float = 0.0
    distribution: str = ""
    pinned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder of one environment: the environment proper, the checked-out source, the marker."""

    base: Path

    @property
    def env(self) -> Path:
        """Where the environment itself is."""
        return self.base / "env"

    @property
    def source(self) -> Path:
        """Where the commit is checked out."""
        return self.base / "source"

    def ahead(self) -> Iterator[Path]:
        """Yield where commits are checked out that are built before their turn comes."""
        return (self.base / "ahead" / str(number) for number in count(1))

    @property
    def constraints(self) -> Path:
        """Where what requirement files have pinned is written for the installation of the project."""
        return self.base / "constraints.txt"

    @property
    def _marker(self) -> Path:
        return self.base / "kept.json"

    def read(self) -> State:
        """Return what the marker says; an empty state when there is none that can be read."""
        try:
            content = json.loads(self._marker.read_text(encoding="utf-8"))
            return State(**{one.name: content[one.name] for one in fields(State)})
        except (OSError, ValueError, LookupError, TypeError):
            return State()

    def write(self, state: State) -> None:
        """Put down what is in the environment now."""
        write_json(self._marker, asdict(state))
