"""The same samples under two conditions: how much changed, and could it be chance?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    is_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.clusters import cluster_sums, dense_codes
from medtrust.metrics.intervals import (
    NO_SAMPLES,
    ONE_CLUSTER,
    Interval,
    mean,
    normal_quantile,
    sample_size,
)

MAX_EXACT_CLUSTERS = 12
CELLS_IN_A_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """A mean paired difference and the chance of one as large when nothing changed.

    Attributes:
        interval: The difference after - before with its interval.
        p_value: Two-sided, in (0, 1]; None when there is nothing to test.
        p_method: ``sign-flip-exact`` or ``sign-flip``; empty when p is None.
    """

    interval: Interval
    p_value: float | None
    p_method: str


def paired_difference(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 10_000,
) -> PairedDifference:
    """Mean of after - before over the same samples, with interval and p-value.

    For outcomes of 0 and 1 the interval is Bonett and Price's adjusted Wald interval on the
    effective number of pairs (it has a width even if no pair changed); for scores of any range it
    is the cluster-robust t interval of the differences. The p-value flips the sign of whole
    clusters: if the condition does nothing, before and after are exchangeable within a cluster.

    Args:
        before: Outcomes or scores, shape (n,).
        after: Those of the same samples under the other condition, shape (n,).
        rng: Source of the random sign flips; not touched if they can all be listed.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage, in (0, 1).
        draws: Number of random flips, >= 1.

    Returns:
        Value None when n = 0; ends and p None with one cluster.

    Raises:
        ShapeError: If arrays differ in length or hold NaN.

    Source: Bonett and Price 2012, Journal of Educational and Behavioral Statistics 37(4), pages
        479-488, adjusted Wald interval; effective size see `medtrust.metrics.clusters`.
    """
    require_level(level)
    old, new = as_values(before, "before"), as_values(after, "after")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(before=old, after=new, clusters=codes)
    if n == 0:
        empty = Interval(None, None, None, level, "bonett-price", 0, 0, NO_SAMPLES)
        return PairedDifference(empty, None, "")
    change = new - old
    if is_zero_one(old) and is_zero_one(new):
        interval = _change_of_rate(change, codes, level)
    else:
        interval = mean(change, clusters=codes, level=level)
    if interval.n_clusters < 2:
        return PairedDifference(interval, None, "")
    p_value, p_method = sign_flip(change, clusters=codes, rng=rng, draws=draws)
    return PairedDifference(interval, p_value, p_method)


def _change_of_rate(change: FloatArray, clusters: IntArray | None, level: float) -> Interval:
    """Bonett-Price interval of the mean of changes of -1, 0 and 1."""
    n, value = change.shape[0], float(change.mean())
    size = sample_size(change, clusters, level=level)
    method = "bonett-price" if clusters is None else "bonett-price-effective-n"
    if size is None:
        return Interval(value, None, None, level, method, n, 1, ONE_CLUSTER)
    gained = (size.n * float((change > 0).mean()) + 1.0) / (size.n + 2.0)
    lost = (size.n * float((change < 0).mean()) + 1.0) / (size.n + 2.0)
    middle = gained - lost
    z = normal_quantile(0.5 + level / 2.0)
    half = z * math.sqrt((gained + lost - middle * middle) / (size.n + 2.0))
    low, high = max(middle - half, -1.0), min(middle + half, 1.0)
    return Interval(value, min(low, value), max(high, value), level, method, n, size.n_clusters)


def sign_flip(
    change: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    draws: int = 10_000,
) -> tuple[float, str]:
    """Two-sided p of a sum of changes, when each cluster's sign could as well be the other.

    All sign patterns are listed when at most 12 clusters changed at all; else ``draws`` random
    ones are made and p = (1 + hits) / (1 + draws).

    Args:
        change: Paired differences, shape (n,).
        rng: Source of the random flips.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        draws: Number of random flips, >= 1.

    Returns:
        p in (0, 1], and ``sign-flip-exact`` or ``sign-flip``.

    Source: Fisher 1935, The Design of Experiments, section 21; random draws counted after
        Phipson and Smyth 2010, SAGMB 9(1), article 39.
    """
    values = as_values(change, "change")
    sums = values
    if clusters is not None:
        codes, n_clusters = dense_codes(as_codes(clusters, "clusters"))
        require_same_length(change=values, clusters=codes)
        sums = cluster_sums(values, codes, n_clusters)
    sizes = np.abs(sums)
    largest = float(sizes.max(initial=0.0))
    sizes = sizes[sizes > largest * 1e-12]
    observed = abs(float(sums.sum()))
    reached = observed - 1e-9 * float(sizes.sum())
    if sizes.shape[0] <= MAX_EXACT_CLUSTERS:
        patterns = np.arange(2 ** sizes.shape[0])[:, None] >> np.arange(sizes.shape[0]) & 1
        totals = (2.0 * patterns - 1.0) @ sizes
        return float(np.mean(np.abs(totals) >= reached)), "sign-flip-exact"
    hits = int(np.sum(np.abs(_flipped_totals(sizes, rng, draws)) >= reached))
    return (1 + hits) / (1 + draws), "sign-flip"


def _flipped_totals(sizes: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
    """Sums of randomly signed sizes, shape (draws,); equal sizes are drawn together."""
    names, counts = np.unique(sizes, return_counts=True)
    single, repeated = names[counts == 1], names[counts > 1]
    repeats = counts[counts > 1]
    totals = np.zeros(draws)
    for name, count in zip(repeated, repeats, strict=True):
        totals += name * (2.0 * rng.binomial(count, 0.5, size=draws) - count)
    if single.size == 0:
        return totals
    block = max(1, CELLS_IN_A_BLOCK // single.size)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        up = rng.integers(0, 2, size=(rows, single.size), dtype=np.int8)
        totals[start : start + rows] += 2.0 * (up @ single) - single.sum()
    return totals


def mcnemar_exact(before: BoolArray | FloatArray, after: BoolArray | FloatArray) -> float | None:
    """Exact McNemar p for independent pairs of outcomes; for clustered pairs use `sign_flip`.

    Args:
        before: Booleans, or zeros and ones, shape (n,).
        after: Those of the same samples under the other condition, shape (n,).

    Returns:
        Two-sided p in (0, 1]; 1 when no pair changed; None when n = 0.

    Raises:
        ShapeError: If the arrays differ in length or hold anything but 0 and 1.

    Source: McNemar 1947, Psychometrika 12(2); exact binomial form as in Fagerland, Lydersen and
        Laake 2013, BMC Medical Research Methodology 13:91.
    """
    from scipy.special import bdtr

    old, new = as_zero_one(before, "before"), as_zero_one(after, "after")
    if require_same_length(before=old, after=new) == 0:
        return None
    gained, lost = int(np.sum(new > old)), int(np.sum(new < old))
    if gained + lost == 0:
        return 1.0
    return min(1.0, 2.0 * float(bdtr(min(gained, lost), gained + lost, 0.5)))
