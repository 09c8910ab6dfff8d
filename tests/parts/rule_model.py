"""A model in this process that does what a rule says and remembers who asked what, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

from medtrust.core.model import Call, Capabilities, ModelIdentity
from medtrust.core.records import Answer, Failure

Result = Answer | Failure
Rule = Callable[[Call, int], Result | Awaitable[Result]]
"""(call, how often it was asked before) to its result, at once or after a while."""


def text_of(call: Call) -> str:
    """Text of the last message."""
    return " ".join(part for part in call.request.messages[-1].content if isinstance(part, str))


def echo(call: Call, _before: int) -> Result:
    """Answers with the question."""
    return Answer(f"answer to {text_of(call)}")


class RuleModel:
    """Answers by a rule.

    Attributes:
        asked: Texts of all calls, in the order in which they came.
        calls: All calls, in that order.
        signals: Wanted signals of each time it was asked.
        batches: How many calls came together, each time.
        most_under_way: Highest number of unfinished `answer` calls at once.
        closed: How often it was closed.
    """

    def __init__(
        self,
        rule: Rule = echo,
        *,
        name: str = "rule",
        host: str | None = None,
        asks_by: Literal["request", "group"] = "request",
        recheck: bool = False,
    ) -> None:
        self.identity = ModelIdentity("tests", name, "1", host=host)
        self.capabilities = Capabilities(needs_pixels=False, asks_by=asks_by, recheck=recheck)
        self.asked: list[str] = []
        self.calls: list[Call] = []
        self.notes: tuple[str, ...] = ()
        self.counters: Mapping[str, int] = {}
        self.signals: list[frozenset[str]] = []
        self.batches: list[int] = []
        self.most_under_way = 0
        self.closed = 0
        self._rule = rule
        self._under_way = 0
        self._before: dict[tuple[str, int], int] = {}

    async def answer(self, calls: Sequence[Call], signals: frozenset[str]) -> Sequence[Result]:
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        self.batches.append(len(calls))
        self.signals.append(signals)
        try:
            return await asyncio.gather(*(self._one(call) for call in calls))
        finally:
            self._under_way -= 1

    async def _one(self, call: Call) -> Result:
        key = (call.request_id, call.request.draw)
        before = self._before.get(key, 0)
        self._before[key] = before + 1
        self.asked.append(text_of(call))
        self.calls.append(call)
        result = self._rule(call, before)
        return result if isinstance(result, Answer | Failure) else await result

    async def close(self) -> None:
        self.closed += 1
