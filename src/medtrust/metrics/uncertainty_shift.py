"""Does uncertainty move when the input is perturbed? The same items before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

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
from medtrust.metrics.bootstrap import MIN_CLUSTERS
from medtrust.metrics.clusters import dense_codes
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.paired import PairedDifference, paired_difference, sign_flip

Steps: TypeAlias = npt.NDArray[np.int8]

WILCOXON = "wilcoxon-signed-rank"
SIGNED_RANK_FLIP = "sign-flip-of-signed-ranks"
MARGINALS_FLIP = "pair-swap"
NO_SCATTER = "all differences are equal: no standardised difference"
FEW_CLUSTERS = f"fewer than {MIN_CLUSTERS} clusters: no interval"
# Running sums of a block of swaps stay in the cache.
CELLS_IN_A_BLOCK = 60_000
# Below this share of the largest difference, what is left is rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Shift:
    """The size of a move and the chance of one as large if before and after were exchangeable.

    Attributes:
        value: The size; None when it is undefined.
        p_value: In (0, 1]; None when there is nothing to test.
        p_method: How p was made; empty when it is None.
    """

    value: float | None
    p_value: float | None
    p_method: str


@dataclass(frozen=True, slots=True)
class UncertaintyShift:
    """How uncertainty moved from before to after.

    Attributes:
        difference: Mean of after - before, in units of the uncertainty, with a sign-flip p.
        standardised: That mean over the standard deviation of the differences (Cohen's d_z).
        signed_rank: The sum of signed ranks over its largest possible size, in [-1, 1] (the
            matched-pairs rank-biserial correlation), with its p: ``wilcoxon-signed-rank`` for
            independent items, ``sign-flip-of-signed-ranks`` for clustered ones.
        kolmogorov_smirnov: Largest gap between the two marginal distribution functions, in
            [0, 1], with its p from swapping before and after of whole clusters.
        rose: Share of items whose uncertainty rose.
        fell: Share of items whose uncertainty fell; the rest did not move.
    """

    difference: PairedDifference
    standardised: Interval
    signed_rank: Shift
    kolmogorov_smirnov: Shift
    rose: Interval
    fell: Interval


def uncertainty_shift(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 2_000,
) -> UncertaintyShift:
    """Everything said about the move of an uncertainty between two conditions.

    Args:
        before: Uncertainty of each item before, high = uncertain, shape (n,).
        after: Uncertainty of the same items under the perturbation, shape (n,).
        rng: Source of the permutations.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).
        draws: Number of permutations of each test, >= 1.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.
    """
    require_level(level)
    old, new = as_values(before, "before"), as_values(after, "after")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(before=old, after=new, clusters=codes)
    change = new - old
    return UncertaintyShift(
        difference=paired_difference(old, new, rng=rng, clusters=codes, level=level, draws=draws),
        standardised=standardised_difference(change, clusters=codes, level=level),
        signed_rank=signed_rank(change, rng=rng, clusters=codes, draws=draws),
        kolmogorov_smirnov=marginal_distance(old, new, rng=rng, clusters=codes, draws=draws),
        rose=rate(new > old, clusters=codes, level=level),
        fell=rate(new < old, clusters=codes, level=level),
    )


def standardised_difference(
    change: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Mean paired difference over the standard deviation of the differences (Cohen's d_z).

    The interval is the t interval of the mean of d_z's own influence values, so that differences
    need not be normal and clusters count as what they are.

    Args:
        change: Paired differences after - before, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value None with fewer than two items or when all differences are equal; ends None with
        fewer than 20 clusters.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.

    Source: Cohen 1988, Statistical Power Analysis, section 2.3.5 (d_z); the interval by the delta
        method on mean and variance is our own.
    """
    require_level(level)
    values = as_values(change, "change")
    interval = mean(values, clusters=clusters, level=level)
    method = "influence-t" if clusters is None else "cluster-robust-influence-t"
    empty = replace(interval, value=None, low=None, high=None, method=method)
    if values.size < 2:
        return replace(empty, note=interval.note or NO_SCATTER)
    spread = float(values.std(ddof=1))
    if spread <= ROUNDING * float(np.abs(values).max()):
        return replace(empty, note=NO_SCATTER)
    value = float(values.mean()) / spread
    if interval.n_clusters < MIN_CLUSTERS:
        return replace(empty, value=value, note=interval.note or FEW_CLUSTERS)
    around = mean(value + standardised_pulls(values), clusters=clusters, level=level)
    return replace(around, value=value, method=method)


def standardised_pulls(change: FloatArray) -> FloatArray:
    """How far each item pulls d_z away: its influence values, shape (n,), with mean 0.

    Args:
        change: Paired differences, not all equal, shape (n,).

    Source: the delta method on mean and variance, see `standardised_difference`.
    """
    spread = float(change.std(ddof=1))
    scaled = (change - change.mean()) / spread
    squares = np.square(scaled)
    pulls: FloatArray = scaled - float(change.mean()) / spread / 2.0 * (squares - squares.mean())
    return pulls


def signed_rank(
    change: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    draws: int = 2_000,
) -> Shift:
    """Sum of signed ranks of the differences, as a share of its largest possible size.

    Differences of 0 are left out. For independent items p is Wilcoxon's; with clusters the signs of
    all ranks of a cluster flip together.

    Args:
        change: Paired differences after - before, shape (n,).
        rng: Source of the random flips.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        draws: Number of random flips, >= 1.

    Returns:
        Value in [-1, 1], positive when uncertainty rises. Value 0 and p 1 when nothing moved;
        both None when n = 0; p None with one cluster.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.

    Source: Wilcoxon 1945, Biometrics Bulletin 1(6); Kerby 2014, Comprehensive Psychology 3
        (rank-biserial correlation of pairs).
    """
    from scipy.stats import rankdata, wilcoxon

    values = as_values(change, "change")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    if require_same_length(change=values, clusters=codes) == 0:
        return Shift(None, None, "")
    moved = values[values != 0.0]
    method = WILCOXON if codes is None else SIGNED_RANK_FLIP
    if moved.size == 0:
        return Shift(0.0, 1.0, method)
    ranks = rankdata(np.abs(moved)) * np.sign(moved)
    value = float(ranks.sum() / np.abs(ranks).sum())
    if codes is None:
        return Shift(value, float(wilcoxon(moved).pvalue), method)
    if np.unique(codes).size < 2:
        return Shift(value, None, "")
    kept = codes[values != 0.0]
    return Shift(value, sign_flip(ranks, clusters=kept, rng=rng, draws=draws)[0], method)


def marginal_distance(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    draws: int = 2_000,
) -> Shift:
    """Kolmogorov-Smirnov distance between the distributions before and after, tested as pairs.

    The textbook p of two samples would be wrong here: both samples are the same items. If the
    perturbation does nothing, before and after of a cluster may be swapped.

    Args:
        before: Uncertainty of each item before, shape (n,).
        after: That of the same items under the perturbation, shape (n,).
        rng: Source of the swaps.
        clusters: Cluster codes, shape (n,), whose pairs are swapped together; None when all items
            are independent.
        draws: Number of random swaps, >= 1; p = (1 + hits) / (1 + draws).

    Returns:
        Value in [0, 1]; None when n = 0; p None with one cluster.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.
    """
    old, new = as_values(before, "before"), as_values(after, "after")
    codes = np.arange(old.size) if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(before=old, after=new, clusters=codes)
    if n == 0:
        return Shift(None, None, "")
    moved = old != new
    if not moved.any():
        return Shift(0.0, 1.0, MARGINALS_FLIP)
    steps, cluster, ends = _steps(old[moved], new[moved], codes[moved])
    observed = int(_largest_gaps(steps[None], ends)[0])
    if np.unique(codes).size < 2:
        return Shift(observed / n, None, "")
    k, hits = int(cluster.max()) + 1, 0
    block = max(1, CELLS_IN_A_BLOCK // steps.size)
    for start in range(0, draws, block):
        signs = 2 * rng.integers(0, 2, size=(min(block, draws - start), k), dtype=np.int8) - 1
        hits += int(np.sum(_largest_gaps(signs[:, cluster] * steps, ends) >= observed))
    return Shift(observed / n, (1 + hits) / (1 + draws), MARGINALS_FLIP)


def _steps(
    before: FloatArray, after: FloatArray, codes: IntArray
) -> tuple[Steps, IntArray, IntArray]:
    """Steps of n (F_after - F_before) in the order of values, their clusters, and level ends."""
    values = np.concatenate([before, after])
    order = np.argsort(values, kind="stable")
    steps = np.repeat(np.array([-1, 1], dtype=np.int8), before.size)[order]
    cluster = np.tile(dense_codes(codes)[0], 2)[order]
    ends = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    return steps, cluster, ends.astype(np.int64)


def _largest_gaps(steps: Steps, ends: IntArray) -> IntArray:
    """Largest absolute running sum at the end of a level of equal values, shape (rows,)."""
    sums = np.cumsum(steps, axis=1, dtype=np.int32)
    gaps = sums if ends.size == steps.shape[1] else sums[:, ends]
    largest: IntArray = np.maximum(gaps.max(axis=1), -gaps.min(axis=1)).astype(np.int64)
    return largest
