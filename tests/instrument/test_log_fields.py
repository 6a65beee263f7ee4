"""Fields hold where they are bound, and nowhere else."""

import asyncio
import threading
from collections.abc import Iterator

from bench_runner.instrument.log_fields import bind, bound


def test_inner_fields_go_before_outer_ones_and_end() -> None:
    with bind(user=1, host="a"):
        with bind(user=2, self=3):
            assert bound() == {"user": 2, "host": "a", "self": 3}
        assert bound() == {"user": 1, "host": "a"}
    assert bound() == {}


def test_tasks_inherit_and_threads_do_not() -> None:
    seen: list[object] = []

    async def task(n: int) -> None:
        with bind(task=n):
            await asyncio.sleep(0.001)
            seen.append(dict(bound()))

    async def main() -> None:
        with bind(user=1):
            await asyncio.gather(task(1), task(2))

    asyncio.run(main())
    with bind(user=1):
        thread = threading.Thread(target=lambda: seen.append(dict(bound())))
        thread.start()
        thread.join()
    assert seen == [{"user": 1, "task": 1}, {"user": 1, "task": 2}, {}]


def test_a_generator_closed_elsewhere_does_not_raise() -> None:
    def generator() -> Iterator[int]:
        with bind(user=1):
            yield 1

    made = generator()
    thread = threading.Thread(target=next, args=(made,))
    thread.start()
    thread.join()
    made.close()
    assert bound() == {}
