"""Logistic regression on one score: the two fits that calibration needs."""

from __future__ import annotations

import numpy as np

from medtrust.metrics.arrays import FloatArray

MOST_STEPS = 100
# Relative to the number of samples; the loss is flat to rounding before that.
SMALL_GRADIENT = 1e-12
ENOUGH_DESCENT = 1e-4
RIDGE = 1e-12


def logistic_line(x: FloatArray, target: FloatArray) -> tuple[float, float]:
    """Slope and intercept of the smallest log loss.

    Args:
        x: Scores of mean 0 and variance 1, shape (n,).
        target: Wanted probabilities, each strictly between 0 and 1 (so that the fit is finite),
            shape (n,).

    Returns:
        Slope per unit of x, and intercept at 0.

    Source: Newton's method with halved steps, as in Lin, Lin and Weng 2007, Machine Learning 68.
    """
    from scipy.special import expit

    def loss(line: FloatArray) -> float:
        logits = design @ line
        return float(np.sum(np.logaddexp(0.0, logits) - target * logits))

    design = np.column_stack([x, np.ones_like(x)])
    base = float(target.mean())
    line = np.array([0.0, np.log(base / (1.0 - base))])
    now = loss(line)
    for _ in range(MOST_STEPS):
        chance = expit(design @ line)
        gradient = design.T @ (chance - target)
        if float(np.abs(gradient).max()) <= SMALL_GRADIENT * x.size:
            break
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design
        step = np.linalg.solve(curvature + RIDGE * np.eye(2), gradient)
        fraction, descent = 1.0, float(gradient @ step)
        while fraction > 1e-10 and loss(line - fraction * step) > (
            now - ENOUGH_DESCENT * fraction * descent
        ):
            fraction /= 2.0
        if fraction <= 1e-10:
            break
        line = line - fraction * step
        now = loss(line)
    return float(line[0]), float(line[1])


def slope_through_zero(x: FloatArray, outcome: FloatArray, bounds: tuple[float, float]) -> float:
    """Slope of the smallest log loss of a line without intercept, within bounds.

    Args:
        x: Logits, shape (n,).
        outcome: Zeros and ones, shape (n,).
        bounds: Smallest and largest slope, both > 0.

    Returns:
        The slope; a bound where the loss still falls beyond it; 1 when every logit is 0.
    """
    from scipy.optimize import brentq
    from scipy.special import expit

    def rise(slope: float) -> float:
        return float(x @ (expit(slope * x) - outcome))

    low, high = bounds
    if not x.any():
        return 1.0
    if rise(low) >= 0.0:
        return low
    if rise(high) <= 0.0:
        return high
    return float(np.exp(brentq(lambda log: rise(np.exp(log)), np.log(low), np.log(high))))
