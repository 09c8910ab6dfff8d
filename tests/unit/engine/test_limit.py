"""The adaptive limit: growth, halving once per window, pauses, order, no leaked slot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from medtrust.engine.limit import AdaptiveLimit


def run(body: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await body()

    asyncio.run(main())


def test_it_starts_low_and_grows_by_one_with_every_success() -> None:
    limit = AdaptiveLimit(32, start=4)
    for expected in (5, 6, 7, 8):
        limit.succeeded()
        assert limit.limit == expected


def test_it_never_grows_above_its_maximum() -> None:
    limit = AdaptiveLimit(3, start=8)
    assert limit.limit == 3
    for _ in range(100):
        limit.succeeded()
    assert limit.limit == 3


def test_congestion_halves_once_for_all_refusals_of_one_window() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(16, start=16)
        taken = [await limit.acquire() for _ in range(16)]
        for moment in taken:
            limit.congested(moment)
        assert limit.limit == 8
        assert limit.lowest == 8
        await asyncio.sleep(0.001)
        for _ in range(16):
            limit.release()
        limit.congested(await limit.acquire())
        assert limit.limit == 4

    run(body)


def test_it_never_falls_below_one() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(4)
        for _ in range(10):
            moment = await limit.acquire()
            limit.congested(moment)
            limit.release()
            await asyncio.sleep(0.0001)
        assert limit.limit == limit.lowest == 1

    run(body)


def test_after_congestion_it_grows_by_one_a_window_back_to_its_maximum() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(16, start=16)
        limit.congested(await limit.acquire())
        limit.release()
        assert limit.limit == 8
        for _ in range(8):
            limit.succeeded()
        assert limit.limit == 8  # 8 + 1/8 + 1/8.125 ... is a little under 9
        limit.succeeded()
        assert limit.limit == 9
        for _ in range(400):
            limit.succeeded()
        assert limit.limit == 16
        assert limit.lowest == 8

    run(body)


def test_a_pause_the_server_asked_for_is_kept_by_everyone() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(8)
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        limit.congested(await limit.acquire(), 0.05)
        limit.release()
        moments = await asyncio.gather(*(limit.acquire() for _ in range(4)))
        assert min(moments) - asked_at >= 0.05
        assert limit.in_flight == 4

    run(body)


def test_a_longer_pause_asked_for_meanwhile_counts() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(8)
        moment = await limit.acquire()
        limit.congested(moment, 0.02)
        waiting = asyncio.create_task(limit.acquire())
        await asyncio.sleep(0.01)
        asked_at = asyncio.get_running_loop().time()
        limit.congested(moment, 0.05)
        assert await waiting - asked_at >= 0.05

    run(body)


def test_ending_the_pause_lets_waiters_go_at_once() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(8)
        limit.congested(await limit.acquire(), 3600.0)
        waiting = asyncio.create_task(limit.acquire())
        await asyncio.sleep(0)
        limit.end_pause()
        await asyncio.wait_for(waiting, 5)

    run(body)


def test_waiters_of_one_place_go_in_the_order_in_which_they_came() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(1)
        await limit.acquire()
        order: list[int] = []

        async def wait(number: int) -> None:
            await limit.acquire()
            order.append(number)
            limit.release()

        tasks = [asyncio.create_task(wait(number)) for number in range(20)]
        await asyncio.sleep(0)
        limit.release()
        await asyncio.gather(*tasks)
        assert order == list(range(20))

    run(body)


def test_a_lower_place_goes_before_those_who_came_earlier() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(1)
        await limit.acquire()
        order: list[int] = []

        async def wait(place: int) -> None:
            await limit.acquire(place)
            order.append(place)
            limit.release()

        tasks = [asyncio.create_task(wait(place)) for place in (5, 3, 9, 1)]
        await asyncio.sleep(0)
        limit.release()
        await asyncio.gather(*tasks)
        assert order == [1, 3, 5, 9]

    run(body)


def test_a_waiter_cancelled_just_before_its_turn_hurts_nobody() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(1)
        await limit.acquire()
        first = asyncio.create_task(limit.acquire())
        second = asyncio.create_task(limit.acquire())
        await asyncio.sleep(0)
        first.cancel()
        limit.release()  # the cancelled one has not run yet
        await asyncio.wait_for(second, 5)
        with pytest.raises(asyncio.CancelledError):
            await first
        assert limit.in_flight == 1

    run(body)


def test_a_waiter_cancelled_just_after_it_was_given_a_slot_gives_it_back() -> None:
    async def body() -> None:
        limit = AdaptiveLimit(1)
        await limit.acquire()
        first = asyncio.create_task(limit.acquire())
        second = asyncio.create_task(limit.acquire())
        await asyncio.sleep(0)
        limit.release()
        await asyncio.sleep(0)  # the slot is given to the first, which has not run yet
        assert limit.in_flight == 1
        first.cancel()
        await asyncio.wait_for(second, 5)
        assert first.cancelled()
        assert limit.in_flight == 1

    run(body)
