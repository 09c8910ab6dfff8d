"""Shares of answers, by data set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.metrics.intervals import rate
from medtrust.metrics.score_table import Direction, Slice, clusters_of, floats, slices
from medtrust.suites.answer_rates import FEW, bounds
from medtrust.suites.answering_metrics import cut

_ENDS: Final = {"correct": ("wrong", "right"), "abstained": ("answered", "abstained")}
"""What 0 and 1 of a measure are called; those of others are no and yes."""


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


def share(
    part: Slice, metric: str, measure: str, direction: Direction, *, note: str = ""
) -> Iterator[Estimate]:
    """Share of ones among a measure's scores, and what it would be had all that failed been 0 or 1.

    Nothing where no sample has the measure.
    """
    if not part.has(measure):
        return
    scored = part.scored(measure)
    interval = rate(floats(scored, measure), clusters=clusters_of(scored))
    few = "too few to say" if 0 < interval.n < FEW else ""
    said = "; ".join(text for text in (few, note) if text)
    yield part.estimate(metric, interval, measure=measure, direction=direction, note=said)
    if interval.n:
        ends = _ENDS.get(measure, ("no", "yes"))
        yield from bounds(part, metric, measure, direction=direction, ends=ends)
