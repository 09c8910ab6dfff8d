"""One conversation being held: a generator, what it waits for, and what it returned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from medtrust.core.conditions import parse_condition
from medtrust.core.keys import request_id
from medtrust.core.model import Call, Origin
from medtrust.core.records import Answer, Failure, Mark, Sample, missing
from medtrust.core.task import Ask, Setting, Skip, Task, Turn, Unanswerable


class Dialogue:
    """Drives a task's conversation about one sample.

    Attributes:
        calls: What it waits for now, one per open ask; empty once it has ended.
        asks: The asks behind `calls`.
        steps: Every ask so far, as (role, respondent, draw, request_id).
        marks: What was measured, once it has ended.
        reason: Why it ended without an answer, or empty.
    """

    __slots__ = (
        "_generator",
        "_many",
        "asks",
        "calls",
        "marks",
        "reason",
        "sample",
        "setting",
        "steps",
        "task",
    )

    def __init__(self, task: Task, sample: Sample, setting: Setting) -> None:
        self.task = task
        self.sample = sample
        self.setting = setting
        self.calls: list[Call] = []
        self.asks: list[Ask] = []
        self.steps: list[tuple[str, str, int, str]] = []
        self.marks: Sequence[Mark] | None = None
        self.reason = ""
        self._many = False
        self._generator: Any = task.converse(sample, setting)
        self._go(self._generator.__next__)

    @property
    def ended(self) -> bool:
        """Whether it has returned its marks."""
        return self.marks is not None

    def proceed(self, results: Sequence[Answer | Failure]) -> None:
        """Hand over the results of `calls`, in order, and run to the next asks or the end."""
        for result in results:
            if isinstance(result, Failure):
                self._go(self._generator.throw, Unanswerable(result.reason))
                return
        turns = [
            Turn(ask, result)
            for ask, result in zip(self.asks, results, strict=True)
            if isinstance(result, Answer)
        ]
        self._go(self._generator.send, turns if self._many else turns[0])

    def give_up(self, reason: str) -> None:
        """End without asking further; every measure becomes ``missing:<reason>``."""
        self._generator.close()
        self._end(self._nothing(reason), reason)

    def _go(self, step: Any, *argument: Any) -> None:
        try:
            wanted = step(*argument)
        except StopIteration as end:
            self._end(end.value, "")
            return
        except (Unanswerable, Skip) as stop:
            self._end(self._nothing(stop.reason), stop.reason)
            return
        self._many = isinstance(wanted, list)
        if self._many and not wanted:
            self._go(self._generator.send, [])
            return
        self.asks = wanted if self._many else [wanted]
        self.calls = [self._call(ask) for ask in self.asks]

    def _call(self, ask: Any) -> Call:
        if not isinstance(ask, Ask):
            raise TypeError(
                f"Task {self.task.name} yielded a {type(ask).__name__} about {self.sample.id}; "
                "yield an ask or a list of asks."
            )
        identity = request_id(ask.request)
        step = (ask.role, ask.respondent, ask.request.draw, identity)
        if any(step[0] == role and step[2] == draw for role, _, draw, _ in self.steps):
            raise RuntimeError(
                f"Task {self.task.name} asked twice in the role {ask.role!r}, draw "
                f"{ask.request.draw}, about {self.sample.id}: give each step a role of its own."
            )
        self.steps.append(step)
        options = self.sample.options if ask.options is None else ask.options
        origin = Origin(self.task.name, self.sample, self.setting.condition, ask.role, options)
        return Call(ask.request, identity, origin)

    def _end(self, marks: Sequence[Mark] | None, reason: str) -> None:
        if marks is None:
            raise RuntimeError(f"Task {self.task.name} returned no marks for {self.sample.id}.")
        self.marks = marks
        self.reason = reason
        self.calls = []
        self.asks = []

    def _nothing(self, reason: str) -> list[Mark]:
        status = missing(reason)
        return [
            Mark(key.measure, None, status, key.reading)
            for key in self.task.measures(self.sample, self.setting.condition)
        ]


def group_samples(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Samples that share their first image, in order of first appearance.

    A group is held together, so that a local model encodes its image once; samples without an
    image are groups of their own.
    """
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        key = sample.images[0].key if sample.images else sample.id
        groups.setdefault(key, []).append(sample)
    return list(groups.values())


def settings_for(
    task: Task, base: Setting, conditions: Sequence[str] | None = None
) -> list[Setting]:
    """One setting per condition of a task; or per wanted one it has, its optional ones included."""
    known = task.conditions if conditions is None else (*task.conditions, *task.optional)
    return [
        replace(base, condition=condition, parameters=parse_condition(condition))
        for condition in known
        if conditions is None or condition in conditions
    ]


def open_dialogues(
    group: Iterable[Sample], arms: Sequence[tuple[Task, Sequence[Setting]]]
) -> Iterator[Dialogue]:
    """Start every conversation about the samples of one group.

    Args:
        group: Samples sharing an image.
        arms: Tasks with their settings; a task only meets samples of its own data (the caller
            pairs them) and conditions it applies to them.
    """
    for sample in group:
        for task, settings in arms:
            for setting in settings:
                if task.applies(sample, setting.condition):
                    yield Dialogue(task, sample, setting)
