"""What several estimates say together, when they share items and so share their sampling errors.

Each of m models has an estimate; the models answered the same questions, so that the estimates
err together by a covariance that is known from their influences. The function here takes it out
and finds what is left: a mean, a slope over a covariate, and how much the true values differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, as_values, require_level, require_same_length
from medtrust.metrics.chi_square_mixture import mixture_tail
from medtrust.metrics.intervals import Interval, normal_quantile, t_quantile

MIN_MODELS = 5
"""With fewer, how much models differ cannot be told from how much these few happen to."""
TOO_FEW = f"fewer than {MIN_MODELS}: how much true values differ cannot be estimated"
RIDGE = 1e-3
"""Added to a covariance before its inverse is taken, as a share of its mean variance: copies of
one another would otherwise be given infinite weight."""

ROUNDING = 1e-24
"""Squared contrasts below this share of the squared estimates are rounding."""


@dataclass(frozen=True, slots=True)
class Component:
    """How much true values differ, beyond what sampling makes estimates differ.

    Attributes:
        variance: Of the true values, with its interval; in squared units of the estimates.
        p_value: Of no difference at all, in [0, 1]; None where it cannot be tested.
    """

    variance: Interval
    p_value: float | None

    @property
    def deviation(self) -> Interval:
        """The same as a standard deviation, in units of the estimates."""
        own = self.variance
        value, low, high = (
            None if end is None else math.sqrt(max(end, 0.0))
            for end in (own.value, own.low, own.high)
        )
        return Interval(value, low, high, own.level, own.method, own.n, own.n_clusters, own.note)


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """Mean, slope and scatter of true values.

    Attributes:
        mean: Of the true values; at the mean of the covariate when there is one.
        slope: Change of the true value per unit of the covariate; None without a covariate.
        slope_p: Of no slope, two-sided, in [0, 1]; None without a covariate.
        component: How much true values differ around mean and slope.
    """

    mean: Interval
    slope: Interval | None
    slope_p: float | None
    component: Component


def random_effects(
    estimates: npt.ArrayLike,
    covariance: FloatArray,
    *,
    covariate: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> RandomEffects:
    """Pool estimates whose sampling errors have a known covariance.

    The model: estimate = mean (+ slope * covariate) + own effect + sampling error. The variance of
    the own effects, its test and its interval all come from the sum of squared residuals, which
    under a given variance is a known mixture of chi-squares whatever the covariance. That is
    restricted maximum likelihood (REML) with all contrasts weighed alike. Weights by the inverse of
    the covariance would be better if that were known; estimated, it gives nearly all the weight to
    estimates that are near copies of each other, and finds no difference where others differ.
    Mean and slope have t intervals by generalised least squares; where residuals scatter more
    than the fit says, the interval widens (never narrows) by that.

    Args:
        estimates: Shape (m,).
        covariance: Of their sampling errors, symmetric and not negative, shape (m, m).
        covariate: Shape (m,); taken as free of error.
        level: Nominal coverage, in (0, 1).

    Returns:
        With fewer than five estimates the scatter is None with the reason, though still tested; the
        mean then speaks of these alone (normal interval from the sampling errors), and there is no
        slope.

    Raises:
        ShapeError: If the shapes do not fit, something is NaN, or the covariate is constant.

    Source: Hedges and Olkin 1985, Statistical Methods for Meta-Analysis, chapter 9 (the variance);
        Viechtbauer 2007, Statistics in Medicine 26(1) (intervals by inverting the test), here with
        equal weights and dependent errors; Knapp and Hartung 2003, Statistics in Medicine 22(17),
        with the factor kept at 1 or more.
    """
    require_level(level)
    values = as_values(estimates, "estimates")
    errors = _checked_covariance(covariance, values.shape[0])
    design = _design(values, covariate)
    m = values.shape[0]
    if m == 0:
        raise ShapeError("estimates must hold at least one.")
    if m < MIN_MODELS:
        return _of_these_alone(values, errors, with_slope=covariate is not None, level=level)
    component = variance_beyond_sampling(values, errors, design, level=level)
    total = errors + np.eye(m) * (component.variance.value or 0.0)
    fit, its_covariance = _weighted_fit(values, total, design)
    spread = t_quantile(0.5 + level / 2.0, m - design.shape[1])
    mean, *slope = (
        Interval(
            float(fit[place]),
            float(fit[place] - spread * math.sqrt(its_covariance[place, place])),
            float(fit[place] + spread * math.sqrt(its_covariance[place, place])),
            level, "random-effects-t", m, m,
        )
        for place in range(design.shape[1])
    )  # fmt: skip
    if not slope:
        return RandomEffects(mean, None, None, component)
    p_value = _t_tail(fit[1], its_covariance[1, 1], m - 2)
    return RandomEffects(mean, slope[0], p_value, component)


def _checked_covariance(covariance: FloatArray, m: int) -> FloatArray:
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.shape != (m, m) or not np.isfinite(matrix).all():
        raise ShapeError(f"covariance must be finite and have the shape ({m}, {m}).")
    if not np.allclose(matrix, matrix.T, rtol=1e-6, atol=1e-12):
        raise ShapeError("covariance must be symmetric.")
    return (matrix + matrix.T) / 2.0


def _design(values: FloatArray, covariate: npt.ArrayLike | None) -> FloatArray:
    """A column of ones, and the centred covariate if there is one, shape (m, 1 or 2)."""
    ones = np.ones((values.shape[0], 1))
    if covariate is None:
        return ones
    other = as_values(covariate, "covariate")
    require_same_length(estimates=values, covariate=other)
    centred = other - other.mean()
    if float(np.ptp(other)) <= 1e-12:
        raise ShapeError("covariate is constant: there is no slope over it.")
    return np.column_stack([ones, centred])


def _of_these_alone(
    values: FloatArray, errors: FloatArray, *, with_slope: bool, level: float
) -> RandomEffects:
    """What can be said of fewer than five estimates: their own mean, and nothing about others."""
    m, value = values.shape[0], float(values.mean())
    half = normal_quantile(0.5 + level / 2.0) * math.sqrt(max(float(errors.mean()), 0.0))
    note = "of these models alone"
    mean = Interval(value, value - half, value + half, level, "sampling-error", m, m, note)
    nothing = Interval(None, None, None, level, "moments-q-profile", m, m, TOO_FEW)
    tested = variance_beyond_sampling(values, errors, np.ones((m, 1)), level=level)
    component = Component(nothing, tested.p_value)
    return RandomEffects(mean, nothing if with_slope else None, None, component)


def variance_beyond_sampling(
    values: FloatArray, errors: FloatArray, design: FloatArray, *, level: float = 0.95
) -> Component:
    """How much true values differ around a fit of the design.

    Args:
        values: Estimates, shape (m,).
        errors: Covariance of their sampling errors, shape (m, m).
        design: Columns of what is fitted, shape (m, q), q < m.
        level: Nominal coverage, in (0, 1).

    Returns:
        The variance, its interval and the test that it is 0; see `random_effects`.
    """
    contrasts = residual_contrasts(design)
    m = values.shape[0]
    if contrasts.shape[1] == 0:
        note = "nothing is left after the fit"
        return Component(Interval(None, None, None, level, "moments-q-profile", m, m, note), None)
    sampling, axes = np.linalg.eigh(contrasts.T @ errors @ contrasts)
    sampling = np.maximum(sampling, 0.0)
    squares = np.square(axes.T @ (contrasts.T @ values))
    squares[squares <= ROUNDING * float(np.square(values).sum())] = 0.0
    reached = float(squares.sum())
    value = max(float(squares.mean() - sampling.mean()), 0.0)

    def tail(variance: float) -> float:
        return mixture_tail(reached, sampling + variance)

    low = _crossing(tail, (1.0 - level) / 2.0, start=value)
    high = _crossing(tail, (1.0 + level) / 2.0, start=value)
    interval = Interval(value, min(low, value), max(high, value), level, "moments-q-profile", m, m)
    return Component(interval, tail(0.0))


def residual_contrasts(design: FloatArray) -> FloatArray:
    """An orthonormal basis of everything the design does not fit, shape (m, m - rank)."""
    left, sizes, _ = np.linalg.svd(design, full_matrices=True)
    rank = int(np.sum(sizes > 1e-9 * sizes.max(initial=0.0)))
    return left[:, rank:]


def _crossing(tail: Callable[[float], float], wanted: float, *, start: float) -> float:
    """Variance at which a growing tail reaches a chance; 0 where it has already."""
    from scipy.optimize import brentq

    if tail(0.0) >= wanted:
        return 0.0
    high = max(start, 1e-12)
    while tail(high) < wanted:
        high *= 4.0
    return float(brentq(lambda variance: tail(variance) - wanted, 0.0, high, rtol=1e-8))


def _weighted_fit(
    values: FloatArray, total: FloatArray, design: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Generalised least squares: coefficients and their covariance, never below the known one."""
    m, q = design.shape
    ridge = RIDGE * float(np.trace(total)) / m
    stable = total + np.eye(m) * max(ridge, 1e-15)
    solved = np.linalg.solve(stable, np.column_stack([design, values]))
    inner = np.linalg.inv(design.T @ solved[:, :q])
    fit = inner @ (design.T @ solved[:, q])
    residuals = values - design @ fit
    factor = float(residuals @ np.linalg.solve(stable, residuals)) / (m - q)
    return fit, inner * max(factor, 1.0)


def _t_tail(value: float, variance: float, degrees_of_freedom: float) -> float:
    """Two-sided p of a t statistic."""
    from scipy.special import stdtr

    if variance <= 0.0:
        return 0.0 if value else 1.0
    return float(2.0 * stdtr(degrees_of_freedom, -abs(value) / math.sqrt(variance)))
