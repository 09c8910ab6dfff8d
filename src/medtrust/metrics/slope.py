"""How much one measure changes per unit of another: a judge's score per doubling of the length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    require_level,
    require_same_length,
)
from medtrust.metrics.clusters import cluster_sums, dense_codes, within_correlation
from medtrust.metrics.intervals import NO_SAMPLES, ONE_CLUSTER, Interval, t_quantile

X_DOES_NOT_VARY = "x does not vary: no slope"
ONE_CLUSTER_DECIDES = "the line hangs on one cluster alone: no interval"
NO_SCATTER = "clusters do not scatter about the line: no interval"
# Below this share of the largest value, what is left is rounding.
ROUNDING = 1e-12
# A cluster with this leverage leaves no residual of its own to learn from.
FULL_LEVERAGE = 1.0 - 1e-9


def slope(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Least-squares slope of y on x, with a cluster-robust t interval.

    The scatter may grow with x, and samples of one cluster may lie above or below the line
    together. The variance is bias-reduced (each cluster's residuals are stretched by what the fit
    took from them) and has its own degrees of freedom, few when few clusters decide the slope;
    both use a working model in which members of a cluster correlate equally.

    Args:
        x: What y may depend on, finite, shape (n,); for a length its base-2 logarithm, so that
            the slope is per doubling.
        y: Scores of any range, finite, shape (n,).
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in units of y per unit of x. Value None when n = 0 or x does not vary; ends
        None with one cluster, when one cluster alone decides the line, or when clusters do not
        scatter about it.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.

    Source: Bell and McCaffrey 2002, Survey Methodology 28(2), pages 169-181 (variance and degrees
        of freedom); Imbens and Kolesar 2016, Review of Economics and Statistics 98(4), pages
        701-712 (working model with a cluster effect).
    """
    require_level(level)
    across, up = as_values(x, "x"), as_values(y, "y")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(x=across, y=up, clusters=codes)
    method = "bias-reduced-t" if codes is None else "cluster-robust-t"
    if n == 0:
        return Interval(None, None, None, level, method, 0, 0, NO_SAMPLES)
    names, k = dense_codes(np.arange(n) if codes is None else codes)
    if float(np.ptp(across)) <= ROUNDING * float(np.abs(across).max()):
        return Interval(None, None, None, level, method, n, k, X_DOES_NOT_VARY)
    # An orthonormal basis: the constant and x about its mean, each of length 1.
    centred = across - across.mean()
    length = math.sqrt(float(np.square(centred).sum()))
    basis = np.column_stack([np.full(n, 1.0 / math.sqrt(n)), centred / length])
    fitted = float(basis[:, 1] @ up)
    residuals = up - up.mean() - fitted * basis[:, 1]

    value, note = fitted / length, ONE_CLUSTER
    if k > 1:
        parts = _Parts.build(basis, residuals, names, k)
        note = ONE_CLUSTER_DECIDES
        if float(parts.leverages.max()) < FULL_LEVERAGE:
            half = _half(parts, level)
            if half > ROUNDING * float(np.abs(up).max()):
                ends = value - half / length, value + half / length
                return Interval(value, *ends, level, method, n, k)
            note = NO_SCATTER
    return Interval(value, None, None, level, method, n, k, note)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What each of k clusters brings to a line in an orthonormal basis of constant and slope.

    Attributes:
        sums: Sums of the two basis columns, shape (k, 2).
        leverages: Eigenvalues of the cluster's block of the hat matrix, in [0, 1], shape (k, 2).
        axes: Their eigenvectors, shape (k, 2, 2).
        scores: Products of the two columns with the residuals, shape (k, 2).
        correlation: Of two members' residuals, in [0, 1].
    """

    sums: FloatArray
    leverages: FloatArray
    axes: FloatArray
    scores: FloatArray
    correlation: float

    @classmethod
    def build(cls, basis: FloatArray, residuals: FloatArray, codes: IntArray, k: int) -> _Parts:
        def summed(values: FloatArray) -> FloatArray:
            return cluster_sums(values, codes, k)

        constant, across = basis.T
        mixed = summed(constant * across)
        squares = np.array([[summed(constant**2), mixed], [mixed, summed(across**2)]])
        leverages, axes = np.linalg.eigh(np.moveaxis(squares, 2, 0))
        sizes = summed(np.ones_like(residuals))
        return cls(
            np.column_stack([summed(constant), summed(across)]),
            leverages,
            axes,
            np.column_stack([summed(constant * residuals), summed(across * residuals)]),
            within_correlation(residuals, summed(residuals), sizes),
        )

    def weights(self) -> FloatArray:
        """Slope column of (1 - block)^(-1/2), which undoes what the fit took, shape (k, 2)."""
        stretched = self.axes[:, 1, :] / np.sqrt(1.0 - self.leverages)
        return np.asarray(np.einsum("kij,kj->ki", self.axes, stretched), dtype=np.float64)

    def blocked(self, weights: FloatArray) -> FloatArray:
        """Each cluster's block of the hat matrix times its weights, shape (k, 2)."""
        turned = np.einsum("kji,kj->ki", self.axes, weights) * self.leverages
        return np.asarray(np.einsum("kij,kj->ki", self.axes, turned), dtype=np.float64)


def _half(parts: _Parts, level: float) -> float:
    """Half the width of the interval of the slope in the orthonormal basis.

    Under the working model the k weighted residual sums have a covariance of a diagonal plus a
    matrix of rank four, ``a b' + b a'``; so its trace and that of its square take O(k).
    """
    weights, correlation = parts.weights(), parts.correlation
    found = float(np.square(np.sum(weights * parts.scores, axis=1)).sum())

    a = parts.blocked(weights)
    totals = np.sum(parts.sums * weights, axis=1)
    own = (1.0 - correlation) * np.sum(weights * a, axis=1) + correlation * np.square(totals)
    model = (1.0 - correlation) * np.eye(2) + correlation * parts.sums.T @ parts.sums
    b = a @ model / 2.0 - (1.0 - correlation) * a - correlation * parts.sums * totals[:, None]
    shared = 2.0 * np.sum(a * b, axis=1)

    expected = float(own.sum() + shared.sum())
    crossed, squared = b.T @ a, (a.T @ a) @ (b.T @ b)
    second = float(np.square(own).sum() + 2.0 * np.sum(own * shared))
    second += 2.0 * float(np.trace(crossed @ crossed) + np.trace(squared))
    variance = found * float(model[1, 1]) / expected
    return t_quantile(0.5 + level / 2.0, expected**2 / second) * math.sqrt(variance)
