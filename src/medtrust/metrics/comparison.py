"""The signed difference between the rates of two groups of samples."""

from __future__ import annotations

import math

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.intervals import NO_SAMPLES, Interval
from medtrust.metrics.sides import ONE_CLUSTER_ON_A_SIDE, Sides, two_sides


def difference(
    first: BoolArray | FloatArray,
    second: BoolArray | FloatArray,
    *,
    clusters_first: IntArray | None = None,
    clusters_second: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Rate of the first group minus rate of the second, with a hybrid score interval.

    Each side gets its own Wilson interval on its effective number of samples; the distances from
    the rates to their ends are combined as the two halves of a difference are. A cluster (one
    patient) may have samples on both sides: then the two rates move together, and their
    correlation, estimated from the cluster sums, enters the combination. It is shrunk a little,
    so that no two sides cancel out completely.

    Args:
        first: Booleans, or zeros and ones, shape (n1,).
        second: The same for the other group, shape (n2,).
        clusters_first: Cluster codes of the first group, shape (n1,); one code means the same
            cluster on both sides.
        clusters_second: Cluster codes of the second group, shape (n2,). Give both or neither.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [-1, 1]. Value None when a side is empty; ends None when a side has only
        one cluster.

    Raises:
        ShapeError: If lengths differ, values are not 0 or 1, or only one side has clusters.

    Source: Newcombe 1998, Statistics in Medicine 17, pages 873-890, method 10; with correlated
        sides Zou and Donner 2008, Statistics in Medicine 27, pages 1693-1702.
    """
    sides = two_sides(
        first, second, clusters_first=clusters_first, clusters_second=clusters_second, level=level
    )
    return _combine(sides)


def _combine(sides: Sides) -> Interval:
    """Interval of a difference from the two intervals and the correlation of their values."""
    first, second, correlation = sides.first, sides.second, sides.correlation
    level, n, n_clusters = first.level, sides.n, sides.n_clusters
    method = "newcombe-effective-n" if sides.clustered else "newcombe"
    if first.value is None or second.value is None:
        return Interval(None, None, None, level, method, n, n_clusters, NO_SAMPLES)
    value = first.value - second.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Interval(value, None, None, level, method, n, n_clusters, ONE_CLUSTER_ON_A_SIDE)
    below = _half(first.value - first.low, second.high - second.value, correlation)
    above = _half(first.high - first.value, second.value - second.low, correlation)
    return Interval(
        value, max(value - below, -1.0), min(value + above, 1.0), level, method, n, n_clusters
    )


def _half(one: float, two: float, correlation: float) -> float:
    """Length of the third side of a triangle with the given cosine; 0 only if both sides are."""
    return math.sqrt(max(one * one + two * two - 2.0 * correlation * one * two, 0.0))
