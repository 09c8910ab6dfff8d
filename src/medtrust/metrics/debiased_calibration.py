"""Calibration error without the part that is mere scatter of the bins' accuracies."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import FloatArray, IntArray, as_codes, require_same_length
from medtrust.metrics.bootstrap import MIN_CLUSTERS
from medtrust.metrics.clusters import cluster_sums, dense_codes, kish_clusters
from medtrust.metrics.confidence_bins import Bins, BinSums, Edge, confidence_and_outcome
from medtrust.metrics.intervals import Interval, t_quantile

ROOT_MEAN_SQUARE = "root mean square of gaps: not below the mean absolute gap where gaps are real"
ONE_CLUSTER_A_BIN = "every bin is filled by one cluster: gaps cannot be told from scatter"
FEW_CLUSTERS = f"fewer than {MIN_CLUSTERS} clusters: no interval"


def debiased_squared_calibration_error(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    n_bins: int = 10,
    bins: Bins = "width",
    edge: Edge = "right",
) -> float | None:
    """Mean squared gap between confidence and accuracy, without the part that is mere scatter.

    The square of each bin's gap is estimated from products of residuals (confidence minus
    outcome) of two samples of different clusters, which is unbiased given the bins. With
    independent samples this is the squared gap minus the residuals' variance over n_b.

    Args:
        confidence: Confidence in the given answer, each in [0, 1], shape (n,).
        correct: Whether that answer was right, shape (n,).
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        n_bins: Number of bins.
        bins: As for `expected_calibration_error`.
        edge: As for `expected_calibration_error`.

    Returns:
        Value in [-1, 1], negative about half of the time when calibration is perfect. A bin whose
        samples all share one cluster cannot be told from scatter and counts as 0. None when that
        is so of every bin, or n = 0.

    Raises:
        ShapeError: If lengths differ, or a confidence is missing or lies outside [0, 1].

    Source: Kumar, Liang and Ma 2019, arXiv 1909.10155, definition 5.1 (after Broecker 2012,
        Climate Dynamics 39, and Ferro and Fricker 2012, QJRMS 138). Chosen over corrections of
        the mean absolute gap, none of which is unbiased: the absolute value has a kink at 0.
        Residuals in place of outcomes (equal when a bin holds one confidence) and products over
        clusters are our own.
    """
    sure, right = confidence_and_outcome(confidence, correct)
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(confidence=sure, clusters=codes)
    if sure.size == 0:
        return None
    sums = BinSums.build(sure, right, n_bins=n_bins, bins=bins, edge=edge)
    names = np.arange(sure.size) if codes is None else dense_codes(codes)[0]
    squares = squared_gaps(sure - right, sums.codes, names)
    if np.isnan(squares).all():
        return None
    return float(sums.shares @ np.nan_to_num(squares))


def squared_gaps(residuals: FloatArray, bins: IntArray, clusters: IntArray) -> FloatArray:
    """Unbiased square of the mean residual of each bin.

    Args:
        residuals: Confidence minus outcome, shape (n,).
        bins: Bin of each sample, 0 .. b-1, none empty, shape (n,).
        clusters: Cluster codes, each >= 0, shape (n,).

    Returns:
        Shape (b,); NaN where one cluster fills the bin.
    """
    k = int(clusters.max()) + 1
    cells, cell = dense_codes(bins * k + clusters)[0], np.unique(bins * k + clusters) // k
    sums = cluster_sums(residuals, cells, cell.size)
    sizes = np.bincount(cells, minlength=cell.size).astype(np.float64)

    def products_of_two(parts: FloatArray) -> FloatArray:
        whole = np.bincount(cell, weights=parts)
        return np.asarray(whole**2 - np.bincount(cell, weights=parts**2), dtype=np.float64)

    pairs = products_of_two(sizes)
    return np.where(pairs > 0.0, products_of_two(sums) / np.where(pairs > 0.0, pairs, 1.0), np.nan)


def debiased_calibration_error(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    n_bins: int = 10,
    bins: Bins = "width",
    edge: Edge = "right",
) -> float | None:
    """Root mean square gap between confidence and accuracy, debiased.

    The root of `debiased_squared_calibration_error` (arguments, errors and source there), or 0
    where that is negative. A root mean square is at least the mean absolute gap, so it may exceed
    the plain expected calibration error where gaps are real and uneven.

    Returns:
        Value in [0, 1]; None where the square is None.
    """
    square = debiased_squared_calibration_error(
        confidence, correct, clusters=clusters, n_bins=n_bins, bins=bins, edge=edge
    )
    return None if square is None else math.sqrt(max(square, 0.0))


def root_mean_square_interval(
    residuals: FloatArray, sums: BinSums, clusters: IntArray, *, level: float = 0.95
) -> Interval:
    """Debiased root mean square gap of bins, with an interval that holds at 0 as well as far off.

    The weighted sum of squared gaps is taken as a scaled noncentral chi-square, its scale and
    degrees of freedom from the (cluster-robust) covariance of the gaps, and the ends are the
    noncentralities at which the sum found is a 2.5 or a 97.5 % quantile. The bootstrap fails
    here: resampled gaps scatter about gaps that scatter already.

    Args:
        residuals: Confidence minus outcome, shape (n,).
        sums: The bins.
        clusters: Cluster codes 0 .. k-1, shape (n,).
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]; ends None with fewer than 20 clusters, value None when every bin
        is filled by one cluster.

    Source: the debiased square Kumar, Liang and Ma 2019, arXiv 1909.10155, definition 5.1; that
        an interval must follow two different rates Sun et al. 2024, arXiv 2408.08998; matching
        of two moments Satterthwaite 1946. The inversion is our own.
    """
    n, k = residuals.size, int(clusters.max()) + 1
    method = "noncentral-chi-square"
    squares = squared_gaps(residuals, sums.codes, clusters)
    if np.isnan(squares).all():
        return Interval(None, None, None, level, method, n, k, ONE_CLUSTER_A_BIN)
    shares = sums.shares
    square = float(shares @ np.nan_to_num(squares))
    value = float(np.sqrt(max(square, 0.0)))
    if k < MIN_CLUSTERS:
        return Interval(value, None, None, level, method, n, k, FEW_CLUSTERS)
    weighted = shares[:, None] * _covariance(residuals, sums, clusters)
    first, second = float(np.trace(weighted)), float(np.sum(weighted * weighted.T))
    if first <= 0.0 or second <= 0.0:
        note = "no scatter within bins: no interval"
        return Interval(value, None, None, level, method, n, k, note)
    low, high = _noncentralities(square, first, second, _tail(level, clusters))
    ends = min(float(np.sqrt(low)), value), max(float(np.sqrt(high)), value)
    return Interval(value, *ends, level, method, n, k, ROOT_MEAN_SQUARE)


def _covariance(residuals: FloatArray, sums: BinSums, clusters: IntArray) -> FloatArray:
    """Cluster-robust covariance of the gaps of bins, shape (b, b).

    Each cluster's share of a bin is stretched by what it moved the bin's own gap (CR2).
    """
    off = residuals - sums.gaps[sums.codes]
    b, k = sums.n.size, int(clusters.max()) + 1
    cells = clusters * b + sums.codes
    leverage = np.bincount(cells, minlength=k * b).reshape(k, b) / sums.n
    totals = cluster_sums(off, cells, k * b).reshape(k, b) / sums.n
    left = 1.0 - leverage
    stretched = np.where(left > 1e-9, totals / np.sqrt(np.where(left > 1e-9, left, 1.0)), 0.0)
    return np.asarray(stretched.T @ stretched, dtype=np.float64)


def _tail(level: float, clusters: IntArray) -> float:
    """Chance beyond one end, made smaller as a t quantile on the number of clusters asks for."""
    from scipy.special import ndtr

    sizes = np.bincount(clusters).astype(np.float64)
    return float(ndtr(-t_quantile(0.5 + level / 2.0, max(kish_clusters(sizes) - 1.0, 1.0))))


def _noncentralities(
    square: float, first: float, second: float, tail: float
) -> tuple[float, float]:
    """Ends for the mean squared gap, given its estimate and two moments of its scatter at 0.

    A negative estimate is taken as 0 for the upper end: luck below 0 must not end in certainty.
    """
    from scipy.special import chdtr, chndtrinc

    scale = second / first
    freedom = first / scale
    found, low = max(square + first, 0.0) / scale, 0.0
    if chdtr(freedom, found) > 1.0 - tail:
        low = max(float(chndtrinc(found, freedom, 1.0 - tail)), 0.0) * scale
    high = float(chndtrinc((max(square, 0.0) + first) / scale, freedom, tail)) * scale
    return low, high
