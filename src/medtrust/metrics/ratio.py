"""The ratio between the rates of two groups of samples."""

from __future__ import annotations

import math

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.intervals import NO_SAMPLES, Interval
from medtrust.metrics.sides import ONE_CLUSTER_ON_A_SIDE, Sides, two_sides

SECOND_IS_ZERO = "the second rate is 0: no ratio"


def ratio(
    first: BoolArray | FloatArray,
    second: BoolArray | FloatArray,
    *,
    clusters_first: IntArray | None = None,
    clusters_second: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Rate of the first group over the rate of the second, with a hybrid score interval.

    Each side gets its own Wilson interval on its effective number of samples. The ends are the
    ratios at which the difference ``first - ratio * second``, its own ends recovered from those
    of the sides and from their correlation, just touches 0. So the ratio of two equal rates lies
    inside exactly when 0 lies inside the interval of their difference
    (`medtrust.metrics.comparison.difference`).

    Args:
        first: Booleans, or zeros and ones, shape (n1,).
        second: The same for the other group, shape (n2,).
        clusters_first: Cluster codes of the first group, shape (n1,); one code means the same
            cluster on both sides.
        clusters_second: Cluster codes of the second group, shape (n2,). Give both or neither.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends >= 0; without upper limit. Value None when a side is empty or the second
        rate is 0; ends None when a side has only one cluster.

    Raises:
        ShapeError: If lengths differ, values are not 0 or 1, or only one side has clusters.

    Source: Donner and Zou 2012, Statistical Methods in Medical Research 21(4), pages 347-359
        (variance estimates recovered for a ratio); correlated sides as in Zou and Donner 2008,
        Statistics in Medicine 27, pages 1693-1702.
    """
    sides = two_sides(
        first, second, clusters_first=clusters_first, clusters_second=clusters_second, level=level
    )
    one, two, n, k = sides.first, sides.second, sides.n, sides.n_clusters
    method = "ratio-of-wilson-effective-n" if sides.clustered else "ratio-of-wilson"
    if one.value is None or two.value is None:
        return Interval(None, None, None, level, method, n, k, NO_SAMPLES)
    if two.value == 0.0:
        return Interval(None, None, None, level, method, n, k, SECOND_IS_ZERO)
    value = one.value / two.value
    ends = _ends(sides)
    if ends is None:
        return Interval(value, None, None, level, method, n, k, ONE_CLUSTER_ON_A_SIDE)
    return Interval(value, min(ends[0], value), max(ends[1], value), level, method, n, k)


def _ends(sides: Sides) -> tuple[float, float] | None:
    """Both ends of the ratio, or None when a side has none itself; the second rate is not 0."""
    one, two = sides.first, sides.second
    if one.value is None or one.low is None or one.high is None:
        return None
    if two.value is None or two.low is None or two.high is None:
        return None
    low = _low_end(
        (one.value, one.value - one.low), (two.value, two.high - two.value), sides.correlation
    )
    # Upside down, the upper end is the lower end of the second rate over the first.
    turned = _low_end(
        (two.value, two.value - two.low), (one.value, one.high - one.value), sides.correlation
    )
    return low, 1.0 / turned


def _low_end(above: tuple[float, float], below: tuple[float, float], correlation: float) -> float:
    """Smallest ratio r with (above - r below)^2 = h^2 + r^2 k^2 - 2 c r h k, for halves h and k.

    The root is written with the constant of the quadratic on top, so that it holds even if the
    half of ``below`` exceeds its rate and the leading coefficient is negative.
    """
    (top, half_top), (bottom, half_bottom) = above, below
    constant = (top - half_top) * (top + half_top)
    if constant <= 0.0:
        return 0.0
    leading = (bottom - half_bottom) * (bottom + half_bottom)
    middle = top * bottom - correlation * half_top * half_bottom
    root = math.sqrt(max(middle * middle - leading * constant, 0.0))
    return constant / (middle + root)
