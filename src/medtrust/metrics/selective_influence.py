"""How much each answer moves the selective-prediction numbers: one pass instead of n refits.

All areas and risks are weighted sums of the expected numbers of errors C(k) among the k most
certain, with weights that depend on n only. A second copy of an answer raises C(k) by a known
amount at every k, so prefix sums of the weights give the change for all answers at once. It is
exact for one copy; changes are added up over the members of a cluster, which is the first order
that the acceleration of a BCa interval needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.selective import expected_losses

Weights: TypeAlias = Callable[[int], FloatArray]


def mean_risk_weights(n: int) -> FloatArray:
    """Weights of C(1) .. C(n) in the AURC."""
    return 1.0 / (n * np.arange(1.0, n + 1.0))


def generalised_weights(n: int) -> FloatArray:
    """Weights of C(1) .. C(n) in the AUGRC."""
    weights = np.full(n, 1.0 / n**2)
    weights[-1] /= 2.0
    return weights


def late_risk_weights(share: float) -> Weights:
    """Weights in the mean risk of the last ``share`` of the curve, without its jumps in n.

    Where share times n is not whole, one point counts in part: the number of points of the
    estimate itself jumps with n, which says nothing about any answer.
    """

    def weights(n: int) -> FloatArray:
        accepted = np.arange(1.0, n + 1.0)
        counted = np.clip(accepted - (1.0 - share) * n, 0.0, 1.0)
        return counted / (accepted * share * n)

    return weights


def point_weights(coverage: float) -> Weights:
    """Weights in the risk at one coverage, interpolated."""

    def weights(n: int) -> FloatArray:
        accepted = np.arange(1.0, n + 1.0)
        return np.maximum(1.0 - np.abs(accepted - coverage * n), 0.0) / (coverage * n)

    return weights


def influence(uncertainty: FloatArray, losses: FloatArray, weights: Weights) -> FloatArray:
    """What one more copy of each answer would add to a weighted sum of C(k).

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,), n >= 1.
        losses: Zeros and ones, shape (n,).
        weights: Maps a number of answers to the weights of C(1) .. C(n).

    Returns:
        Shape (n,): the value with the copy minus the value without.
    """
    n = losses.shape[0]
    lost = expected_losses(uncertainty, losses)
    tie, size = np.unique(uncertainty, return_inverse=True, return_counts=True)[1:]
    ends = np.cumsum(size)
    starts = ends - size
    slopes = np.diff(lost[np.concatenate(([0], ends))]) / size
    new = weights(n + 1)

    # within the tie, C(k) rises by (k - start) (loss - slope) / (size + 1); sums over its k:
    plain = np.concatenate(([0.0], np.cumsum(new[:n])))
    ranked = np.concatenate(([0.0], np.cumsum(new[:n] * np.arange(1, n + 1))))
    within = ranked[ends] - ranked[starts] - starts * (plain[ends] - plain[starts])
    within /= size + 1.0
    # above the tie, everything moves up one place: C(k) rises by loss - (C(k) - C(k - 1))
    steps = np.concatenate(([0.0], np.cumsum(new[:n] * np.diff(lost))))
    above, taken = plain[-1] - plain[ends], steps[-1] - steps[ends]

    common = float(new @ np.append(lost[1:], lost[-1]) - weights(n) @ lost[1:])
    moved = (losses - slopes[tie]) * within[tie] + losses * (above[tie] + new[-1]) - taken[tie]
    return np.asarray(moved + common, dtype=np.float64)
