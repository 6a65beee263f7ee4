"""A sheet: one finding as a table of printed cells and as a document, which every reporter turns into its format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench_runner.errors import UsageError


@dataclass(frozen=True, slots=True)
class Data:
    """A table for programs: numbers as they are, in base units; a missing one is None or not finite."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Output:
    """What something printed, in lines, and a sentence on what it was."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns` and `cells` are for people (foreign text as it came: reporters quote it); `document` is for programs.

    `right` holds the columns whose numbers stand to the right; `marks` a word per row that gives it a colour. `notes`
    and `outputs` stand below the table; `data` is the table where programs read one, the printed one if None.
    """

    title: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    document: Mapping[str, object]
    right: frozenset[str] = frozenset()
    marks: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    outputs: tuple[Output, ...] = ()
    data: Data | None = None


class Reporter(Protocol):
    """Turns a sheet into text of one format."""

    def render(self, sheet: Sheet) -> str:
        """Return the whole document; equal sheets give equal bytes."""
        ...


def render(sheet: Sheet, form: str) -> str:
    """Return a sheet in the format of that name; UsageError for an unknown one."""
    from bench_runner import plugins

    try:
        reporter: Reporter = plugins.load("reporters", form)()
    except UsageError as error:
        raise UsageError(f"--format {form}: known are {', '.join(plugins.names('reporters'))}") from error
    return reporter.render(sheet)
