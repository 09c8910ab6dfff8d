"""Questions of two pairs that are one and the same to whoever answers them.

Pairs share images, and two of the published ones (10114 and 10115) share the question about it,
too. Equal requests are asked once and have one answer; a file of answers may hold two different
ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from medtrust.core.conditions import parse_condition
from medtrust.core.records import Sample
from medtrust.suites.mediconfusion.arms import CONTROLS

OPEN: Final = "mediconfusion/free_form"
"""The task that does not show the options."""


def answered_differently(rows: Iterable[Mapping[str, Any]], samples: Iterable[Sample]) -> list[str]:
    """Samples whose answer is not that of an earlier row to an equal request.

    Args:
        rows: Replay rows of one task, condition and model.
        samples: All samples of the data set.
    """
    by_id = {sample.id: sample for sample in samples}
    first: dict[tuple[object, ...], dict[str, Any]] = {}
    found = []
    for row in rows:
        if row["role"] != "answer":
            continue
        sample = by_id[row["sample"]]
        said = {name: value for name, value in row.items() if name != "sample"}
        if first.setdefault(_asked(sample, row["task"], row["condition"]), said) != said:
            found.append(sample.id)
    return found


def _asked(sample: Sample, task: str, condition: str) -> tuple[object, ...]:
    """What makes two requests of one task and condition equal."""
    images: tuple[str, ...] = tuple(image.key for image in sample.images)
    arm = f"image={parse_condition(condition).get('image', '')}"
    if arm in CONTROLS:
        images = (sample.source.get("other_image", ""),) if arm.endswith("other") else ()
    return (images, sample.question, () if task == OPEN else sample.options)
