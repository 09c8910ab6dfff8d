"""Shares of answers, by data set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.metrics.score_table import Slice, slices
from medtrust.suites.answering_metrics import cut

PER_IMAGE: Final = {
    "corrected": "n counts images",
    "official": "n counts rows, as released: several share an image and its answer",
}
"""By reading: what n counts where one answer serves all questions about an image."""


def parts(scores: pl.DataFrame) -> Iterator[tuple[Slice, Slice | None]]:
    """Every data set under every condition, in both readings, beside its clean arm.

    Data that name no data set are one part. The clean arm is None in that arm itself and where
    there is none.
    """
    clean: dict[tuple[str, str], Slice] = {}
    for everything in sorted(slices(scores), key=lambda part: part.condition != CLEAN):
        for part in cut(everything, ("dataset",), whole=False):
            key = (part.reading, part.label)
            if part.condition == CLEAN:
                clean[key] = part
                yield part, None
            else:
                yield part, clean.get(key)
