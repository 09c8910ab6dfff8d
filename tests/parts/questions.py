"""Questions of every form, conversations about them, and score tables made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from medtrust.core.conditions import parse_condition
from medtrust.core.records import (
    OK,
    Access,
    Answer,
    Estimate,
    Failure,
    ImageRef,
    Kind,
    Mark,
    Sample,
    missing,
)
from medtrust.core.task import Ask, MeasureKey, Metric, Setting, SingleConversation, Task
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.tables import REQUESTS, SCORES
from medtrust.measure import measure
from medtrust.suites import answering

SIDES = ("left half", "right half", "nowhere")


def yes_no(number: int | str = 0, answer: bool | None = True, **more: Any) -> Sample:
    return Sample(
        id=f"mine:{number}",
        question="Is there a spot?",
        kind=Kind.YES_NO,
        images=(ImageRef(f"sha256:{number}"),),
        answer=answer,
        access=Access.PUBLIC,
        **more,
    )


def choice(
    number: int | str = 0,
    answer: int | None = 0,
    options: tuple[str, ...] = SIDES,
    **more: Any,
) -> Sample:
    return Sample(
        id=f"mine:{number}",
        question="Where is the spot?",
        kind=Kind.CHOICE,
        images=(ImageRef(f"sha256:{number}"),),
        options=options,
        answer=answer,
        access=Access.PUBLIC,
        **more,
    )


def open_ended(number: int | str = 0, answer: str | None = "A round spot.", **more: Any) -> Sample:
    return Sample(
        id=f"mine:{number}",
        question="What is seen?",
        kind=Kind.OPEN,
        images=(ImageRef(f"sha256:{number}"),),
        answer=answer,
        access=Access.PUBLIC,
        **more,
    )


def setting(condition: str = "", **more: Any) -> Setting:
    return Setting(condition=condition, parameters=parse_condition(condition), **more)


def held(
    task: Task, sample: Sample, *results: str | Answer | Failure, under: Setting | None = None
) -> Dialogue:
    """A conversation to which the model, and then the judge, answered this."""
    dialogue = Dialogue(task, sample, under or setting())
    for result in results:
        dialogue.proceed([Answer(result) if isinstance(result, str) else result])
    return dialogue


def marks_of(dialogue: Dialogue, reading: str = "corrected") -> dict[str, Mark]:
    """Marks by measure in one reading."""
    assert dialogue.marks is not None
    return {mark.measure: mark for mark in dialogue.marks if mark.reading == reading}


def first_ask(task: Task, sample: Sample, under: Setting | None = None) -> Ask:
    """What the model is asked first."""
    return Dialogue(task, sample, under or setting()).asks[0]


def scored(
    sample: Sample,
    predicted: float | None,
    status: str = OK,
    *,
    condition: str = "",
    reading: str = "corrected",
    task: str = "mine/task",
    version: int = 1,
) -> list[tuple[object, ...]]:
    """Score rows of one closed answer; a ``missing:`` status leaves all values empty."""
    gold = None if sample.answer is None else float(sample.answer)
    values: dict[str, float | None] = {
        "correct": float(predicted is not None and predicted == gold),
        "predicted": predicted,
        "gold": gold,
    }
    statuses = {"correct": status, "predicted": status, "gold": OK}
    if status.startswith("missing:"):
        values, statuses = dict.fromkeys(values), dict.fromkeys(statuses, status)
    return [
        (task, version, sample.id, condition, reading, name, value, statuses[name], "")
        for name, value in values.items()
    ]


def judged(
    sample: Sample, score: float | None, status: str = OK, *, reading: str = "corrected"
) -> list[tuple[object, ...]]:
    """The score row of one open answer."""
    return [("mine/task", 1, sample.id, "", reading, "judge_score", score, status, "judge")]


def unanswered(sample: Sample, reason: str = "timeout", **more: Any) -> list[tuple[object, ...]]:
    return scored(sample, None, missing(reason), **more)


def score_frame(rows: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCORES, orient="row")


def closed_measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    return [MeasureKey(name) for name in answering.CLOSED]


def silent(_sample: Sample, _setting: Setting) -> SingleConversation:
    """Asks nothing: for tasks that only measure."""
    yield from ()
    return []


def measuring(*metrics: Metric, **more: Any) -> Task:
    """A task that is there for its metrics."""
    return Task(
        name="mine/task",
        version=1,
        data="mine",
        converse=silent,
        measures=closed_measures,
        metrics=metrics,
        **more,
    )


def estimates_of(
    metric: Metric, samples: Sequence[Sample], rows: Iterable[Sequence[tuple[object, ...]]]
) -> list[Estimate]:
    """What a metric says about a score table, by way of the real join with the samples."""
    frame = score_frame(row for several in rows for row in several)
    return list(measure([measuring(metric)], frame, pl.DataFrame(schema=REQUESTS), samples))


def named(
    found: Iterable[Estimate],
    metric: str,
    group: str = "",
    condition: str = "",
    reading: str = "corrected",
) -> Estimate:
    """The one estimate with this name and place."""
    chosen = [
        row
        for row in found
        if (row.metric, row.group, row.condition, row.reading)
        == (metric, group, condition, reading)
    ]
    assert len(chosen) == 1, f"{len(chosen)} estimates {metric} {group} {condition} {reading}"
    return chosen[0]


def groups(found: Iterable[Estimate], metric: str) -> set[str]:
    return {row.group for row in found if row.metric == metric}


def counted(estimate: Estimate) -> Mapping[str, int]:
    return dict(estimate.counts)
