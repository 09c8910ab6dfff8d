"""Whatever happens to those who wait, no slot is lost and none is made up."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.engine.limit import AdaptiveLimit

step = st.one_of(
    st.tuples(st.just("come"), st.integers(0, 3)),
    st.tuples(st.sampled_from(["leave", "cancel", "congested", "succeeded", "turn"]), st.just(0)),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
)


@settings(max_examples=300, deadline=None)
@given(maximum=st.integers(1, 5), start=st.integers(1, 8), steps=st.lists(step, max_size=60))
def test_no_slot_is_lost_whatever_happens(
    maximum: int, start: int, steps: list[tuple[str, int]]
) -> None:
    async def body() -> None:
        limit = AdaptiveLimit(maximum, start=start)
        tasks: list[asyncio.Task[float]] = []
        released: set[int] = set()

        def owners() -> list[int]:
            return [
                number
                for number, task in enumerate(tasks)
                if task.done() and not task.cancelled() and number not in released
            ]

        def leave() -> bool:
            for number in owners():
                released.add(number)
                limit.release()
                return True
            return False

        for name, number in steps:
            if name == "come":
                tasks.append(asyncio.create_task(limit.acquire(number)))
            elif name == "leave":
                leave()
            elif name == "cancel" and number < len(tasks):
                tasks[number].cancel()
            elif name == "congested":
                limit.congested(asyncio.get_running_loop().time())
            elif name == "succeeded":
                limit.succeeded()
            else:
                await asyncio.sleep(0)
            assert 1 <= limit.limit <= maximum
            assert 0 <= limit.in_flight <= maximum
        for _ in range(20 * (len(tasks) + 1)):
            await asyncio.sleep(0)
            leave()
        assert all(task.done() for task in tasks)
        assert limit.in_flight == 0

    asyncio.run(body())
