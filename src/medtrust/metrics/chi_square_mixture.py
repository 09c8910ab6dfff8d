"""Tail of a weighted sum of squared normal variables: what a sum of squares is compared with."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, as_values

NEGLIGIBLE = 1e-12
"""Weights below this share of the largest change no tail that anybody reads."""

FAR = 1e4
"""Beyond this many times the largest mean the tail is below any number a computer holds."""


def mixture_tail(reached: float, weights: npt.ArrayLike) -> float:
    """Chance that a sum of weighted chi-squares, one degree of freedom each, exceeds a value.

    Args:
        reached: The value.
        weights: Shape (k,), each >= 0.

    Returns:
        Value in [0, 1], by the saddlepoint approximation (off by under 0.01 where it matters, and
        exact for one weight). Without weights above 0 the sum is 0: 1 if ``reached`` <= 0, else 0.

    Raises:
        ShapeError: If a weight is negative.

    Source: Kuonen 1999, Biometrika 86(4), pages 929-935, equation 3 (after Lugannani and Rice).
    """
    values = as_values(weights, "weights")
    if values.size and values.min() < 0.0:
        raise ShapeError("weights must not be negative.")
    if reached <= 0.0:
        return 1.0
    values = values[values > NEGLIGIBLE * values.max(initial=0.0)]
    if values.size == 0:
        return 0.0
    scale = float(values.max())
    parts, point = values / scale, reached / scale
    if point > FAR * parts.size:
        return 0.0
    if point < NEGLIGIBLE:
        return 1.0
    if parts.size == 1:
        return math.erfc(math.sqrt(point / 2.0))
    return _saddlepoint(point, parts)


def _saddlepoint(point: float, parts: FloatArray) -> float:
    """The tail by Lugannani and Rice in Barndorff-Nielsen's form; the largest part is 1."""
    place = _saddle(point, parts)
    left = 1.0 - 2.0 * place * parts
    curvature = 2.0 * float(np.sum(np.square(parts / left)))
    if abs(place) * math.sqrt(curvature) < 1e-4:
        skewness = 8.0 * float(np.sum(parts**3)) / math.sqrt(curvature**3)
        return 0.5 * math.erfc(skewness / (6.0 * math.sqrt(2.0)))
    cumulant = -0.5 * float(np.sum(np.log(left)))
    root = math.copysign(math.sqrt(max(2.0 * (place * point - cumulant), 0.0)), place)
    spread = place * math.sqrt(curvature)
    tail = 0.5 * math.erfc((root + math.log(spread / root) / root) / math.sqrt(2.0))
    return min(max(tail, 0.0), 1.0)


def _saddle(point: float, parts: FloatArray) -> float:
    """Where the derivative of the cumulant generating function meets the point."""
    from scipy.optimize import brentq

    def beyond(place: float) -> float:
        return float(np.sum(parts / (1.0 - 2.0 * place * parts))) - point

    # left of 0, k parts sum to at most k / (2 |place|); at the upper end the largest alone suffices
    low, high = -parts.size / point, 0.5 - 0.5 / point
    if beyond(high) <= 0.0:
        return high
    return float(brentq(beyond, low, high, xtol=1e-13, rtol=1e-12))
