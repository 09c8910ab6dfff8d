"""What a run will not ask, in sentences for people: for want of a judge, a task or a question.

Each takes the tasks, the names of the data that each of them reads, and all samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Kind, Sample
from medtrust.core.task import Task


def unjudged(
    tasks: Sequence[Task], read: Mapping[str, Sequence[str]], samples: Sequence[Sample]
) -> Iterator[str]:
    """Questions that nobody can mark: the open ones, or all of a task that always needs a judge."""
    skipped: dict[tuple[int, str], list[str]] = {}
    for task in tasks:
        if not task.needs_judge:
            continue
        own = [
            sample
            for sample in samples
            if data_of(sample) in read[task.name] and task.applies(sample, CLEAN)
        ]
        count = sum(sample.kind is Kind.OPEN for sample in own)
        which = (count, "open questions")
        if task.needs_judge == "always":
            which = (len(own), "questions")
        if which[0]:
            skipped.setdefault(which, []).append(task.name)
    for (count, what), of in skipped.items():
        yield f"Skipped {count} {what} of {', '.join(of)}: they need --judge."


def unasked(
    tasks: Sequence[Task], read: Mapping[str, Sequence[str]], samples: Sequence[Sample]
) -> Iterator[str]:
    """Samples that no task asks about."""
    by_data: dict[str, list[Task]] = {}
    for task in tasks:
        for name in read[task.name]:
            by_data.setdefault(name, []).append(task)
    count = sum(
        not any(
            task.applies(sample, condition)
            for task in by_data[data_of(sample)]
            for condition in task.conditions
        )
        for sample in samples
    )
    if count:
        yield f"Skipped {count} samples: none of the tasks asks about them."


def silent(
    tasks: Sequence[Task], read: Mapping[str, Sequence[str]], samples: Sequence[Sample]
) -> Iterator[str]:
    """Tasks with nothing to ask of what was loaded: a limit may have left their questions out."""
    by_data: dict[str, list[Sample]] = {}
    for sample in samples:
        by_data.setdefault(data_of(sample), []).append(sample)
    for task in tasks:
        own = [sample for name in read[task.name] for sample in by_data.get(name, [])]
        if not any(task.applies(sample, name) for sample in own for name in task.conditions):
            yield f"{task.name} has no question among the {len(own)} that were loaded."


def data_of(sample: Sample) -> str:
    """The data set a sample came from: the first word of its id."""
    return re.split("[/:]", sample.id, maxsplit=1)[0]
