"""Holding all conversations of a run: groups in order, many at once, each depth-first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from medtrust.core.errors import MedtrustError
from medtrust.core.records import Answer, Failure
from medtrust.engine.asking import Asking
from medtrust.engine.dialogue import Dialogue


class Engine:
    """Drives dialogues against an `Asking`.

    Groups are started lazily, only as many as keep the respondents busy, so memory does not grow
    with the number of samples. Within a group each conversation goes on as soon as its own answer
    is there: a slow request holds up nobody else.

    Args:
        asking: Where answers come from.
        finished: Called with each ended dialogue.
        window: Dialogues held open at once.
    """

    def __init__(
        self, asking: Asking, finished: Callable[[Dialogue], None], *, window: int
    ) -> None:
        self._asking = asking
        self._finished = finished
        self._window = max(window, 1)
        self._held = 0
        self._space = asyncio.Event()
        self._fault: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def hold(self, groups: Iterable[Iterable[Dialogue]]) -> None:
        """Hold every conversation to its end, or to the point where the run stops.

        Raises:
            StoreError: The store failed; what was committed is kept.
            Exception: A fault in a task, with its own traceback, after the open requests ended.
        """
        try:
            await self._start(groups)
            while self._tasks:
                await asyncio.wait(tuple(self._tasks))
        finally:
            for task in self._tasks:
                task.cancel()
        if self._fault is not None:
            raise self._fault

    async def _start(self, groups: Iterable[Iterable[Dialogue]]) -> None:
        try:
            for place, dialogues in enumerate(groups):
                group = list(dialogues)
                await self._wait_for_space()
                if self._fault is not None:
                    break
                self._held += len(group)
                if self._asking.seats["model"].model.capabilities.asks_by == "group":
                    self._begin(self._hold_together(group, place))
                else:
                    for dialogue in group:
                        self._begin(self._hold_one(dialogue, place))
        except Exception as fault:  # noqa: BLE001 - re-raised by `hold` once the others have ended
            self._note_fault(fault)

    async def _wait_for_space(self) -> None:
        while self._held >= self._window and self._fault is None:
            self._space.clear()
            await self._space.wait()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._note_fault(fault)

    def _note_fault(self, fault: BaseException) -> None:
        if self._fault is None:
            self._fault = fault
        self._asking.stop(fault if isinstance(fault, MedtrustError) else MedtrustError("fault"))
        self._space.set()

    async def _hold_one(self, dialogue: Dialogue, place: int) -> None:
        while not dialogue.ended:
            dialogue.proceed(await self._results(dialogue, place))
        self._finish(dialogue)

    def _finish(self, dialogue: Dialogue) -> None:
        """Make room at once: one slow conversation of a large group holds up no other group."""
        self._held -= 1
        self._space.set()
        self._finished(dialogue)

    async def _results(self, dialogue: Dialogue, place: int) -> Sequence[Answer | Failure]:
        respondent = dialogue.asks[0].respondent
        if all(ask.respondent == respondent for ask in dialogue.asks):
            return await self._asking.obtain(respondent, dialogue.calls, place)
        parts = [
            self._asking.obtain(ask.respondent, [call], place)
            for ask, call in zip(dialogue.asks, dialogue.calls, strict=True)
        ]
        return [results[0] for results in await asyncio.gather(*parts)]

    async def _hold_together(self, group: list[Dialogue], place: int) -> None:
        """Step by step: all that the model is asked at one step travels in one call."""
        open_dialogues = self._still_open(group)
        while open_dialogues:
            steps = [
                (ask.respondent, call)
                for dialogue in open_dialogues
                for ask, call in zip(dialogue.asks, dialogue.calls, strict=True)
            ]
            model_calls = [call for respondent, call in steps if respondent == "model"]
            answers = iter(await self._asking.obtain("model", model_calls, place))
            others = iter(
                await asyncio.gather(
                    *(
                        self._asking.obtain(respondent, [call], place)
                        for respondent, call in steps
                        if respondent != "model"
                    )
                )
            )
            for dialogue in open_dialogues:
                dialogue.proceed(
                    [
                        next(answers) if ask.respondent == "model" else next(others)[0]
                        for ask in dialogue.asks
                    ]
                )
            open_dialogues = self._still_open(open_dialogues)

    def _still_open(self, dialogues: list[Dialogue]) -> list[Dialogue]:
        for dialogue in dialogues:
            if dialogue.ended:
                self._finish(dialogue)
        return [dialogue for dialogue in dialogues if not dialogue.ended]
