"""The work: pure Python on strings and dictionaries."""

WORDS = (
    "quill",
    "folio",
    "vellum",
    "gall",
    "ochre",
    "reed",
    "ink",
    "blot",
    "margin",
    "leaf",
    "stitch",
    "spine",
    "clasp",
)


def text(words):
    """Return a text of so many words, always the same one."""
    state, chosen = 1, []
    for _ in range(words):
        state = state * 1103515245 % 2147483647
        chosen.append(WORDS[state % len(WORDS)] + str(state % 97))
    return " ".join(chosen)


def split(line):
    """Return the words of a line, each once, in order."""
    return list(dict.fromkeys(line.split()))


def wrap(words, width):
    """Return lines no longer than `width`."""
    lines, length = [[]], 0
    for word in words:
        if length + len(word) > width:
            lines.append([])
            length = 0
        lines[-1].append(word)
        length += len(word) + 1
    return [" ".join(line) for line in lines]


class Index:
    """Where each word stands."""

    def __init__(self, words):
        self.places = {}
        for place, word in enumerate(words):
            self.places.setdefault(word, []).append(place)
