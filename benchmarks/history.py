"""From 100 result files of 50 benchmarks to series, changes and the site."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

from .material import CONFIG, RESULTS, Git, commits_of, write_results
from .present import need

COMMITS, BENCHMARKS = 100, 50
CACHE, SITE = Path("cache"), Path("site")  # in the folder that setup_cache shares with its benchmarks


class Place:
    """A made-up history, and folders to work in; no benchmark is written here, those below would all inherit it."""

    def setup_cache(self):
        write_results(COMMITS, BENCHMARKS)

    def setup(self):
        commit, store, self.read = need("model.commit:Commit", "store.files:Store", "history.series:load")
        self.store, self.git = store(RESULTS), Git(commits_of(commit, COMMITS))
        self.empty = Path(mkdtemp(dir="."))

    def teardown(self):
        if hasattr(self, "empty"):
            shutil.rmtree(self.empty, ignore_errors=True)

    def load(self, cache):
        return self.read(self.store, self.git, cache=cache)


class Loading(Place):
    def time_cold(self):
        self.load(self.empty)

    def peakmem_cold(self):
        self.load(self.empty)


class LoadingAgain(Place):
    def setup(self):
        super().setup()
        if not CACHE.is_dir():
            self.load(CACHE)

    def time_warm(self):
        self.load(CACHE)


class Judged(Place):
    """What is judged is loaded once for all."""

    def setup(self):
        super().setup()
        self.find, segments = need("history.changes:find", "stats.changepoints:Segments")
        self.group = need("history.grouping:group|history.changes:group")
        if not hasattr(self, "history"):  # setup comes before every call
            self.history, self.segments = self.load(CACHE), segments()

    def groups(self):
        return self.group(self.find(self.history, self.segments), self.history)


class Changes(Judged):
    def time_find(self):
        self.find(self.history, self.segments)

    def track_changes(self):
        return len(self.find(self.history, self.segments))


Changes.track_changes.unit = "changes"


class Publishing(Judged):
    def setup(self):
        super().setup()
        self.build, self.site, material_of, read = need(
            "publish.build:publish", "publish.pages:site", "publish.pages:material_of", "config:load"
        )
        if not hasattr(self, "material"):
            Path("bench_runner.toml").write_text(CONFIG)
            self.material = material_of(self.history, self.groups(), read(Path("bench_runner.toml")), {})
        if not SITE.is_dir():
            self.publish(SITE)

    def publish(self, folder):
        self.build(self.site(self.material), folder)

    def time_site(self):
        self.publish(self.empty / "site")

    def time_site_again(self):
        self.publish(SITE)

    def track_site_bytes(self):
        return sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file())


Publishing.track_site_bytes.unit = "bytes"
