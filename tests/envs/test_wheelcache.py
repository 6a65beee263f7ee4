import os
import threading
from pathlib import Path

import pytest

from bench_runner.envs.wheelcache import Entry, WheelCache, build_recipe


@pytest.fixture
def cache(tmp_path: Path) -> WheelCache:
    return WheelCache(tmp_path / "wheels", keep=2)


def build(cache: WheelCache, recipe: str, sha: str) -> bool:
    """Build unless it is there, as an installation does; return whether it was there."""
    with cache.entry(recipe, sha, lambda _: None) as entry:
        if entry.seconds is not None:
            assert (entry.folder / "x.whl").read_text() == sha
            return True
        assert not any(entry.folder.iterdir())
        (entry.folder / "x.whl").write_text(sha)
        entry.finished(1.5)
    return False


def test_a_finished_build_is_there_the_next_time(cache: WheelCache) -> None:
    assert [build(cache, "r", "aaa"), build(cache, "r", "aaa"), build(cache, "other", "aaa")] == [False, True, False]


def test_an_unfinished_build_is_begun_again(cache: WheelCache) -> None:
    with cache.entry("r", "aaa", lambda _: None) as entry:
        (entry.folder / "half.whl").write_text("")
    assert build(cache, "r", "aaa") is False
    with cache.entry("r", "aaa", lambda _: None) as entry:
        (entry.folder / "built.json").write_text('{"seco')
    assert build(cache, "r", "aaa") is False


def test_the_last_used_builds_of_each_recipe_are_kept(cache: WheelCache) -> None:
    for number, sha in enumerate(("1a", "2b")):
        build(cache, "r", sha)
        os.utime(cache.root / "r" / sha / "built.json", (number, number))
    build(cache, "other", "1a")
    build(cache, "r", "1a")  # used again, so 2b is now the oldest
    build(cache, "r", "3c")
    assert [build(cache, "r", sha) for sha in ("1a", "3c", "2b")] == [True, True, False]
    assert build(cache, "other", "1a")


def test_keeping_none_still_gives_a_folder_to_install_from(tmp_path: Path) -> None:
    cache = WheelCache(tmp_path, keep=0)
    assert [build(cache, "r", "aaa"), build(cache, "r", "aaa")] == [False, False]


def test_of_two_who_want_a_commit_one_builds_and_the_other_waits(cache: WheelCache) -> None:
    news: list[str] = []
    found: list[float | None] = []

    def other() -> None:
        with cache.entry("r", "aaaaaaaabb", news.append) as entry:
            found.append(entry.seconds)

    with cache.entry("r", "aaaaaaaabb", lambda _: None) as entry:
        thread = threading.Thread(target=other)
        thread.start()
        while not news:
            thread.join(0.01)
        assert not found
        (entry.folder / "x.whl").write_text("")
        entry.finished(2.5)
    thread.join()
    assert news == ["waiting for another process that builds aaaaaaaa"]
    assert found == [2.5]


def test_builds_in_hand_are_not_pruned(cache: WheelCache) -> None:
    with cache.entry("r", "1a", lambda _: None) as entry:
        for sha in ("2b", "3c", "4d"):
            build(cache, "r", sha)
        assert entry.folder.is_dir()
    assert not entry.folder.exists()


def test_recipes_are_told_apart_by_all_their_facts() -> None:
    assert build_recipe({"a": 1, "b": [2]}) == build_recipe({"b": [2], "a": 1}) != build_recipe({"a": 1, "b": [3]})


def test_a_build_that_ends_while_others_are_removed_stays(cache: WheelCache, monkeypatch: pytest.MonkeyPatch) -> None:
    build(cache, "r", "aaa")
    build(cache, "r", "bbb")
    unfinished, lock = cache.root / "r" / "ccc", cache._lock
    unfinished.mkdir()

    def ends_just_now(folder: Path) -> object:
        if folder == unfinished:
            Entry(folder, None).finished(1.0)
        return lock(folder)

    monkeypatch.setattr(cache, "_lock", ends_just_now)
    cache._prune(unfinished.parent)
    assert (unfinished / "built.json").is_file()
