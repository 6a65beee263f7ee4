"""The search for a commit: what one question costs, and how many are asked."""

import copy
import random

from .present import need

STEP, NOISE = 0.1, 0.02


class Search:
    params = [[16, 1024]]
    param_names = ["commits"]

    def setup(self, commits):
        self.begin, self.ask = need("bisect.search:Search", "bisect.search:Ask")
        self.commits = commits
        if not hasattr(self, "asked"):
            self.asked = self.search(questions=8)
        self.search_now = copy.deepcopy(self.asked)

    def search(self, questions=10**6):
        """Answer questions about a range whose last third is slower."""
        rng, search = random.Random(3), self.begin([f"{number:040x}" for number in range(self.commits)])
        for _ in range(questions):
            question = search.next()
            if not isinstance(question, self.ask):
                break
            level = STEP if question.index >= 2 * self.commits // 3 else 0.0
            search.observe(question.index, [rng.gauss(level, NOISE) for _ in range(question.rounds)])
        return search

    def time_next_question(self, commits):
        self.search_now.next()

    def track_rounds(self, commits):
        return self.search().measurements


Search.track_rounds.unit = "rounds"
