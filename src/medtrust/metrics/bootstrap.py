"""Intervals by drawing clusters anew, fast because clusters are first reduced to their counts.

A statistic that depends on the data only through sums over samples (counts of a confusion matrix,
sums of scores) needs no resampled data sets: each draw is a vector of cluster weights, and weights
times a table of per-cluster totals gives the totals of the draw. Clusters with equal totals are
drawn together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray, require_level
from medtrust.metrics.clusters import kish_clusters
from medtrust.metrics.intervals import Interval, t_quantile

Statistics: TypeAlias = Callable[[FloatArray], FloatArray]

MIN_CLUSTERS = 20
CELLS_IN_A_BLOCK = 2_000_000
MAX_UNDEFINED_SHARE = 0.01


def cluster_totals(values: FloatArray, clusters: IntArray) -> FloatArray:
    """Add up rows of the same cluster.

    Args:
        values: One row of summands per sample, shape (n, cells).
        clusters: Cluster codes, shape (n,).

    Returns:
        Shape (k, cells), in the order of sorted codes.
    """
    order = np.argsort(clusters, kind="stable")
    starts = np.unique(clusters[order], return_index=True)[1]
    totals: FloatArray = np.add.reduceat(values[order], starts, axis=0)
    return totals


def cluster_weights(
    n_clusters: int, *, draws: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """How often each cluster is drawn, in blocks of draws that fit into the processor's cache.

    Args:
        n_clusters: Number of clusters k, >= 1.
        draws: Number of draws in all.
        rng: Source of the draws.

    Yields:
        Shape (some draws, k); every row adds up to k.
    """
    block = max(1, CELLS_IN_A_BLOCK // n_clusters)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        drawn = rng.integers(0, n_clusters, size=(rows, n_clusters))
        drawn += np.arange(rows)[:, None] * n_clusters
        counts = np.bincount(drawn.ravel(), minlength=rows * n_clusters)
        yield counts.reshape(rows, n_clusters).astype(np.float64)


def resampled_totals(totals: FloatArray, *, draws: int, rng: np.random.Generator) -> FloatArray:
    """Totals over all clusters in each of many draws of as many clusters, with replacement.

    Args:
        totals: Totals of each cluster, shape (k, cells).
        draws: Number of draws.
        rng: Source of the draws.

    Returns:
        Shape (draws, cells).
    """
    k = totals.shape[0]
    kinds, counts = np.unique(totals, axis=0, return_counts=True)
    if kinds.shape[0] * 8 < k:
        blocks = []
        block = max(1, CELLS_IN_A_BLOCK // kinds.shape[0])
        for start in range(0, draws, block):
            rows = min(block, draws - start)
            blocks.append(rng.multinomial(k, counts / k, size=rows) @ kinds)
        return np.concatenate(blocks)
    return np.concatenate(
        [weights @ totals for weights in cluster_weights(k, draws=draws, rng=rng)]
    )


def cluster_bootstrap(
    totals: FloatArray,
    statistics: Statistics,
    *,
    sizes: FloatArray,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 10_000,
) -> list[Interval]:
    """Bias-corrected and accelerated (BCa) intervals over clusters, for several statistics at once.

    The normal quantile that BCa starts from is replaced by a t quantile on the (Kish) number of
    clusters, because a bootstrap over k clusters is too narrow by about that much.

    Args:
        totals: Sufficient sums of each cluster, shape (k, cells).
        statistics: Maps totals of shape (m, cells) to values of shape (m, q); NaN where undefined.
        sizes: Number of samples of each cluster, shape (k,).
        rng: Source of the draws.
        level: Nominal coverage, in (0, 1).
        draws: Number of draws, >= 1.

    Returns:
        q intervals. Value None where the statistic is undefined; ends None with fewer than 20
        clusters, without variation, or when over 1 % of the draws are undefined.

    Raises:
        ShapeError: If ``totals`` is not (k, cells) or ``sizes`` not (k,).

    Source: Efron 1987, JASA 82(397), pages 171-185, acceleration by the jackknife;
        expanded quantiles after Hesterberg 2015, The American Statistician 69(4).
    """
    require_level(level)
    k = totals.shape[0]
    if totals.ndim != 2 or sizes.shape != (k,):
        raise ShapeError("totals must have the shape (k, cells) and sizes the shape (k,).")
    n = int(sizes.sum())
    if k == 0:
        values = np.full(statistics(np.zeros((1, totals.shape[1]))).shape[1], np.nan)
    else:
        values = statistics(totals.sum(axis=0, keepdims=True))[0]
    if k < MIN_CLUSTERS:
        return [without_ends(_defined(value), n=n, n_clusters=k, level=level) for value in values]
    drawn = statistics(resampled_totals(totals, draws=draws, rng=rng))
    left_out = statistics(totals.sum(axis=0, keepdims=True) - totals)
    return bca_intervals(values, drawn, left_out, sizes=sizes, level=level)


def without_ends(value: float | None, *, n: int, n_clusters: int, level: float) -> Interval:
    """A value that fewer than 20 clusters tell too little about."""
    note = f"fewer than {MIN_CLUSTERS} clusters: no interval"
    return Interval(value, None, None, level, "bca-cluster-bootstrap", n, n_clusters, note)


def bca_intervals(
    values: FloatArray,
    drawn: FloatArray,
    left_out: FloatArray,
    *,
    sizes: FloatArray,
    effective_clusters: float | None = None,
    level: float = 0.95,
) -> list[Interval]:
    """BCa intervals of statistics whose draws were computed elsewhere.

    Args:
        values: The statistics on all samples, shape (q,); NaN where undefined.
        drawn: The statistics in each draw of clusters, shape (draws, q); NaN where undefined.
        left_out: The statistics without each cluster, shape (k, q); or, to first order, the
            values minus the influence of each cluster.
        sizes: Number of samples of each cluster, shape (k,), k >= 20.
        effective_clusters: Number of clusters that the statistics rest on, for the t quantile;
            Kish's number for ``sizes`` when None.
        level: Nominal coverage, in (0, 1).

    Returns:
        q intervals, as `cluster_bootstrap` describes them.

    Source: see `cluster_bootstrap`.
    """
    require_level(level)
    k = kish_clusters(sizes) if effective_clusters is None else effective_clusters
    n, z = int(sizes.sum()), _expanded_quantile(level, k)
    return [
        _bca(float(values[q]), drawn[:, q], left_out[:, q], z=z, level=level, n=n)
        for q in range(values.shape[0])
    ]


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _expanded_quantile(level: float, effective_clusters: float) -> float:
    """The t quantile, stretched by the bootstrap's own shrinkage of sqrt((k-1)/k)."""
    degrees_of_freedom = max(effective_clusters - 1.0, 1.0)
    stretch = float(np.sqrt((degrees_of_freedom + 1.0) / degrees_of_freedom))
    return t_quantile(0.5 + level / 2.0, degrees_of_freedom) * stretch


def _bca(
    value: float, drawn: FloatArray, left_out: FloatArray, *, z: float, level: float, n: int
) -> Interval:
    """One statistic's interval from its draws and its leave-one-cluster-out values."""
    method, k = "bca-cluster-bootstrap", left_out.shape[0]
    good = drawn[~np.isnan(drawn)]
    note = ""
    if np.isnan(value):
        note = "undefined on these samples"
    elif good.size < drawn.size * (1.0 - MAX_UNDEFINED_SHARE) or np.isnan(left_out).any():
        note = "undefined in too many resamples: no interval"
    elif np.ptp(good) <= 1e-12 or np.ptp(left_out) <= 1e-12:
        note = "no variation between clusters: no interval"
    if note:
        return Interval(_defined(value), None, None, level, method, n, k, note)
    low, high = np.quantile(good, _bca_shares(value, good, left_out, z))
    return Interval(value, min(float(low), value), max(float(high), value), level, method, n, k)


def _bca_shares(
    value: float, drawn: FloatArray, left_out: FloatArray, z: float
) -> tuple[float, float]:
    """Which quantiles of the draws are the ends: 2.5 and 97.5 % but for bias and skewness."""
    from scipy.special import ndtr, ndtri

    tolerance = 1e-12
    below = np.mean(drawn < value - tolerance) + 0.5 * np.mean(np.abs(drawn - value) <= tolerance)
    share = np.clip(below, 0.5 / drawn.size, 1.0 - 0.5 / drawn.size)
    bias = float(ndtri(share))
    influence = left_out.mean() - left_out
    acceleration = float(np.sum(influence**3) / (6.0 * np.sum(influence**2) ** 1.5))
    ends = []
    for quantile in (-z, z):
        moved = bias + quantile
        ends.append(float(ndtr(bias + moved / max(1.0 - acceleration * moved, 0.05))))
    return ends[0], ends[1]
