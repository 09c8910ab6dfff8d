"""Does uncertainty before a perturbation foresee which answers collapse under it?

Conditional: among the answers right before, did the uncertainty of those that turned wrong stand
above that of those that held? Unconditional: among all answers, did it stand above for those wrong
after? The second is inflated by answers wrong both times; the first is the honest one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import FloatArray, IntArray, as_zero_one, require_level
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.perturbation import NOTHING_WAS_RIGHT, Collapsing, right_before_only
from medtrust.metrics.precision_interval import average_precision_interval
from medtrust.metrics.ranking_intervals import METHOD, auroc_interval
from medtrust.metrics.selective import prediction_rejection_ratio
from medtrust.metrics.selective_intervals import selective_intervals

REJECTION = "prediction_rejection_ratio"
NOTHING_COLLAPSED = "nothing collapsed: nothing to foresee"
ALL_COLLAPSED = "everything collapsed: nothing held to compare with"
NO_RESAMPLING = "no generator given: no interval"


@dataclass(frozen=True, slots=True)
class Fragility:
    """How well uncertainty before foresees collapse.

    Attributes:
        base_rate: Share of the answers right before that collapsed.
        conditional: AUROC among the answers right before; positive = wrong after.
        unconditional: AUROC among all answers; positive = wrong after.
        average_precision: Conditional; to be read beside the base rate.
        prediction_rejection_ratio: Conditional; 1 = collapses all rejected first, 0 = by chance.
    """

    base_rate: Interval
    conditional: Interval
    unconditional: Interval
    average_precision: Interval
    prediction_rejection_ratio: Interval


def fragility(
    uncertainty_before: npt.ArrayLike,
    right_before: npt.ArrayLike,
    right_after: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> Fragility:
    """How well uncertainty before a perturbation foresees what collapses under it.

    Args:
        uncertainty_before: High = uncertain, finite, shape (n,).
        right_before: Booleans, or zeros and ones, shape (n,).
        right_after: Those of the same items under the perturbation, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.
        rng: Source of the resamples for the interval of the prediction rejection ratio; without
            it that one has no interval.
        level: Nominal coverage, in (0, 1).

    Returns:
        All but the base rate are None, with the reason, when nothing or everything collapsed.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.

    Source: arXiv 2606.16583 (question; its exact statistics were not available), AUROC and average
        precision see `medtrust.metrics.ranking`.
    """
    require_level(level)
    part = right_before_only(uncertainty_before, right_before, right_after, clusters=clusters)
    after = as_zero_one(right_after, "right_after")
    unconditional = auroc_interval(uncertainty_before, 1.0 - after, clusters=clusters, level=level)
    base_rate = rate(part.collapsed, clusters=part.clusters, level=level)
    reason = why_undefined(part.collapsed, NOTHING_COLLAPSED, ALL_COLLAPSED)
    if reason:
        if part.rows.size == 0:
            base_rate = replace(base_rate, note=reason)
        none = replace(base_rate, value=None, low=None, high=None, method=METHOD, note=reason)
        return Fragility(base_rate, none, unconditional, none, none)
    score, collapsed, codes = part.uncertainty, part.collapsed, part.clusters
    return Fragility(
        base_rate=base_rate,
        conditional=auroc_interval(score, collapsed, clusters=codes, level=level),
        unconditional=unconditional,
        average_precision=average_precision_interval(score, collapsed, clusters=codes, level=level),
        prediction_rejection_ratio=_rejection(part, rng, level),
    )


def why_undefined(positive: FloatArray, none: str, every: str) -> str:
    """Why there is no AUROC; empty when both classes are there."""
    if positive.size == 0:
        return NOTHING_WAS_RIGHT
    if not positive.any():
        return none
    return every if positive.all() else ""


def _rejection(part: Collapsing, rng: np.random.Generator | None, level: float) -> Interval:
    if rng is not None:
        return selective_intervals(
            part.uncertainty, part.collapsed, rng=rng, clusters=part.clusters, level=level
        )[REJECTION]
    value = prediction_rejection_ratio(part.uncertainty, 1.0 - part.collapsed)
    n = part.rows.size
    k = n if part.clusters is None else np.unique(part.clusters).size
    return Interval(value, None, None, level, "bca-cluster-bootstrap", n, k, NO_RESAMPLING)
