"""The signed difference between the rates of two groups of samples."""

from __future__ import annotations

import math

import numpy as np

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.clusters import cluster_sums, dense_codes
from medtrust.metrics.intervals import NO_SAMPLES, Interval, rate


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
    require_level(level)
    one, two = as_zero_one(first, "first"), as_zero_one(second, "second")
    if (clusters_first is None) != (clusters_second is None):
        raise ShapeError("Give the clusters of both groups, or of neither.")
    codes_one = None if clusters_first is None else as_codes(clusters_first, "clusters_first")
    codes_two = None if clusters_second is None else as_codes(clusters_second, "clusters_second")
    require_same_length(first=one, clusters_first=codes_one)
    require_same_length(second=two, clusters_second=codes_two)

    sides = rate(one, clusters=codes_one, level=level), rate(two, clusters=codes_two, level=level)
    shared, n_clusters, correlation = 0, sides[0].n_clusters + sides[1].n_clusters, 0.0
    if codes_one is not None and codes_two is not None:
        shared = int(np.intersect1d(codes_one, codes_two).shape[0])
        n_clusters -= shared
    if shared and codes_one is not None and codes_two is not None:
        correlation = _correlation(one, codes_one, two, codes_two)
    return _combine(sides[0], sides[1], correlation=correlation, n_clusters=n_clusters)


def _correlation(
    first: FloatArray, clusters_first: IntArray, second: FloatArray, clusters_second: IntArray
) -> float:
    """Correlation of two rates that share clusters, from their linearised cluster sums."""
    codes, k = dense_codes(np.concatenate([clusters_first, clusters_second]))
    n_first = first.shape[0]
    one = cluster_sums(first - first.mean(), codes[:n_first], k)
    two = cluster_sums(second - second.mean(), codes[n_first:], k)
    size = math.sqrt(float(np.square(one).sum()) * float(np.square(two).sum()))
    if size <= 0.0:
        return 0.0
    both = int(np.intersect1d(clusters_first, clusters_second).shape[0])
    return float(np.dot(one, two)) / size * both / (both + 2.0)


def _combine(first: Interval, second: Interval, *, correlation: float, n_clusters: int) -> Interval:
    """Interval of a difference from the two intervals and the correlation of their values."""
    level, n = first.level, first.n + second.n
    method = "newcombe" if first.method == "wilson" else "newcombe-effective-n"
    if first.value is None or second.value is None:
        return Interval(None, None, None, level, method, n, n_clusters, NO_SAMPLES)
    value = first.value - second.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        note = "one cluster on a side: no interval"
        return Interval(value, None, None, level, method, n, n_clusters, note)
    below = _half(first.value - first.low, second.high - second.value, correlation)
    above = _half(first.high - first.value, second.value - second.low, correlation)
    return Interval(
        value, max(value - below, -1.0), min(value + above, 1.0), level, method, n, n_clusters
    )


def _half(one: float, two: float, correlation: float) -> float:
    """Length of the third side of a triangle with the given cosine; 0 only if both sides are."""
    return math.sqrt(max(one * one + two * two - 2.0 * correlation * one * two, 0.0))
