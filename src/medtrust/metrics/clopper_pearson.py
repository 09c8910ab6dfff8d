"""Exact limits of a rate of independent outcomes, where a guarantee must hold at every size."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray, require_level
from medtrust.metrics.intervals import NO_SAMPLES, Interval, normal_quantile


def upper_bound(errors: npt.ArrayLike, n: npt.ArrayLike, *, delta: float) -> FloatArray:
    """What a rate stays below with confidence 1 - delta, whatever the rate and the size.

    Args:
        errors: Errors seen, whole numbers in [0, n], any shape.
        n: Independent cases behind each, whole numbers >= 0, same shape.
        delta: Chance that the bound is too low, at most, in (0, 1).

    Returns:
        In [0, 1], same shape; 1 where n = 0 or every case is an error.

    Raises:
        ShapeError: If the shapes differ, errors are not in [0, n], or delta is not in (0, 1).

    Source: Clopper and Pearson 1934, Biometrika 26(4), pages 404-413: the rate at which as few
        errors have probability delta.
    """
    from scipy.special import betainccinv

    require_level(delta)
    seen, sizes = np.asarray(errors, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if seen.shape != sizes.shape:
        raise ShapeError(f"errors have shape {seen.shape}, n has {sizes.shape}.")
    if not ((seen >= 0) & (seen <= sizes) & (seen == np.floor(seen))).all():
        raise ShapeError("errors must be whole numbers from 0 to n.")
    right = np.maximum(sizes - seen, 1.0)
    bound = betainccinv(seen + 1.0, right, delta)
    return np.where(seen < sizes, bound, 1.0)


def clopper_pearson(errors: int, n: int, *, level: float = 0.95) -> Interval:
    """A rate of independent outcomes with its exact two-sided interval.

    Args:
        errors: How many of the cases have it, in [0, n].
        n: Number of independent cases.
        level: Nominal coverage, in (0, 1); the true one is never less.

    Returns:
        Value and ends in [0, 1]; None when n = 0.

    Source: as for `upper_bound`.
    """
    require_level(level)
    if n == 0:
        return Interval(None, None, None, level, "clopper-pearson", 0, 0, NO_SAMPLES)
    tail = (1.0 - level) / 2.0
    high = float(upper_bound(errors, n, delta=tail))
    low = 1.0 - float(upper_bound(n - errors, n, delta=tail))
    return Interval(errors / n, max(low, 0.0), high, level, "clopper-pearson", n, n)


def fewest_cases(alpha: float, delta: float) -> int:
    """Fewest cases, all right, that show a rate of at most alpha with confidence 1 - delta.

    The smallest n with (1 - alpha)^n <= delta: 59 for alpha = delta = 0.05.

    Raises:
        ShapeError: If either is not in (0, 1).
    """
    for name, value in (("alpha", alpha), ("delta", delta)):
        if not 0.0 < value < 1.0:
            raise ShapeError(f"{name} must lie between 0 and 1, not {value}.")
    n = max(1, math.floor(math.log(delta) / math.log1p(-alpha)))
    while float(upper_bound(0, n, delta=delta)) > alpha:
        n += 1
    return n


def most_errors(n: IntArray, *, alpha: float, delta: float) -> IntArray:
    """Most errors among n cases with which the upper bound is still at most alpha.

    Args:
        n: Numbers of cases, >= 0, any shape.
        alpha: In (0, 1).
        delta: In (0, 1).

    Returns:
        Same shape; -1 where not even no error would do.
    """
    require_level(alpha)
    require_level(delta)
    sizes = np.maximum(np.asarray(n, dtype=np.float64), 1.0)
    # start surely above, by the normal approximation, and come down
    spread = np.sqrt(sizes * alpha * (1.0 - alpha))
    start = np.floor(sizes * alpha + normal_quantile(delta) * spread) + 3.0
    found = np.clip(start, 0.0, sizes)
    while True:
        above = (found >= 0.0) & (chance_of_at_most(found, sizes, alpha) > delta)
        if not above.any():
            break
        found = np.where(above, found - 1.0, found)
    return np.where(np.asarray(n) > 0, found, -1.0).astype(np.int64)


def chance_of_at_most(errors: npt.ArrayLike, n: npt.ArrayLike, rate: npt.ArrayLike) -> FloatArray:
    """Probability of at most so many errors among n independent cases, arrays that broadcast.

    Args:
        errors: Whole numbers; below 0 the chance is 0, from n on it is 1.
        n: Whole numbers >= 1.
        rate: Of errors, in [0, 1].
    """
    from scipy.special import betainc

    k, sizes = np.asarray(errors, dtype=np.float64), np.asarray(n, dtype=np.float64)
    inside = np.clip(k, 0.0, sizes - 1.0)
    chance = betainc(sizes - inside, inside + 1.0, 1.0 - np.asarray(rate))
    return np.where(k < 0.0, 0.0, np.where(k >= sizes, 1.0, chance))
