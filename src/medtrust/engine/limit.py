"""How many requests may be under way: additive increase, multiplicative decrease."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count


class AdaptiveLimit:
    """A limit on concurrency that follows what the server can take.

    It doubles per window while nothing is refused, then grows by one per window; a sign of
    congestion halves it, at most once per window, since the refusals of one window have one cause.
    Of those who wait, the lowest place goes first, and of equal places who came first.

    Args:
        maximum: Never more than this.
        start: First limit; grows from here.
    """

    def __init__(self, maximum: int, start: int = 8) -> None:
        self.maximum = maximum
        self.in_flight = 0
        self.lowest = min(start, maximum)
        self._limit = float(min(start, maximum))
        self._growing_fast = True
        self._halved_at = float("-inf")
        self._paused_until = 0.0
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._waking = False
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Requests that may be under way now."""
        return int(self._limit)

    async def acquire(self, place: int = 0) -> float:
        """Wait for a slot.

        Args:
            place: Lower goes first, so that a conversation's next step goes before new ones.

        Returns:
            The loop's time at which the slot was taken; hand it to `congested`.
        """
        loop = asyncio.get_running_loop()
        if self._waiters or not self._free(loop.time()):
            waiter = loop.create_future()
            heappush(self._waiters, (place, next(self._arrivals), waiter))
            self._wake_soon()
            try:
                await waiter
            except asyncio.CancelledError:
                if not waiter.cancelled():  # the slot was given to it already
                    self.release()
                raise
        else:
            self.in_flight += 1
        return loop.time()

    def release(self) -> None:
        """Give the slot back."""
        self.in_flight -= 1
        self._wake_soon()

    def end_pause(self) -> None:
        """Forget what the server asked us to wait, because nothing more will be sent."""
        self._paused_until = 0.0
        self._wake_soon()

    def succeeded(self) -> None:
        """An answer came: grow a little."""
        step = 1.0 if self._growing_fast else 1.0 / max(self._limit, 1.0)
        self._limit = min(self.maximum, self._limit + step)

    def congested(self, taken_at: float, pause_s: float = 0.0) -> None:
        """The server is overloaded: halve, and take no new slot for a while.

        Args:
            taken_at: When the refused request took its slot.
            pause_s: What the server asked us to wait, or 0.
        """
        now = asyncio.get_running_loop().time()
        self._growing_fast = False
        if taken_at >= self._halved_at:
            self._limit = max(1.0, self._limit / 2)
            self.lowest = min(self.lowest, self.limit)
            self._halved_at = now
        self._paused_until = max(self._paused_until, now + pause_s)

    def _free(self, now: float) -> bool:
        return self.in_flight < self.limit and now >= self._paused_until

    def _wake_soon(self) -> None:
        """Not at once: who gave a slot back may have a next step, which goes before others."""
        if self._waiters and not self._waking:
            self._waking = True
            asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self) -> None:
        self._waking = False
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiters and self._free(now):
            _, _, waiter = heappop(self._waiters)
            if not waiter.done():
                self.in_flight += 1
                waiter.set_result(None)
        if self._waiters and now < self._paused_until and self._alarm is None:
            self._alarm = loop.call_at(self._paused_until, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._wake()
