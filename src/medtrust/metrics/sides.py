"""The rates of two groups of samples, and how far they move together."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
from medtrust.metrics.intervals import Interval, rate

ONE_CLUSTER_ON_A_SIDE = "one cluster on a side: no interval"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two rates that may share clusters.

    Attributes:
        first: Rate of the first group with its own Wilson interval.
        second: The same of the second group.
        correlation: Of the two rates, in (-1, 1); 0 when they share no cluster.
        n_clusters: Number of distinct clusters on both sides together.
    """

    first: Interval
    second: Interval
    correlation: float
    n_clusters: int

    @property
    def n(self) -> int:
        """Number of samples on both sides together."""
        return self.first.n + self.second.n

    @property
    def clustered(self) -> bool:
        """Whether clusters were given."""
        return self.first.method != "wilson"


def two_sides(
    first: BoolArray | FloatArray,
    second: BoolArray | FloatArray,
    *,
    clusters_first: IntArray | None,
    clusters_second: IntArray | None,
    level: float,
) -> Sides:
    """Both rates on their effective numbers of samples, and the correlation of the two.

    A cluster (one patient) may have samples on both sides: then the two rates move together. The
    correlation is estimated from the cluster sums and shrunk a little, so that no two sides
    cancel out completely.

    Args:
        first: Booleans, or zeros and ones, shape (n1,).
        second: The same for the other group, shape (n2,).
        clusters_first: Cluster codes of the first group, shape (n1,); one code means the same
            cluster on both sides.
        clusters_second: Cluster codes of the second group, shape (n2,). Give both or neither.
        level: Nominal coverage, in (0, 1).

    Returns:
        The sides.

    Raises:
        ShapeError: If lengths differ, values are not 0 or 1, or only one side has clusters.
    """
    require_level(level)
    one, two = as_zero_one(first, "first"), as_zero_one(second, "second")
    if (clusters_first is None) != (clusters_second is None):
        raise ShapeError("Give the clusters of both groups, or of neither.")
    codes_one = None if clusters_first is None else as_codes(clusters_first, "clusters_first")
    codes_two = None if clusters_second is None else as_codes(clusters_second, "clusters_second")
    require_same_length(first=one, clusters_first=codes_one)
    require_same_length(second=two, clusters_second=codes_two)

    rates = rate(one, clusters=codes_one, level=level), rate(two, clusters=codes_two, level=level)
    n_clusters, correlation = rates[0].n_clusters + rates[1].n_clusters, 0.0
    if codes_one is not None and codes_two is not None:
        shared = int(np.intersect1d(codes_one, codes_two).shape[0])
        n_clusters -= shared
        if shared:
            correlation = _correlation(one, codes_one, two, codes_two, shared)
    return Sides(rates[0], rates[1], correlation, n_clusters)


def _correlation(
    first: FloatArray,
    clusters_first: IntArray,
    second: FloatArray,
    clusters_second: IntArray,
    shared: int,
) -> float:
    """Correlation of two rates that share clusters, from their linearised cluster sums."""
    codes, k = dense_codes(np.concatenate([clusters_first, clusters_second]))
    n_first = first.shape[0]
    one = cluster_sums(first - first.mean(), codes[:n_first], k)
    two = cluster_sums(second - second.mean(), codes[n_first:], k)
    size = math.sqrt(float(np.square(one).sum()) * float(np.square(two).sum()))
    if size <= 0.0:
        return 0.0
    return float(np.dot(one, two)) / size * shared / (shared + 2.0)
