"""What takes time: quick and slow, with and without setup, parameters and a cache."""

import inkwell

from . import journal
from .data import CHAPTER, LINE


def time_split():
    """Quick, a few microseconds."""
    inkwell.split(LINE)


def time_wrap():
    """Quick, some tens of microseconds."""
    inkwell.wrap(CHAPTER[:200], 72)


def time_wrap_chapter():
    """A few milliseconds."""
    inkwell.wrap(CHAPTER, 72)


def time_index_books():
    """Slow, more than a hundred milliseconds."""
    for _ in range(100):
        inkwell.Index(CHAPTER)


class TimeSort:
    """With setup, which is run before every call."""

    @journal.setup
    def setup(self):
        self.words = list(CHAPTER)

    def time_sort(self):
        self.words.sort()


class TimeLayout:
    """With parameters."""

    params = [[5000, 20000], [20, 72]]
    param_names = ["words", "width"]

    @journal.setup
    def setup(self, words, width):
        self.words = CHAPTER[:words]

    def time_layout(self, words, width):
        inkwell.wrap(self.words, width)


class TimeCached:
    """With something that is made once and read by every process."""

    @journal.setup
    def setup_cache(self):
        return inkwell.Index(CHAPTER)

    def time_places(self, index):
        sum(len(places) for places in index.places.values())
