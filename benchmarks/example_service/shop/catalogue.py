"""What the shop sells: 2000 articles, the same in every process."""

import random
from array import array

_WORDS = """oak pine ash elm steel brass copper glass linen cotton wool silk paper stone clay round square tall small
large red green blue white black grey light dark soft warm chair table lamp shelf desk bench stool bed box basket"""
STEMS = _WORDS.split()
FILLERS = frozenset(f"{stem}{number}" for stem in ("the", "with", "for", "and", "very") for number in range(600))
COUNT = 2000

_random = random.Random(7)
NAMES = tuple(" ".join(_random.sample(STEMS, 4)) for _ in range(COUNT))
PRICES = {f"a{number}": _random.randrange(100, 20_000) / 100 for number in range(COUNT)}
STOCK = array("q", [10**12]) * COUNT  # by number; as objects, new ones would look like a leak for a while
