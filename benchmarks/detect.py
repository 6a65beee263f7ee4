"""Looking for changes in one series: flat, which is the normal case, and with a step every 500 points."""

from .present import need


def series(points, step_every):
    import numpy as np

    rng = np.random.default_rng(1)
    levels = np.zeros(points)
    for place in range(step_every, points, step_every) if step_every else ():
        levels[place:] += rng.choice([-0.1, 0.1])
    return np.exp(levels + rng.normal(0, 0.02, points)).tolist()


class Detect:
    params = [[100, 1000, 10000], [0, 500]]
    param_names = ["points", "step_every"]

    def setup(self, points, step_every):
        self.detect, self.segments = need("stats.changepoints:detect", "stats.changepoints:Segments")
        self.values = series(points, step_every)

    def time_detect(self, points, step_every):
        self.detect(self.values)

    def track_found(self, points, step_every):
        return len(self.segments().steps(self.values))


Detect.track_found.unit = "steps"


def peakmem_detect():
    need("stats.changepoints:detect")(series(10000, 500))
