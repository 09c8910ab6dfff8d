"""Holding a whole run in an event loop: progress, Ctrl-C, and a clean end whatever happens."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from medtrust.core.errors import StoreError, WorkLeft
from medtrust.engine.asking import Asking, Tally
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.engine import Engine
from medtrust.engine.tables import Tables

Progress = Callable[[Tally, int, int], None]
"""Called now and then with the counts, conversations ended, and conversations in all."""

PROGRESS_EVERY_S: Final = 0.5
OPEN_FOR_GROUPS: Final = 512
"""Conversations held open at least for a model that answers groups: it puts several together."""


def conduct(
    asking: Asking,
    groups: Iterable[Iterable[Dialogue]],
    tables: Tables,
    total: int,
    progress: Progress | None = None,
) -> None:
    """Hold all conversations to their end, or to the point where the run stops.

    The first Ctrl-C sends nothing new and waits for what is under way; the second ends at once.
    Works from a notebook, too, whose own loop is running.

    Args:
        asking: Where answers come from.
        groups: Fresh dialogues.
        tables: Take over each ended dialogue.
        total: Conversations in all, for the progress.
        progress: Called about twice a second.

    Raises:
        WorkLeft: At the second Ctrl-C.
        StoreError: The store failed; what was committed is kept.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        try:
            _run(_hold(asking, groups, tables, total, progress))
        except KeyboardInterrupt:
            raise WorkLeft("Interrupted: the same command resumes.") from None
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_run, _hold(asking, groups, tables, total, progress)).result()


def _run(held: Coroutine[Any, Any, None]) -> None:
    """Like `asyncio.run`, on the faster loop where it is there (not on Windows)."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        asyncio.run(held)
        return
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(held)


async def _hold(
    asking: Asking,
    groups: Iterable[Iterable[Dialogue]],
    tables: Tables,
    total: int,
    progress: Progress | None,
) -> None:
    usual = gc.get_threshold()
    gc.freeze()  # what is loaded stays: without this, each full collection walks all samples again
    gc.set_threshold(50_000, 20, 20)  # a request leaves few cycles behind: look for them seldom
    window = len(asking.seats) * asking.effort.concurrency
    if asking.seats["model"].model.capabilities.asks_by == "group":
        window = max(window, OPEN_FOR_GROUPS)
    engine = Engine(asking, tables.add, window=window)
    restore = _stop_on_interrupt(asking)
    reporter = asyncio.create_task(_report(asking, tables, total, progress)) if progress else None
    try:
        await engine.hold(groups)
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
        restore()
        if reporter is not None:
            reporter.cancel()
        if progress is not None:
            progress(asking.tally, tables.ended, total)
        for seat in asking.seats.values():
            await seat.model.close()
        if asking.store.pending and not isinstance(asking.stopping, StoreError):
            asking.store.commit()


async def _report(asking: Asking, tables: Tables, total: int, progress: Progress) -> None:
    while True:
        await asyncio.sleep(PROGRESS_EVERY_S)
        progress(asking.tally, tables.ended, total)


def _stop_on_interrupt(asking: Asking) -> Callable[[], None]:
    """Let the next Ctrl-C end the run gently, and only the next; returns how to undo that."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    previous = signal.getsignal(signal.SIGINT)

    def restore() -> None:
        signal.signal(signal.SIGINT, previous)

    def interrupted(_number: int, _frame: Any) -> None:
        restore()
        why = WorkLeft("Interrupted: what was under way was kept; the same command goes on.")
        loop.call_soon_threadsafe(asking.stop, why)

    signal.signal(signal.SIGINT, interrupted)
    return restore
