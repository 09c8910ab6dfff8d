"""AUROCs with intervals, differences of two, and thousands of resampled ones at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.bootstrap import MIN_CLUSTERS
from medtrust.metrics.clusters import cluster_sums, dense_codes
from medtrust.metrics.intervals import NO_SAMPLES, Interval
from medtrust.metrics.paired import PairedDifference
from medtrust.metrics.ranking_variance import AurocPair, AurocSpread, auroc_spread
from medtrust.metrics.ranking_walk import RankingWalk, weight_rows

METHOD = "delong-logit-t"
CLUSTERED = "obuchowski-logit-t"
EDGE = "wilson-on-the-scarcer-class"
DIFFERENCE = "delong-t"

# With 5 the intervals are wide and hold 98 to 99.5 %; with fewer they say next to nothing.
MIN_OF_A_CLASS = 5

ONE_CLASS = "needs both classes: no AUROC"
TOO_FEW_CLUSTERS = f"fewer than {MIN_CLUSTERS} clusters: no interval"
TOO_FEW_OF_A_CLASS = f"a class in fewer than {MIN_OF_A_CLASS} effective clusters: no interval"
ONE_SCORE = "all items score alike: 0.5 by definition, no interval"
BALANCED = "clusters balance each other out exactly: no interval"
RANKED_ALIKE = "both rank the items alike: nothing to compare"


def auroc_interval(
    score: npt.ArrayLike,
    positive: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """AUROC with a t interval on the logit scale.

    Args:
        score: High where an item is held to be positive, finite, shape (n,).
        positive: Booleans, or zeros and ones, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]. Value None without both classes. Ends None with fewer than 20
        clusters, with fewer than 5 (effective, after Kish) that hold positive or negative items,
        or when all items score alike. Never of zero width: at 0 and 1 a Wilson interval, see
        `medtrust.metrics.ranking_variance.AurocSpread.ends`.

    Raises:
        ShapeError: If arrays differ in length, or hold NaN or other labels.

    Source: variance of DeLong et al. 1988, Biometrics 44(3), with clusters of Obuchowski 1997,
        Biometrics 53(2); logit scale, Pepe 2003, section 5.2.
    """
    require_level(level)
    side = _Side.read(score, positive, clusters)
    spread, n = side.spread(), side.score.size
    k = n if clusters is None else int(np.unique(side.clusters).shape[0])
    if spread is None:
        return Interval(None, None, None, level, METHOD, n, k, NO_SAMPLES if n == 0 else ONE_CLASS)
    method = METHOD if clusters is None else CLUSTERED
    note = _too_little(spread)
    if not note and spread.still:
        note = ONE_SCORE if spread.constant else BALANCED
    if note:
        return Interval(spread.value, None, None, level, method, n, k, note)
    ends = spread.ends(level)
    return Interval(spread.value, *ends, level, EDGE if spread.at_the_edge else method, n, k)


def _too_little(spread: AurocSpread) -> str:
    """Why there can be no interval; empty when there can."""
    if spread.clusters.size < MIN_CLUSTERS:
        return TOO_FEW_CLUSTERS
    return TOO_FEW_OF_A_CLASS if spread.scarcer < MIN_OF_A_CLASS else ""


@dataclass(frozen=True, slots=True)
class _Side:
    """What one AUROC is made from, checked."""

    score: FloatArray
    positive: FloatArray
    clusters: IntArray

    @classmethod
    def read(
        cls, score: npt.ArrayLike, positive: npt.ArrayLike, clusters: IntArray | None
    ) -> _Side:
        values, labels = as_values(score, "score"), as_zero_one(positive, "positive")
        codes = np.arange(values.size) if clusters is None else as_codes(clusters, "clusters")
        require_same_length(score=values, positive=labels, clusters=codes)
        return cls(values, labels, codes)

    def spread(self) -> AurocSpread | None:
        return auroc_spread(self.score, self.positive, self.clusters)


def auroc_difference(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    positive: npt.ArrayLike,
    *,
    second_positive: npt.ArrayLike | None = None,
    clusters: IntArray | None = None,
    second_clusters: IntArray | None = None,
    level: float = 0.95,
) -> PairedDifference:
    """AUROC of the first score minus AUROC of the second, which share items or clusters.

    Two estimators of one model: same positives. One estimator in two arms, or two models: each
    with its own positives. Two subsets of the items (those right in either arm, say): each with
    its own clusters, which join them; for independent items their codes serve as clusters.

    Args:
        first: Scores of the first, finite, shape (n,).
        second: Scores of the second, shape (n,); shape (m,) when it has clusters of its own.
        positive: Booleans, or zeros and ones, shape (n,).
        second_positive: Those of the second; None when they are those of the first.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        second_clusters: Those of the second, shape (m,); None when both hold the same items.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [-1, 1], a t interval that agrees with the p-value. Value None when
        either lacks a class. Ends and p None with too few clusters (see `auroc_interval`; the fewer
        of both sides count), or when both rank the items alike. A constant score is allowed: its
        AUROC is 0.5 and does not vary.

    Raises:
        ShapeError: If arrays differ in length, hold NaN or other labels, or ``second_clusters``
            come without ``clusters``.

    Source: DeLong et al. 1988, Biometrics 44(3), equations 7 and 8; clusters of Obuchowski 1997,
        Biometrics 53(2). What is done near 0 and 1 is ours, see
        `medtrust.metrics.ranking_variance`.
    """
    require_level(level)
    if second_clusters is not None and clusters is None:
        raise ShapeError("second_clusters need clusters to be joined with.")
    one = _Side.read(first, positive, clusters)
    other = _Side.read(
        second,
        positive if second_positive is None else second_positive,
        clusters if second_clusters is None else second_clusters,
    )
    if second_clusters is None:
        require_same_length(first=one.score, second=other.score)
    n = one.score.size + (0 if second_clusters is None else other.score.size)
    k = int(np.union1d(one.clusters, other.clusters).shape[0])
    spreads = one.spread(), other.spread()
    if spreads[0] is None or spreads[1] is None:
        note = NO_SAMPLES if n == 0 else ONE_CLASS
        return PairedDifference(Interval(None, None, None, level, DIFFERENCE, n, k, note), None, "")
    pair = AurocPair.of(spreads[0], spreads[1])
    note = _too_little(pair.first) or _too_little(pair.second)
    if not note and pair.still:
        note = RANKED_ALIKE if pair.value == 0.0 else BALANCED
    if note:
        silent = Interval(pair.value, None, None, level, DIFFERENCE, n, k, note)
        return PairedDifference(silent, None, "")
    interval = Interval(pair.value, *pair.ends(level), level, DIFFERENCE, n, k)
    return PairedDifference(interval, pair.p_value(), DIFFERENCE)


def auroc_covariance(influences: npt.ArrayLike, clusters: IntArray | None = None) -> FloatArray:
    """Covariance of the sampling errors of several AUROCs on overlapping items.

    Args:
        influences: One row per AUROC, shape (m, n), each from
            `medtrust.metrics.ranking.auroc_influence` with the same clusters; 0 or NaN where an
            item does not belong to that AUROC's set.
        clusters: Cluster codes, shape (n,); None when all items are independent.

    Returns:
        Shape (m, m), symmetric and positive semidefinite.

    Raises:
        ShapeError: If ``influences`` is not (m, n), holds infinity, or clusters are not (n,).

    Source: DeLong et al. 1988, Biometrics 44(3), equation 7; clusters as in Obuchowski 1997.
    """
    table = np.asarray(influences, dtype=np.float64)
    if table.ndim != 2 or np.isinf(table).any():
        raise ShapeError("influences must be finite or NaN, with the shape (m, n).")
    table = np.where(np.isnan(table), 0.0, table)
    if clusters is not None:
        codes, k = dense_codes(as_codes(clusters, "clusters"))
        require_same_length(influences=table[:1].T, clusters=codes)
        table = np.array([cluster_sums(row, codes, k) for row in table]).reshape(-1, k)
    covariance: FloatArray = table @ table.T
    return covariance


def paired_auroc_draws(
    scores: npt.ArrayLike,
    positive: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    draws: int = 10_000,
) -> FloatArray:
    """AUROCs of several scores in the same resamples of clusters.

    Each score is sorted once and walked for many draws together, see
    `medtrust.metrics.ranking_walk`. Weights are whole numbers, so sums and ties are exact.

    Args:
        scores: One row per score, finite, shape (m, n).
        positive: Booleans, or zeros and ones, shape (n,).
        rng: Source of the draws.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        draws: Number of draws, >= 1.

    Returns:
        Shape (draws, m); NaN in draws that hold one class only.

    Raises:
        ShapeError: If ``scores`` is not (m, n), lengths differ, or there are no items.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ShapeError("scores must have the shape (m, n), n >= 1.")
    sides = [_Side.read(row, positive, clusters) for row in table]
    drawn = np.empty((draws, len(sides)))
    if not sides:
        return drawn
    codes, k = dense_codes(sides[0].clusters)
    labels = sides[0].positive
    walks = [RankingWalk.up(side.score, labels, codes) for side in sides]
    totals = np.array([cluster_sums(part, codes, k) for part in (labels, 1.0 - labels)])
    done = 0
    for rows, (found, missed) in weight_rows(totals, draws=draws, rng=rng):
        pairs = 2.0 * found * missed
        pairs[pairs == 0.0] = np.nan
        for column, walk in enumerate(walks):
            drawn[done : done + pairs.size, column] = walk.twice_won(rows) / pairs
        done += pairs.size
    return drawn
