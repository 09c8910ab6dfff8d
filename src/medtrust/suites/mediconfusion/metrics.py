"""What is said about MediConfusion: pairs in every part, categories as released, thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.metrics.pairs import confusion, set_accuracy
from medtrust.metrics.score_table import Slice, slices
from medtrust.suites.mediconfusion.marks import OFFICIAL
from medtrust.suites.mediconfusion.released_scores import released_estimates
from medtrust.suites.pair_metrics import pair_metrics
from medtrust.suites.pair_table import pairs_of

THRESHOLDS: Final = (1, 2, 3, 4, 5)
PROTOCOL: Final = "protocol: single-image"
"""Each image in a conversation of its own; who sees both at once is measured otherwise."""

OWN_JUDGE: Final = "judge not known to be the released one"

_PAIRS: Final = pair_metrics(
    by=("similarity", "similarity_general", "split"), multi=("categories", "patterns")
)


def choice_metrics(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Pairs over all and by part, in both readings; categories as the release accounts for them."""
    for estimate in _PAIRS(scores):
        by_category = estimate.group.startswith("category=")
        if estimate.metric == "set_accuracy" and not estimate.group:
            note = "; ".join(filter(None, (estimate.note, PROTOCOL)))
            yield replace(estimate, note=note)
        elif estimate.reading != OFFICIAL or not by_category:
            yield estimate
    for part in slices(scores):
        if part.reading == OFFICIAL and part.condition == CLEAN:
            yield from released_estimates(part, total=False)


def free_form_metrics(scores: pl.DataFrame) -> Iterator[Estimate]:
    """The same, and set accuracy and confusion at other thresholds of the judge's closeness.

    The released verdicts are those of a hosted model that cannot be asked again.
    """
    for estimate in choice_metrics(scores):
        against = (estimate.comparable.removeprefix("no: "), OWN_JUDGE)
        yield replace(estimate, comparable=f"no: {', '.join(filter(None, against))}")
    if "closeness" not in scores.columns:
        return
    for part in slices(scores):
        if part.reading != OFFICIAL and part.condition == CLEAN:
            for threshold in THRESHOLDS:
                yield from _at(part, threshold)


def _at(part: Slice, threshold: int) -> Iterator[Estimate]:
    difference, gold = pl.col("closeness"), pl.col("gold")
    place = pl.when(difference >= threshold).then(0.0).when(-difference >= threshold).then(1.0)
    predicted = pl.when(_refused()).then(None).otherwise(place)
    frame = part.frame.with_columns(predicted=predicted).with_columns(
        correct=pl.when(difference.is_null())
        .then(None)
        .otherwise((pl.col("predicted") == gold).fill_null(value=False).cast(pl.Float64))
    )
    pairs = pairs_of(frame)
    label = f"threshold={threshold}"
    yield part.estimate(
        "set_accuracy",
        set_accuracy(pairs.correct, clusters=pairs.clusters),
        measure="closeness",
        direction="higher",
        label=label,
    )
    yield part.estimate(
        "confusion",
        confusion(pairs.answers, clusters=pairs.clusters),
        measure="closeness",
        direction="lower",
        label=label,
        note="of the pairs with two valid answers",
    )


def _refused() -> pl.Expr:
    """Rows whose answer was refused: they choose nothing at any threshold."""
    return pl.col("closeness:status").cast(pl.String) == "refused"
