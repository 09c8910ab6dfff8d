"""Holding all conversations of a run: groups in order, many at once, each depth-first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

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
            for dialogues in groups:
                group = list(dialogues)
                await self._wait_for_space()
                if self._fault is not None:
                    break
                self._held += len(group)
                task = asyncio.create_task(self._hold_group(group))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            while self._tasks:
                await asyncio.wait(tuple(self._tasks))
        finally:
            for task in self._tasks:
                task.cancel()
        if self._fault is not None:
            raise self._fault

    async def _wait_for_space(self) -> None:
        while self._held >= self._window:
            self._space.clear()
            await self._space.wait()

    async def _hold_group(self, group: list[Dialogue]) -> None:
        try:
            if self._asking.seats["model"].model.capabilities.asks_by == "group":
                await self._hold_together(group)
            elif len(group) == 1:
                await self._hold_one(group[0])
            else:
                await self._hold_each(group)
        except Exception as fault:  # noqa: BLE001 - re-raised by `hold` once the others have ended
            if self._fault is None:
                self._fault = fault
            self._asking.stop(fault if isinstance(fault, MedtrustError) else MedtrustError("fault"))
        finally:
            self._held -= len(group)
            self._space.set()

    async def _hold_each(self, group: list[Dialogue]) -> None:
        ends = await asyncio.gather(
            *(self._hold_one(dialogue) for dialogue in group), return_exceptions=True
        )
        for end in ends:
            if end is not None:
                raise end

    async def _hold_one(self, dialogue: Dialogue) -> None:
        while not dialogue.ended:
            dialogue.proceed(await self._results(dialogue))
        self._finished(dialogue)

    async def _results(self, dialogue: Dialogue) -> Sequence[Answer | Failure]:
        respondent = dialogue.asks[0].respondent
        if all(ask.respondent == respondent for ask in dialogue.asks):
            return await self._asking.obtain(respondent, dialogue.calls)
        parts = [
            self._asking.obtain(ask.respondent, [call])
            for ask, call in zip(dialogue.asks, dialogue.calls, strict=True)
        ]
        return [results[0] for results in await asyncio.gather(*parts)]

    async def _hold_together(self, group: list[Dialogue]) -> None:
        """Step by step: all that the model is asked at one step travels in one call."""
        open_dialogues = self._still_open(group)
        while open_dialogues:
            steps = [
                (ask.respondent, call)
                for dialogue in open_dialogues
                for ask, call in zip(dialogue.asks, dialogue.calls, strict=True)
            ]
            model_calls = [call for respondent, call in steps if respondent == "model"]
            answers = iter(await self._asking.obtain("model", model_calls))
            others = iter(
                await asyncio.gather(
                    *(
                        self._asking.obtain(respondent, [call])
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
                self._finished(dialogue)
        return [dialogue for dialogue in dialogues if not dialogue.ended]
