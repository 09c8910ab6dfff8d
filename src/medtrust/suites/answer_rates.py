"""How many answers of a part are right, how well a judge thinks of them, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.records import Estimate, missing
from medtrust.metrics.intervals import mean, rate
from medtrust.metrics.paired import paired_difference
from medtrust.metrics.score_table import Direction, Slice, clusters_of, floats, paired

SEED: Final = 20_240_606
"""Of permutations and bootstraps, fixed so that the same scores give the same report."""

DRAWS: Final = 2_000
FEW: Final = 30
"""Groups with fewer samples are shown, but nothing is said about them."""

ENDS: Final = {
    "correct": ("wrong", "right"),
    "abstained": ("answered", "abstained"),
    "over_refused": ("answered", "abstained"),
}
"""What 0 and 1 of a measure are called; those of others are no and yes."""

NO_RECORD: Final = missing("no-record")
"""Nothing is on record that an answer could be compared with."""


def accuracy(part: Slice, *, minimum_n: int = FEW) -> Iterator[Estimate]:
    """Share of right answers; refused and unparsed ones are not right.

    Beside it stands, where requests failed, what it would be had they all been answered. With
    fewer answers than ``minimum_n`` it is said that they are too few.
    """
    yield from share(part, "accuracy", "correct", "higher", minimum_n=minimum_n)


def share(
    part: Slice,
    metric: str,
    measure: str,
    direction: Direction,
    *,
    note: str = "",
    minimum_n: int = FEW,
) -> Iterator[Estimate]:
    """Share of ones among a measure's scores, and what it would be had all that failed been 0 or 1.

    Nothing where no sample has the measure.
    """
    if not part.has(measure):
        return
    scored = part.scored(measure)
    interval = rate(floats(scored, measure), clusters=clusters_of(scored))
    few = "too few to say" if 0 < interval.n < minimum_n else ""
    said = "; ".join(text for text in (few, note) if text)
    yield part.estimate(metric, interval, measure=measure, direction=direction, note=said)
    if interval.n:
        ends = ENDS.get(measure, ("no", "yes"))
        yield from bounds(part, metric, measure, direction=direction, ends=ends)


def bounds(
    part: Slice,
    metric: str,
    measure: str,
    *,
    direction: Direction = "higher",
    ends: tuple[str, str] = ("wrong", "right"),
) -> Iterator[Estimate]:
    """A rate had all that failed been 0, and had it been 1; nothing where no request failed.

    Args:
        part: With the measure; samples without a usable gold or record never count.
        metric: Name of the rate, e.g. ``accuracy`` for ``accuracy_if_failed_wrong``.
        measure: Zeros and ones.
        direction: Which way is better.
        ends: What 0 and 1 are called in the names.
    """
    status = pl.col(f"{measure}:status").cast(pl.String)
    in_vain = status.str.starts_with("missing:gold-") | (status == NO_RECORD)
    failed = status.str.starts_with("missing:") & ~in_vain
    asked = part.frame.filter(pl.col(measure).is_not_null() | failed)
    values = asked.get_column(measure)
    if not values.null_count():
        return
    for how, value in zip(ends, (0.0, 1.0), strict=True):
        filled = values.fill_null(value).to_numpy()
        yield part.estimate(
            f"{metric}_if_failed_{how}",
            rate(filled, clusters=clusters_of(asked)),
            measure=measure,
            direction=direction,
        )


def judge_score(part: Slice, *, minimum_n: int = 0) -> Iterator[Estimate]:
    """Mean score that the judge gave; with fewer than ``minimum_n`` it is said to be too few."""
    scored = part.scored("judge_score")
    scores = floats(scored, "judge_score")
    # the official reading keeps what the judge said, also beyond its scale
    within = bool(((scores >= 0) & (scores <= 1)).all())
    interval = mean(scores, clusters=clusters_of(scored), bounds=(0.0, 1.0) if within else None)
    said = ["too few to say"] if 0 < interval.n < minimum_n else []
    if not within:
        said.append("scores beyond the scale are kept")
    yield part.estimate(
        "judge_score", interval, measure="judge_score", direction="higher", note="; ".join(said)
    )


def change(
    clean: Slice | None, part: Slice, metric: str, measure: str, direction: Direction = "none"
) -> Iterator[Estimate]:
    """Mean of after minus before over samples scored in both arms, paired.

    Nothing where there is no clean arm, or an arm in which no sample has the measure.
    """
    if clean is None or not (clean.has(measure) and part.has(measure)):
        return
    both = paired(clean, part, measure)
    found = paired_difference(
        floats(both, "before"),
        floats(both, "after"),
        rng=np.random.default_rng(SEED),
        clusters=clusters_of(both),
        draws=DRAWS,
    )
    yield part.estimate(
        metric, found.interval, measure=measure, direction=direction,
        note=found.p_method, p_value=found.p_value,
    )  # fmt: skip
