"""A rate and a mean, each with an interval that knows about clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.clusters import EffectiveSize, dense_codes, effective_size, mean_variance

NO_SAMPLES = "no samples"
ONE_CLUSTER = "one cluster: no interval"
NO_VARIATION = "all values are equal and have no known bounds: no interval"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the interval around it.

    Attributes:
        value: The estimate; None when it is undefined.
        low: Lower end; None when no honest interval exists, and then ``note`` says why.
        high: Upper end; None together with ``low``.
        level: Nominal coverage, in (0, 1).
        method: How the interval was made, a short kebab-case name.
        n: Number of samples behind the estimate.
        n_clusters: Number of independent clusters among them (n when they are independent).
        note: Why something is None, or what to mind.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    n: int
    n_clusters: int
    note: str = ""


def rate(
    successes: BoolArray | FloatArray,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Share of successes, with a Wilson score interval on the effective number of samples.

    Args:
        successes: Booleans, or zeros and ones, shape (n,).
        clusters: Codes of the clusters that the samples belong to, shape (n,); None when all
            samples are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1], never of zero width. Value None when n = 0; ends None when all
        samples belong to one cluster.

    Raises:
        ShapeError: If the arrays differ in length or hold anything but 0 and 1.

    Source: Wilson 1927, JASA 22(158), pages 209-212; effective size after Korn and Graubard 1998,
        Survey Methodology 24(2), see `medtrust.metrics.clusters.effective_size`. When every
        sample has the same outcome, correlation cannot be seen and the (Kish) number of clusters
        takes the place of n.
    """
    require_level(level)
    values = as_zero_one(successes, "successes")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(successes=values, clusters=codes)
    if n == 0:
        return Interval(None, None, None, level, "wilson", 0, 0, NO_SAMPLES)
    value = float(values.mean())
    size = sample_size(values, codes, level=level)
    method = "wilson" if codes is None else "wilson-effective-n"
    if size is None:
        return Interval(value, None, None, level, method, n, 1, ONE_CLUSTER)
    low, high = wilson(value, size.n, level=level)
    return Interval(value, low, high, level, method, n, size.n_clusters)


def sample_size(
    values: FloatArray, clusters: IntArray | None, *, level: float
) -> EffectiveSize | None:
    """Effective size of a sample; n itself when there are no clusters, None with only one."""
    if clusters is None:
        n = values.shape[0]
        return EffectiveSize(float(n), 1.0, n)
    return effective_size(values, clusters, level=level)


def wilson(share: float, n: float, *, level: float) -> tuple[float, float]:
    """Wilson score interval of a share seen among n samples, n > 0 and not always whole.

    Source: Wilson 1927, JASA 22(158), pages 209-212.
    """
    z = normal_quantile(0.5 + level / 2.0)
    middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n)
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def mean(
    values: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    bounds: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Interval:
    """Mean of scores of any range, with a cluster-robust t interval.

    Args:
        values: Finite numbers, shape (n,).
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        bounds: Smallest and largest value a score can take, if there are such. The interval is
            kept within them; and if all scores are equal it is the Wilson interval of a share of
            the range, on the number of clusters: no bounded score varies more than that.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value None when n = 0. Ends None with one cluster, or when all values are equal and no
        bounds are given.

    Raises:
        ShapeError: If arrays differ in length, or values lie outside the bounds.

    Source: see `medtrust.metrics.clusters.mean_variance`.
    """
    require_level(level)
    numbers = as_values(values, "values")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(values=numbers, clusters=codes)
    method = "t" if codes is None else "cluster-robust-t"
    if bounds is not None:
        _require_within(numbers, bounds)
    if n == 0:
        return Interval(None, None, None, level, method, 0, 0, NO_SAMPLES)
    value = float(numbers.mean())
    names, n_clusters = dense_codes(np.arange(n) if codes is None else codes)
    estimate = mean_variance(numbers, names)
    if estimate is None:
        return Interval(value, None, None, level, method, n, n_clusters, ONE_CLUSTER)
    if np.ptp(numbers) == 0.0:
        return _mean_without_variation(value, names, bounds, level)
    half = t_quantile(0.5 + level / 2.0, estimate.degrees_of_freedom) * math.sqrt(estimate.variance)
    low, high = value - half, value + half
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    note = "" if high > low else "clusters balance each other out exactly: no interval"
    if note:
        return Interval(value, None, None, level, method, n, n_clusters, note)
    return Interval(value, low, high, level, method, n, n_clusters)


def _require_within(values: FloatArray, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not low < high:
        raise ShapeError(f"bounds must be (low, high) with low < high, not {bounds}.")
    if values.size and (values.min() < low or values.max() > high):
        raise ShapeError(f"values lie outside the bounds {bounds}.")


def _mean_without_variation(
    value: float, clusters: IntArray, bounds: tuple[float, float] | None, level: float
) -> Interval:
    """Interval when all values are equal: only their bounds tell how wide it must be."""
    n = clusters.shape[0]
    size = effective_size(np.full(n, value), clusters, level=level)
    if bounds is None or size is None:
        n_clusters = int(np.unique(clusters).shape[0])
        return Interval(value, None, None, level, "t", n, n_clusters, NO_VARIATION)
    span = bounds[1] - bounds[0]
    low, high = wilson((value - bounds[0]) / span, size.n, level=level)
    ends = (min(bounds[0] + low * span, value), max(bounds[0] + high * span, value))
    return Interval(value, *ends, level, "wilson-of-range", n, size.n_clusters)


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Quantile of Student's t; degrees of freedom need not be whole."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, probability))
