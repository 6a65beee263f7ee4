"""What it costs a program to tell of its own steps, a thousand times."""

from .present import need

TIMES = range(1000)  # asv calls what has a setup once per value: one span alone would be lost in that


class Nobody:
    """Nobody listens."""

    def setup(self):
        self.span = need("instrument.spans:span")

    def time_spans(self):
        for _ in TIMES:
            with self.span("step"):
                pass

    def time_spans_with_fields(self):
        for _ in TIMES:
            with self.span("step", commit="a", environment="b"):
                pass


class Listened:
    def setup(self):
        listening, self.span = need("instrument.spans:listening", "instrument.spans:span")
        self.ears = listening(lambda _: None)
        self.ears.__enter__()

    def teardown(self):
        if hasattr(self, "ears"):
            self.ears.__exit__(None, None, None)

    def time_spans(self):
        for _ in TIMES:
            with self.span("step"):
                pass
