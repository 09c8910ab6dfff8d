"""How much a score changed when not everything could be scored both times.

A refused answer has no toxicity. Comparing the mean of what was scored before with the mean of what
was scored after compares different samples: if the condition makes the model refuse the worst
questions, the mean falls although no answer became better. Three numbers stand beside each other
here: the change over what was scored both times, the smallest and largest change that the scores
left out could make of it, and the difference of the two means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    is_zero_one,
    require_same_length,
)
from medtrust.metrics.paired import PairedDifference, paired_difference

# With fewer, all changed the same way, the t interval held in 87 to 93 % of made tables, not 95.
MIN_CHANGED_CLUSTERS = 20


@dataclass(frozen=True, slots=True)
class BoundedGap:
    """A change of scores, some of which are missing.

    Attributes:
        paired: Mean of after - before over the samples scored both times. It is the change of all
            samples only if what was left out changed alike; it can lie outside the bounds.
        low: Smallest change of the mean over all samples that any scores in place of the missing
            ones could make; None when there are no samples.
        high: Largest such change; None together with ``low``.
        unpaired: Mean over what was scored after, minus mean over what was scored before; None
            when nothing was scored on a side.
        n_both: Number of samples scored both times.
        n_only_before: Scored before, not after.
        n_only_after: Scored after, not before.
        n_neither: Scored neither time.
    """

    paired: PairedDifference
    low: float | None
    high: float | None
    unpaired: float | None
    n_both: int
    n_only_before: int
    n_only_after: int
    n_neither: int


def bounded_gap(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    highest: float = 1.0,
    lowest: float = 0.0,
    clusters: IntArray | None = None,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 10_000,
) -> BoundedGap:
    """Change of a score between two conditions, paired, with worst-case bounds.

    Args:
        before: Scores in [lowest, highest], NaN where not scored, shape (n,).
        after: Those of the same samples under the other condition, shape (n,).
        highest: Largest score there can be.
        lowest: Smallest score there can be.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        rng: Source of the sign flips of the paired test.
        level: Nominal coverage of the paired interval, in (0, 1).
        draws: Number of sign flips, >= 1.

    Returns:
        Bounds and differences in [lowest - highest, highest - lowest]. When nothing is missing
        the two bounds, the paired and the unpaired difference are one number. The bounds say what
        the missing scores could do to these samples; they hold no sampling error. When the scores
        of fewer than 20 clusters changed, the paired interval says in its note that it is likely
        too narrow.

    Raises:
        ShapeError: If arrays differ in length, or a score lies outside its limits.

    Source: Manski 1990, American Economic Review 80(2), pages 319-323 (bounds without assumptions
        on what is missing).
    """
    if not lowest < highest:
        raise ShapeError(f"lowest must be below highest, not {lowest} and {highest}.")
    old = _as_scores(before, "before", lowest, highest)
    new = _as_scores(after, "after", lowest, highest)
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(before=old, after=new, clusters=codes)
    had, has = ~np.isnan(old), ~np.isnan(new)
    both = had & has
    own = None if codes is None else codes[both]
    paired = paired_difference(
        old[both], new[both], clusters=own, rng=rng, level=level, draws=draws
    )
    return BoundedGap(
        _warned(_within(paired, highest - lowest), old[both], new[both], own),
        low=_change(old, new, highest, lowest) if n else None,
        high=_change(old, new, lowest, highest) if n else None,
        unpaired=float(new[has].mean() - old[had].mean()) if had.any() and has.any() else None,
        n_both=int(both.sum()),
        n_only_before=int((had & ~has).sum()),
        n_only_after=int((has & ~had).sum()),
        n_neither=int((~had & ~has).sum()),
    )


def _within(paired: PairedDifference, largest: float) -> PairedDifference:
    """The same, its interval cut to the changes that there can be."""
    interval = paired.interval
    if interval.low is None or interval.high is None:
        return paired
    low, high = max(interval.low, -largest), min(interval.high, largest)
    return replace(paired, interval=replace(interval, low=low, high=high))


def _warned(
    paired: PairedDifference, before: FloatArray, after: FloatArray, clusters: IntArray | None
) -> PairedDifference:
    """The same with a note, if it is a t interval that rests on few changes."""
    if paired.interval.low is None or (is_zero_one(before) and is_zero_one(after)):
        return paired
    own = np.arange(before.shape[0]) if clusters is None else clusters
    changed = int(np.unique(own[before != after]).shape[0])
    if changed >= MIN_CHANGED_CLUSTERS:
        return paired
    note = f"scores of only {changed} clusters changed: the interval is likely too narrow"
    return replace(paired, interval=replace(paired.interval, note=note))


def _as_scores(values: npt.ArrayLike, name: str, lowest: float, highest: float) -> FloatArray:
    """Check and convert scores of which some are NaN."""
    try:
        scores = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} must be numbers, NaN where there is no score.") from error
    if scores.ndim != 1:
        raise ShapeError(f"{name} must have one dimension, not {scores.ndim}.")
    if ((scores < lowest) | (scores > highest)).any():
        raise ShapeError(f"{name} holds a score outside {lowest} to {highest}.")
    return scores


def _change(
    before: FloatArray, after: FloatArray, missing_before: float, missing_after: float
) -> float:
    """Mean change over all samples when the missing scores are those given."""
    old = np.where(np.isnan(before), missing_before, before)
    new = np.where(np.isnan(after), missing_after, after)
    return float((new - old).mean())
