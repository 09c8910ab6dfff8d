"""Average precision with an interval."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.bootstrap import MIN_CLUSTERS
from medtrust.metrics.clusters import cluster_sums, dense_codes
from medtrust.metrics.intervals import Interval, t_quantile
from medtrust.metrics.ranking import average_precision
from medtrust.metrics.ranking_intervals import MIN_OF_A_CLASS, TOO_FEW_CLUSTERS, TOO_FEW_OF_A_CLASS

NO_POSITIVES = "no positives: no precision"
ALL_FOUND_FIRST = "all positives come first: no interval"
METHOD = "influence-logit-t"
CLUSTERED = "cluster-robust-influence-logit-t"


def average_precision_interval(
    score: npt.ArrayLike,
    positive: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Average precision with a t interval on the logit scale.

    Args:
        score: High where an item is held to be positive, finite, shape (n,).
        positive: Booleans, or zeros and ones, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]; the base rate stands beside it. Value None without positives;
        ends None with fewer than 20 clusters, fewer than 5 that hold a positive, or when no
        variation is seen.

    Raises:
        ShapeError: If arrays differ in length, or hold NaN or other labels.

    Source: value see `medtrust.metrics.ranking.average_precision`; logit scale after Boyd, Eng and
        Page 2013, ECML PKDD; the variance from its influence values is our own derivation.
    """
    require_level(level)
    values, labels = as_values(score, "score"), as_zero_one(positive, "positive")
    units = np.arange(values.size) if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(score=values, positive=labels, clusters=units)
    codes, k = dense_codes(units)
    method = METHOD if clusters is None else CLUSTERED
    value = average_precision(values, labels)
    if value is None:
        return Interval(None, None, None, level, method, n, k, NO_POSITIVES)
    n_positive = np.unique(codes[labels == 1.0]).size
    note = TOO_FEW_CLUSTERS if k < MIN_CLUSTERS else ""
    note = note or (TOO_FEW_OF_A_CLASS if n_positive < MIN_OF_A_CLASS else "")
    variance = float(np.square(cluster_sums(precision_influence(values, labels), codes, k)).sum())
    if not note and (value >= 1.0 or variance <= 1e-20):
        note = ALL_FOUND_FIRST
    if note:
        return Interval(value, None, None, level, method, n, k, note)
    half = t_quantile(0.5 + level / 2.0, n_positive - 1.0)
    half *= math.sqrt(variance * k / (k - 1.0)) / (value * (1.0 - value))
    middle = math.log(value / (1.0 - value))
    ends = (1.0 / (1.0 + math.exp(-middle - side)) for side in (-half, half))
    low, high = ends
    return Interval(value, low, high, level, method, n, k)


def precision_influence(score: FloatArray, positive: FloatArray) -> FloatArray:
    """Derivative of the average precision by the weight of each item.

    With P the positives' weight, and at each distinct score the gain of positives g, the positives
    c and all items a that score at least as high: AP = sum of (g/P) c/a. A positive adds its own
    precision, and every item changes c and a at its own level and all below it.

    Args:
        score: High where an item is held to be positive, shape (n,).
        positive: Zeros and ones, at least one 1, shape (n,).

    Returns:
        Shape (n,), sums to 0.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), score.size - 1)
    found, passed = np.cumsum(positive[order])[ends], ends + 1.0
    gained = np.diff(found, prepend=0.0)
    total = float(found[-1])
    by_found = np.cumsum((gained / passed)[::-1])[::-1]
    by_passed = np.cumsum((gained * found / passed**2)[::-1])[::-1]
    value = float(np.sum(gained * found / passed)) / total
    level = np.empty(score.size, dtype=np.int64)
    level[order] = np.searchsorted(ends, np.arange(score.size))
    own = positive * ((found / passed)[level] - value)
    pull: FloatArray = (own + positive * by_found[level] - by_passed[level]) / total
    return pull
