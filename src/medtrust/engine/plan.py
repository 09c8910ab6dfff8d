"""Walking through all conversations with what the store holds, asking nothing.

This one walk plans (what is unknown?), writes requests out, and scores a finished run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from medtrust.core.model import Call
from medtrust.core.records import Answer
from medtrust.core.task import Ask
from medtrust.engine.dialogue import Dialogue

Lookup = Callable[[str, Call], Answer | None]
"""(respondent, call) to the stored answer, or None."""


@dataclass(slots=True)
class PlanCount:
    """Requests of one task under one condition.

    Attributes:
        samples: Conversations.
        requests: Requests if nothing were shared.
        new: Requests nobody before in the plan asked for.
    """

    samples: int = 0
    requests: int = 0
    new: int = 0


@dataclass(slots=True)
class Plan:
    """What would be asked, as far as it is known before the answers are.

    Attributes:
        counts: By (task, condition), in plan order.
        naive: Requests if every task asked for itself.
        unique: Distinct requests among them.
        stored: Distinct requests the store already holds.
        text_tokens: Estimated prompt tokens of unique requests still to ask: characters / 4,
            images not counted.
        images: Distinct images among requests still to ask.
        skipped: Conversations that cannot be held, by reason.
    """

    counts: dict[tuple[str, str], PlanCount] = field(default_factory=dict)
    naive: int = 0
    unique: int = 0
    stored: int = 0
    text_tokens: int = 0
    images: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def to_ask(self) -> int:
        """Unique requests the store does not hold."""
        return self.unique - self.stored

    @property
    def shared(self) -> int:
        """Requests that fall away because another task or sample asks the same."""
        return self.naive - self.unique


def walk(
    groups: Iterable[Iterable[Dialogue]],
    lookup: Lookup,
    *,
    stopped: Callable[[Dialogue], None] | None = None,
    unknown: Callable[[Dialogue, Ask, Call], None] | None = None,
) -> Plan:
    """Take every conversation as far as stored answers carry it.

    Args:
        groups: Fresh dialogues.
        lookup: Finds stored answers.
        stopped: Called with each dialogue where it stopped, ended or not.
        unknown: Called once for each distinct request that is not stored.
    """
    plan = Plan()
    seen: set[tuple[str, bytes, int]] = set()
    images: set[str] = set()
    for group in groups:
        for dialogue in group:
            count = plan.counts.setdefault(
                (dialogue.task.name, dialogue.setting.condition), PlanCount()
            )
            count.samples += 1
            _take(dialogue, lookup, plan, count, seen, images, unknown)
            if dialogue.reason:
                plan.skipped[dialogue.reason] += 1
            if stopped is not None:
                stopped(dialogue)
    plan.images = len(images)
    return plan


def _take(
    dialogue: Dialogue,
    lookup: Lookup,
    plan: Plan,
    count: PlanCount,
    seen: set[tuple[str, bytes, int]],
    images: set[str],
    unknown: Callable[[Dialogue, Ask, Call], None] | None,
) -> None:
    while not dialogue.ended:
        answers: list[Answer] = []
        for ask, call in zip(dialogue.asks, dialogue.calls, strict=True):
            answer = lookup(ask.respondent, call)
            if answer is not None:
                answers.append(answer)
            plan.naive += 1
            count.requests += 1
            key = (ask.respondent, bytes.fromhex(call.request_id), call.request.draw)
            if key in seen:
                continue
            seen.add(key)
            plan.unique += 1
            count.new += 1
            if answer is not None:
                plan.stored += 1
                continue
            _estimate(call, plan, images)
            if unknown is not None:
                unknown(dialogue, ask, call)
        if len(answers) < len(dialogue.calls):
            return
        dialogue.proceed(answers)


def _estimate(call: Call, plan: Plan, images: set[str]) -> None:
    characters = 0
    for message in call.request.messages:
        for part in message.content:
            if isinstance(part, str):
                characters += len(part)
            else:
                images.add(part.key)
    plan.text_tokens += (characters + 3) // 4
