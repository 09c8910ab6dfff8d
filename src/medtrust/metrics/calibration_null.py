"""Calibration errors that a perfectly calibrated model would show on the same samples."""

from __future__ import annotations

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.clusters import cluster_sums, dense_codes

CELLS_IN_A_BLOCK = 2_000_000


def calibrated_gaps(
    confidence: FloatArray,
    correct: FloatArray,
    bins: IntArray,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    draws: int = 2_000,
) -> tuple[FloatArray, str]:
    """Gaps between confidence and accuracy of bins when every confidence is true.

    Independent samples: outcomes are drawn anew, each right with the chance that its confidence
    states. Samples that share clusters: outcomes drawn one by one would scatter too little; then
    each cluster's residuals (confidence minus outcome, of mean 0 if calibrated) change sign as a
    whole, which keeps what its samples share.

    Args:
        confidence: Probabilities, shape (n,), n >= 1.
        correct: Zeros and ones, shape (n,).
        bins: Bin of each sample, 0 .. b-1, none empty, the same for equal confidences, shape (n,).
        rng: Source of the draws.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        draws: Number of draws.

    Returns:
        Mean confidence minus accuracy of each bin, shape (draws, b); and
        ``consistency-resampling`` or ``wild-cluster``.

    Source: Broecker and Smith 2007, Weather and Forecasting 22, pages 651-661 (outcomes drawn
        from the forecasts); wild cluster signs with the null imposed, Cameron, Gelbach and Miller
        2008, Review of Economics and Statistics 90(3).
    """
    n_bins = int(bins.max()) + 1
    sizes = np.bincount(bins, minlength=n_bins).astype(np.float64)
    if clusters is not None:
        codes, k = dense_codes(clusters)
        if k < codes.size:
            sums = cluster_sums(confidence - correct, codes * n_bins + bins, k * n_bins)
            return _signed(sums.reshape(k, n_bins), rng, draws) / sizes, "wild-cluster"
    stated = np.bincount(bins, weights=confidence, minlength=n_bins)
    right = _drawn_right(confidence, bins, n_bins, rng, draws)
    return (stated - right) / sizes, "consistency-resampling"


def _signed(sums: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
    """Totals of rows that change sign at random, shape (draws, b)."""
    k = sums.shape[0]
    block = max(1, CELLS_IN_A_BLOCK // k)
    totals = []
    for start in range(0, draws, block):
        signs = 2.0 * rng.integers(0, 2, size=(min(block, draws - start), k), dtype=np.int8) - 1.0
        totals.append(signs @ sums)
    return np.concatenate(totals)


def _drawn_right(
    confidence: FloatArray, bins: IntArray, n_bins: int, rng: np.random.Generator, draws: int
) -> FloatArray:
    """Number of right answers in each bin, drawn from the confidences, shape (draws, b).

    Equal confidences are drawn together, and always in ascending order: the order of the samples
    plays no part.
    """
    kinds, first, counts = np.unique(confidence, return_index=True, return_counts=True)
    members = np.zeros((kinds.size, n_bins), dtype=np.float32)
    members[np.arange(kinds.size), bins[first]] = 1.0
    block = max(1, CELLS_IN_A_BLOCK // kinds.size)
    several = counts > 1
    totals = []
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        drawn = (rng.random((rows, kinds.size)) < kinds).astype(np.float32)
        if several.any():
            size = (rows, int(several.sum()))
            drawn[:, several] = rng.binomial(counts[several], kinds[several], size=size)
        # Whole numbers up to 2^24 are exact in single precision.
        totals.append((drawn @ members).astype(np.float64))
    return np.concatenate(totals)
