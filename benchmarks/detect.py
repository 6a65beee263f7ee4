"""Looking for changes in one series: flat, which is the normal case, and with a step every 500 points."""

import numpy as np

from bench_runner.stats.changepoints import Segments, detect


class Detect:
    params = [[100, 1000, 10000], [0, 500]]
    param_names = ["points", "step_every"]

    def setup(self, points, step_every):
        rng = np.random.default_rng(1)
        levels = np.zeros(points)
        for place in range(step_every, points, step_every) if step_every else ():
            levels[place:] += rng.choice([-0.1, 0.1])
        self.values = np.exp(levels + rng.normal(0, 0.02, points)).tolist()

    def time_detect(self, points, step_every):
        detect(self.values)

    def track_found(self, points, step_every):
        return len(Segments().steps(self.values))


Detect.track_found.unit = "steps"
