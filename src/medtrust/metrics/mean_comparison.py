"""The difference and the ratio between the mean scores of two groups of samples."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import FloatArray, IntArray, as_codes, as_values, require_same_length
from medtrust.metrics.intervals import NO_SAMPLES, Interval, mean

NOT_POSITIVE = "a mean is not above 0: no ratio"


def mean_difference(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    clusters_first: IntArray,
    clusters_second: IntArray,
    level: float = 0.95,
) -> Interval:
    """Mean of the first group minus mean of the second, with a cluster-robust t interval.

    Each sample's influence on the difference is found, and the interval is that of the mean of
    all influences; so a cluster with samples on both sides moves both.

    Args:
        first: Finite numbers, shape (n1,).
        second: The same for the other group, shape (n2,).
        clusters_first: Cluster codes of the first group, shape (n1,); one code means the same
            cluster on both sides.
        clusters_second: Cluster codes of the second group, shape (n2,).
        level: Nominal coverage, in (0, 1).

    Returns:
        Value None when a side is empty. Ends None with one cluster, or when neither side varies.

    Raises:
        ShapeError: If lengths differ or a value is not finite.

    Source: linearisation of a function of means, e.g. Binder 1983, International Statistical
        Review 51(3), pages 279-292; variance and degrees of freedom as in
        `medtrust.metrics.intervals.mean`.
    """
    one, two, codes = _sides(first, second, clusters_first, clusters_second)
    if not one.size or not two.size:
        return _empty(codes, level)
    value = float(one.mean() - two.mean())
    moved = [one - one.mean(), -(two - two.mean())]
    return _linearised(value, moved, codes, level)


def mean_ratio(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    clusters_first: IntArray,
    clusters_second: IntArray,
    level: float = 0.95,
) -> Interval:
    """Mean of the first group over mean of the second; the interval is made for its logarithm.

    Args and errors as in `mean_difference`.

    Returns:
        Value and ends > 0. Value None when a side is empty or a mean is not above 0.

    Source: as `mean_difference`, on the logarithm.
    """
    one, two, codes = _sides(first, second, clusters_first, clusters_second)
    if not one.size or not two.size:
        return _empty(codes, level)
    above, below = float(one.mean()), float(two.mean())
    if above <= 0.0 or below <= 0.0:
        n_clusters = int(np.unique(codes).shape[0])
        return Interval(None, None, None, level, "log-t", codes.size, n_clusters, NOT_POSITIVE)
    moved = [one / above - 1.0, 1.0 - two / below]
    found = _linearised(math.log(above / below), moved, codes, level)
    ends = [None if end is None else math.exp(end) for end in (found.low, found.high)]
    method = f"log-{found.method}"
    return replace(found, value=above / below, low=ends[0], high=ends[1], method=method)


def _sides(
    first: npt.ArrayLike, second: npt.ArrayLike, clusters_first: IntArray, clusters_second: IntArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    one, two = as_values(first, "first"), as_values(second, "second")
    codes_one = as_codes(clusters_first, "clusters_first")
    codes_two = as_codes(clusters_second, "clusters_second")
    require_same_length(first=one, clusters_first=codes_one)
    require_same_length(second=two, clusters_second=codes_two)
    return one, two, np.concatenate([codes_one, codes_two])


def _empty(codes: IntArray, level: float) -> Interval:
    n_clusters = int(np.unique(codes).shape[0])
    return Interval(None, None, None, level, "t", int(codes.size), n_clusters, NO_SAMPLES)


def _linearised(value: float, moved: list[FloatArray], codes: IntArray, level: float) -> Interval:
    """Interval of the mean of every sample's influence, put around the value."""
    n = codes.size
    influence = np.concatenate([side * (n / side.size) for side in moved])
    found = mean(influence, clusters=codes, level=level)
    if found.low is None or found.high is None:
        return replace(found, value=value)
    return replace(found, value=value, low=value + found.low, high=value + found.high)
