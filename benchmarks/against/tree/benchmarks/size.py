"""What takes memory, and what is counted."""

import inkwell

from . import journal
from .data import CHAPTER


@journal.calls
def mem_index():
    return inkwell.Index(CHAPTER[:2000]).places


@journal.calls
def peakmem_books():
    return [inkwell.Index(CHAPTER) for _ in range(10)]


@journal.calls
def track_lines():
    return len(inkwell.wrap(CHAPTER, 72))


track_lines.unit = "lines"
