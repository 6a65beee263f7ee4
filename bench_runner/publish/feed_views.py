"""What the feed prints."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the feed."""

    id: str
    title: str
    updated: str
    link: str
    lines: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Feed:
    """The Atom feed: newest first."""

    id: str
    updated: str
    entries: tuple[Entry, ...]
