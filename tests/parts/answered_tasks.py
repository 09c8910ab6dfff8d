"""Whole tasks answered by a model in this process, up to their estimates."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from medtrust.core.conditions import parse_condition
from medtrust.core.model import Model, ModelOptions
from medtrust.core.records import Answer, Estimate, Failure, Sample
from medtrust.core.registry import load
from medtrust.core.task import Setting, Task
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.tables import REQUESTS
from medtrust.measure import measure
from medtrust.metrics.intervals import normal_quantile
from medtrust.models.simulated import open_model
from parts.questions import held, score_frame


def simulated(kind: str = "planted", seed: int = 0, **parameters: object) -> Model:
    """A simulated responder."""
    typed = {name: str(value) for name, value in parameters.items()}
    return open_model(ModelOptions(kind, parameters=typed, seed=seed))


def held_dialogues(
    task: Task, samples: Iterable[Sample], model: Model, conditions: Sequence[str] | None = None
) -> Iterator[Dialogue]:
    """Every conversation of a task under all or some of its conditions, held to its end."""
    with asyncio.Runner() as runner:
        for sample in samples:
            for condition in task.conditions if conditions is None else conditions:
                if not task.applies(sample, condition):
                    continue
                dialogue = Dialogue(task, sample, Setting(condition, parse_condition(condition)))
                while not dialogue.ended:
                    answers = runner.run(model.answer(dialogue.calls, task.signals))
                    dialogue.proceed(list(answers))
                yield dialogue


def estimates_by(
    model: Model,
    samples: Sequence[Sample],
    name: str,
    conditions: Sequence[str] | None = None,
) -> list[Estimate]:
    """What a task says about a model."""
    task: Task = load("task", name)
    return _measured(task, samples, held_dialogues(task, samples, model, conditions))


def estimates_from(
    task: Task, samples: Sequence[Sample], answers: Sequence[str | Answer | Failure]
) -> list[Estimate]:
    """What a task says when each sample, as it is, got this answer."""
    pairs = zip(samples, answers, strict=True)
    return _measured(task, samples, [held(task, sample, answer) for sample, answer in pairs])


def _measured(
    task: Task, samples: Sequence[Sample], dialogues: Iterable[Dialogue]
) -> list[Estimate]:
    rows = [
        (task.name, task.version, dialogue.sample.id, dialogue.setting.condition,
         mark.reading, mark.measure, mark.value, mark.status, mark.judge)
        for dialogue in dialogues
        for mark in dialogue.marks or ()
    ]  # fmt: skip
    return list(measure([task], score_frame(rows), pl.DataFrame(schema=REQUESTS), samples))


def holds(estimate: Estimate, planted: float, level: float = 0.999) -> bool:
    """Whether the estimate's interval, widened to a level, holds what was planted."""
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    wider = normal_quantile(0.5 + level / 2) / normal_quantile(0.5 + estimate.level / 2)
    low = estimate.value - wider * (estimate.value - estimate.low)
    high = estimate.value + wider * (estimate.high - estimate.value)
    return low <= planted <= high
