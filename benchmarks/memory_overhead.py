"""What it costs a program to have its memory watched, and that it costs nothing afterwards."""

from .present import need

TIMES = range(1000)


class Order:
    def __init__(self, number):
        self.number, self.lines = number, []


def workload():
    """Objects and text, a few hundred of each, nothing of which stays."""
    return len("".join(str(Order(n).number) for n in range(300)))


class Lifetimes:
    """A thousand objects that come and go: never counted, counted, and counted before."""

    params = ["never", "on", "off again"]
    param_names = ["state"]

    def setup(self, state):
        lifetimes = need("instrument.ledger:lifetimes")
        self.ledger = lifetimes(Order) if state != "never" else None
        if state == "off again":
            self.ledger.close()

    def teardown(self, state):
        if getattr(self, "ledger", None) is not None:
            self.ledger.close()

    def time_objects(self, state):
        for n in TIMES:
            Order(n)


class Watched:
    """A small piece of work, by itself and inside a watch."""

    def setup(self):
        self.watch = need("instrument.memory:memory_watch")

    def time_alone(self):
        workload()

    def time_watched(self):
        with self.watch():
            workload()

    def time_watch_of_nothing(self):
        with self.watch():
            pass


class LeakTest:
    def setup(self):
        self.assert_no_growth = need("instrument.growth:assert_no_growth")

    def time_thirty_calls_of_nothing(self):
        self.assert_no_growth(int)


def timeraw_import_memory_watch():
    return "from bench_runner.instrument.memory import memory_watch"


timeraw_import_memory_watch.setup = lambda: need("instrument.memory:memory_watch")
