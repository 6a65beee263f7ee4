"""Finds articles by the words of a question."""

import re

from shop.catalogue import FILLERS, NAMES
from shop.switches import FAULTS

BEST = 10
_WORD = re.compile(r"[a-z]+[0-9]*")
_FILLERS = sorted(FILLERS)


def index():
    """Return word -> numbers of the articles that have it in their names."""
    found = {}
    for number, name in enumerate(NAMES):
        for word in name.split():
            found.setdefault(word, []).append(number)
    return found


_INDEX = index()


def words(question):
    """Return the words that say something."""
    found = _WORD.findall(question.lower())
    if "list-membership" in FAULTS:
        return [word for word in found if word not in _FILLERS]  # fault: list-membership
    return [word for word in found if word not in FILLERS]


def find(wanted):
    """Return number of an article -> how many of the words it has."""
    known = _INDEX
    if "index-rebuilt" in FAULTS:
        known = {}
        for number, name in enumerate(NAMES):
            for word in name.split():
                known.setdefault(word, []).append(number)  # fault: index-rebuilt
    hits = {}
    for word in wanted:
        for number in known.get(word, ()):
            hits[number] = hits.get(number, 0) + 1
    return hits


def rank(hits):
    """Return the numbers of the best articles, the best first."""
    best = []
    for number, count in hits.items():
        best.append((-count, number))
        if "sort-per-insert" in FAULTS:
            best.sort()  # fault: sort-per-insert
    return [number for _, number in sorted(best)[:BEST]]


def mark(name, wanted):
    """Return an article's name with the words of the question in capitals."""
    if "regex-per-call" in FAULTS:
        told = "|".join(rf"\b{word}\b" for word in [*wanted, f"{name}!"])  # the last never is: `re` has it not cached
        return re.compile(told).sub(lambda match: match[0].upper(), name)  # fault: regex-per-call
    return " ".join(word.upper() if word in wanted else word for word in name.split())


def search(question):
    """Return the names of the best articles."""
    wanted = words(question)
    return [mark(NAMES[number], wanted) for number in rank(find(wanted))]
