"""How much samples that share a patient, an image or an article really tell.

Answers about one patient resemble each other, so n answers carry less than n answers' worth of
information. The functions here turn a vector of values and a vector of cluster codes into the
variance of their mean, its degrees of freedom, and the number of independent samples that would
have told as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class MeanVariance:
    """Variance of a sample mean under within-cluster correlation.

    Attributes:
        variance: Estimated variance of the mean, >= 0.
        degrees_of_freedom: Of that estimate, > 0.
        n_clusters: Number of clusters, >= 2.
    """

    variance: float
    degrees_of_freedom: float
    n_clusters: int


@dataclass(frozen=True, slots=True)
class EffectiveSize:
    """What a clustered sample is worth in independent samples.

    Attributes:
        n: Effective number of samples, > 0, at most the number of samples.
        design_effect: Number of samples per effective sample, >= 1, before the correction for the
            degrees of freedom.
        n_clusters: Number of clusters.
    """

    n: float
    design_effect: float
    n_clusters: int


def dense_codes(clusters: IntArray) -> tuple[IntArray, int]:
    """Renumber cluster codes as 0 .. k-1.

    Args:
        clusters: Any whole numbers, shape (n,).

    Returns:
        The new codes, shape (n,), and k.
    """
    names, codes = np.unique(clusters, return_inverse=True)
    return codes.astype(np.int64), int(names.shape[0])


def cluster_sums(values: FloatArray, codes: IntArray, n_clusters: int) -> FloatArray:
    """Sum of the values of each cluster, shape (n_clusters,); codes are 0 .. n_clusters-1."""
    return np.bincount(codes, weights=values, minlength=n_clusters).astype(np.float64)


def kish_clusters(sizes: FloatArray) -> float:
    """Number of equally large clusters that would weigh as evenly as these, in [1, k].

    Source: Kish 1965, Survey Sampling: square of the sum over the sum of squares.
    """
    return float(sizes.sum() ** 2 / np.square(sizes).sum())


def mean_variance(values: FloatArray, clusters: IntArray) -> MeanVariance | None:
    """Cluster-robust variance of the mean of all values, with its degrees of freedom.

    The sandwich estimator of the mean with leverage-corrected cluster residuals (CR2), scaled to
    be unbiased, and given Satterthwaite degrees of freedom, under a working model in which
    members of a cluster share one correlation, estimated from the data. Uneven clusters so cost
    degrees of freedom. With one sample a cluster it is the usual s^2/n on n-1 degrees of freedom.

    Args:
        values: Finite numbers, shape (n,).
        clusters: Cluster codes, shape (n,).

    Returns:
        None with fewer than two clusters.

    Source: Bell and McCaffrey 2002, Survey Methodology 28(2); Imbens and Kolesar 2016, Review of
        Economics and Statistics 98(4), for a working model with a cluster effect.
    """
    codes, n_clusters = dense_codes(clusters)
    if n_clusters < 2:
        return None
    n = values.shape[0]
    residuals = values - values.mean()
    sizes = np.bincount(codes, minlength=n_clusters).astype(np.float64)
    sums = cluster_sums(residuals, codes, n_clusters)
    leverage = sizes / n
    weights = 1.0 / (1.0 - leverage)
    quadratic = float(np.sum(weights * np.square(sums)))

    correlation = within_correlation(residuals, sums, sizes)
    spread = sizes * (1.0 + correlation * (sizes - 1.0))
    expected, degrees_of_freedom = _moments(leverage, weights, spread)
    variance = quadratic * float(spread.sum()) / expected / n**2
    return MeanVariance(variance, degrees_of_freedom, n_clusters)


def within_correlation(residuals: FloatArray, sums: FloatArray, sizes: FloatArray) -> float:
    """Mean product of two members' residuals over their mean square, kept within [0, 1].

    Args:
        residuals: What is left of each sample after the fit, shape (n,).
        sums: Their sum in each cluster, shape (k,).
        sizes: Number of samples of each cluster, shape (k,).

    Returns:
        0 without scatter or when no cluster has two members.
    """
    squares = float(np.square(residuals).sum())
    pairs = float(np.sum(sizes * (sizes - 1.0)))
    if squares <= 0.0 or pairs <= 0.0:
        return 0.0
    products = (float(np.square(sums).sum()) - squares) / pairs
    correlation = products * residuals.shape[0] / squares
    return float(min(max(correlation, 0.0), 1.0))


def _moments(leverage: FloatArray, weights: FloatArray, spread: FloatArray) -> tuple[float, float]:
    """Expectation and Satterthwaite degrees of freedom of the weighted sum of squared residuals.

    Cluster sums S have variances ``spread``; their residuals are S_c - leverage_c * sum(S), so the
    covariance of the residuals is diag(spread) plus a matrix of rank two, and both traces take
    O(k) instead of O(k^2).
    """
    total = float(spread.sum())
    lean = leverage * total / 2.0 - spread
    diagonal = weights * (spread + 2.0 * leverage * lean)
    expected = float(diagonal.sum())
    cross = float(np.sum(weights * leverage * lean))
    rank_two = 2.0 * (
        float(np.sum(weights * np.square(leverage))) * float(np.sum(weights * np.square(lean)))
        + cross**2
    )
    own = np.square(2.0 * weights * leverage * lean)
    second = rank_two - float(own.sum()) + float(np.square(diagonal).sum())
    return expected, expected**2 / second


def effective_size(
    values: FloatArray, clusters: IntArray, *, level: float = 0.95
) -> EffectiveSize | None:
    """Number of independent samples whose mean would be known as well as this one.

    n over the design effect, corrected for the degrees of freedom of the variance estimate. A
    design effect under 1 is not taken as a gain: it is nearly always noise. When few clusters
    hold a value other than the usual one, the design effect cannot be seen; it is then drawn
    towards its worst case (all members of a cluster alike), and reaches it when all values are
    equal.

    Args:
        values: Numbers of few distinct values (outcomes, changes of outcomes), shape (n,), n >= 1.
        clusters: Cluster codes, shape (n,).
        level: Confidence level of the interval that the size is meant for.

    Returns:
        None with fewer than two clusters.

    Source: Korn and Graubard 1998, Survey Methodology 24(2), pages 193-201 (effective sample size
        with the ratio of squared t quantiles). The pull towards the worst case is our own.
    """
    codes, n_clusters = dense_codes(clusters)
    if n_clusters < 2:
        return None
    n = values.shape[0]
    if n_clusters == n:
        return EffectiveSize(float(n), 1.0, n)
    sizes = np.bincount(codes, minlength=n_clusters).astype(np.float64)
    worst = n / kish_clusters(sizes)
    informative = _clusters_off_the_usual(values, codes)
    if informative == 0:
        return EffectiveSize(n / worst, worst, n_clusters)
    estimate = mean_variance(values, codes)
    if estimate is None:
        return None
    independent = float(values.var(ddof=1)) / n
    seen = max(estimate.variance / independent, 1.0)
    pull = 1.0 / (1.0 + informative) ** 1.5
    design_effect = seen + pull * max(worst - seen, 0.0)
    return EffectiveSize(
        n / design_effect * _t_ratio(n - 1.0, estimate.degrees_of_freedom, level),
        design_effect,
        n_clusters,
    )


def _clusters_off_the_usual(values: FloatArray, codes: IntArray) -> int:
    """Number of clusters that hold a value other than the most common one; the least if tied."""
    names, counts = np.unique(values, return_counts=True)
    usual = names[counts == counts.max()]
    return min(int(np.unique(codes[values != name]).shape[0]) for name in usual)


def _t_ratio(independent: float, clustered: float, level: float) -> float:
    """Squared ratio of the t quantiles on two numbers of degrees of freedom, at most 1."""
    from scipy.special import stdtrit

    upper = 0.5 + level / 2.0
    return min(float(stdtrit(independent, upper) / stdtrit(clustered, upper)), 1.0) ** 2
