"""Logistic regression by Newton's method, with a ridge penalty and a cluster-robust covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.bootstrap import cluster_totals
from medtrust.metrics.clusters import dense_codes

MAX_STEPS = 100
TOLERANCE = 1e-9
# A coefficient known this badly, in log odds per standard deviation, is on its way to infinity.
DIVERGED = 20.0


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """A fitted model of the chance of an outcome.

    Attributes:
        coefficients: Log odds per unit of each column, shape (q,).
        probability: Of the outcome of each sample, in (0, 1), shape (n,).
        information: Negative second derivative of the penalised log-likelihood, shape (q, q).
    """

    coefficients: FloatArray
    probability: FloatArray
    information: FloatArray


def fit_logistic(
    design: FloatArray, outcome: FloatArray, *, penalty: FloatArray | None = None
) -> LogisticFit | None:
    """Maximum (penalised) likelihood fit of log odds that are linear in the columns.

    Args:
        design: One row per sample, shape (n, q); the constant is a column like any other. Columns
            of similar size (standardised) are what the check for divergence expects.
        outcome: Zeros and ones, shape (n,).
        penalty: Weight of half the square of each coefficient, >= 0, shape (q,); None for none.

    Returns:
        None when there is no finite best fit: columns that determine each other, or outcomes
        that a column separates.

    Raises:
        ShapeError: If the shapes do not fit each other.

    Source: le Cessie and van Houwelingen 1992, Applied Statistics 41(1) (ridge); Albert and
        Anderson 1984, Biometrika 71(1) (separation).
    """
    if design.ndim != 2 or outcome.shape != (design.shape[0],):
        raise ShapeError("design must have the shape (n, q) and outcome the shape (n,).")
    ridge = np.zeros(design.shape[1]) if penalty is None else penalty
    if ridge.shape != (design.shape[1],) or (ridge.size and ridge.min() < 0.0):
        raise ShapeError("penalty must have the shape (q,) and hold no negative number.")
    coefficients = np.zeros(design.shape[1])
    height = _height(design @ coefficients, outcome, coefficients, ridge)
    for _ in range(MAX_STEPS):
        probability = expit(design @ coefficients)
        gradient = design.T @ (outcome - probability) - ridge * coefficients
        information = _information(design, probability, ridge)
        try:
            step: FloatArray = np.asarray(np.linalg.solve(information, gradient), np.float64)
        except np.linalg.LinAlgError:
            return None
        if float(np.abs(gradient @ step)) < TOLERANCE * (1.0 + abs(height)):
            break
        coefficients, height = _climb(design, outcome, coefficients, step, ridge, height)
    probability = expit(design @ coefficients)
    information = _information(design, probability, ridge)
    if not _is_finite_fit(information):
        return None
    return LogisticFit(coefficients, probability, information)


def expit(log_odds: FloatArray) -> FloatArray:
    """Probability of given log odds, without overflow."""
    from scipy.special import expit as logistic

    return np.asarray(logistic(log_odds), dtype=np.float64)


def _height(
    log_odds: FloatArray, outcome: FloatArray, coefficients: FloatArray, ridge: FloatArray
) -> float:
    """Penalised log-likelihood."""
    likelihood = float(np.sum(outcome * log_odds - np.logaddexp(0.0, log_odds)))
    return likelihood - 0.5 * float(ridge @ np.square(coefficients))


def _information(design: FloatArray, probability: FloatArray, ridge: FloatArray) -> FloatArray:
    weighted = design * (probability * (1.0 - probability))[:, None]
    information: FloatArray = design.T @ weighted + np.diag(ridge)
    return information


def _climb(
    design: FloatArray,
    outcome: FloatArray,
    coefficients: FloatArray,
    step: FloatArray,
    ridge: FloatArray,
    height: float,
) -> tuple[FloatArray, float]:
    """Newton's step, halved until it does not lead downhill."""
    for _ in range(30):
        moved = coefficients + step
        reached = _height(design @ moved, outcome, moved, ridge)
        if reached >= height - 1e-12 * abs(height):
            return moved, reached
        step = step / 2.0
    return coefficients, height


def _is_finite_fit(information: FloatArray) -> bool:
    """Whether every coefficient is pinned down; towards a separating one the likelihood is flat."""
    values = np.linalg.eigvalsh(information)
    return bool(values.size == 0 or values.min() > 1.0 / DIVERGED**2)


def robust_covariance(
    design: FloatArray, outcome: FloatArray, fit: LogisticFit, clusters: IntArray
) -> FloatArray | None:
    """Sandwich covariance of the coefficients, whole clusters counting as one observation each.

    Args:
        design: As fitted, shape (n, q).
        outcome: As fitted, shape (n,).
        fit: What `fit_logistic` returned.
        clusters: Cluster codes, shape (n,).

    Returns:
        Shape (q, q), scaled by k/(k-1) (n-1)/(n-q); None with fewer than two clusters.

    Source: Liang and Zeger 1986, Biometrika 73(1), pages 13-22; the scale as in common software.
    """
    codes, k = dense_codes(clusters)
    n, q = design.shape
    if k < 2 or n <= q:
        return None
    scores = cluster_totals(design * (outcome - fit.probability)[:, None], codes)
    bread = np.linalg.inv(fit.information)
    scale = k / (k - 1.0) * (n - 1.0) / (n - q)
    return np.asarray(scale * bread @ (scores.T @ scores) @ bread, dtype=np.float64)
