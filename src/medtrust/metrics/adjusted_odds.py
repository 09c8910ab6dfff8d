"""Does uncertainty foresee collapse within a modality, or does it only know the modality?"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    require_level,
    require_same_length,
)
from medtrust.metrics.bootstrap import MIN_CLUSTERS
from medtrust.metrics.clusters import dense_codes
from medtrust.metrics.intervals import NO_SAMPLES, Interval, t_quantile
from medtrust.metrics.logistic import LogisticFit, fit_logistic, robust_covariance

METHOD = "cluster-robust-wald"
CONSTANT = "uncertainty does not vary: no odds ratio"
ONE_OUTCOME = "no group holds both outcomes: no odds ratio"
SEPARATED = "no finite odds ratio: uncertainty or a group settles the outcome"
FEW_CLUSTERS = f"fewer than {MIN_CLUSTERS} clusters: no interval"


@dataclass(frozen=True, slots=True)
class AdjustedOdds:
    """Odds ratio of an outcome per standard deviation of uncertainty, groups held fixed.

    Attributes:
        odds_ratio: With its interval; 1 = uncertainty says nothing beyond the groups.
        p_value: Two-sided, of an odds ratio of 1; None without an interval.
        standard_deviation: What one unit is, in units of the uncertainty; None when undefined.
        n_left_out: Items of groups in which all or none had the outcome: they cannot tell.
    """

    odds_ratio: Interval
    p_value: float | None
    standard_deviation: float | None
    n_left_out: int


def adjusted_odds_ratio(
    uncertainty: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    effects: Sequence[npt.ArrayLike] = (),
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> AdjustedOdds:
    """Logistic regression of an outcome on uncertainty with a constant for each group.

    Args:
        uncertainty: High = uncertain, finite, shape (n,).
        outcome: Zeros and ones, such as the collapse of answers right before, shape (n,).
        effects: Codes of groups (modality, dataset, model), shape (n,) each; each set of groups
            has its own constants. Groups should hold more than a few items: the constants of
            tiny groups inflate the odds ratio.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends > 0. Value None when the uncertainty or the outcome does not vary, or when
        no finite fit exists; ends None with fewer than 20 clusters.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.

    Source: Liang and Zeger 1986, Biometrika 73(1) (cluster-robust covariance); t quantile on k-1
        degrees of freedom.
    """
    require_level(level)
    scores, labels = as_values(uncertainty, "uncertainty"), as_zero_one(outcome, "outcome")
    groups = [as_codes(codes, f"effects[{i}]") for i, codes in enumerate(effects)]
    units = np.arange(scores.size) if clusters is None else as_codes(clusters, "clusters")
    named = {f"effects[{i}]": codes for i, codes in enumerate(groups)}
    n = require_same_length(uncertainty=scores, outcome=labels, clusters=units, **named)
    kept = _informative(labels, groups)
    left_out = n - int(kept.sum())
    scores, labels, units = scores[kept], labels[kept], units[kept]
    k = np.unique(units).size
    empty = Interval(None, None, None, level, METHOD, scores.size, k)

    def undefined(note: str) -> AdjustedOdds:
        named = Interval(None, None, None, level, METHOD, empty.n, k, note)
        return AdjustedOdds(named, None, None, left_out)

    if n == 0:
        return undefined(NO_SAMPLES)
    if scores.size == 0:
        return undefined(ONE_OUTCOME)
    spread = float(scores.std())
    if spread <= 1e-12 * float(np.abs(scores).max()):
        return undefined(CONSTANT)
    design = _design((scores - scores.mean()) / spread, [codes[kept] for codes in groups])
    fit = fit_logistic(design, labels)
    if fit is None:
        return undefined(SEPARATED)
    interval, p_value = _ratio(design, labels, fit, units, level)
    return AdjustedOdds(interval, p_value, spread, left_out)


def _informative(outcome: FloatArray, groups: Sequence[IntArray]) -> BoolArray:
    """Items whose groups all hold both outcomes, after the others are taken out."""
    kept: BoolArray = np.ones(outcome.size, dtype=np.bool_)
    sets = [np.zeros(outcome.size, dtype=np.int64), *(dense_codes(codes)[0] for codes in groups)]
    while True:
        mixed = kept.copy()
        for codes in sets:
            sizes = np.bincount(codes, weights=kept)
            hits = np.bincount(codes, weights=kept * outcome)
            mixed &= ((hits > 0) & (hits < sizes))[codes]
        if np.array_equal(mixed, kept):
            return kept
        kept = mixed


def _design(score: FloatArray, groups: Sequence[IntArray]) -> FloatArray:
    """Columns: the score, the constant, and all groups of each set but its first."""
    columns = [score, np.ones_like(score)]
    for codes in groups:
        names = np.unique(codes)
        columns += [(codes == name).astype(np.float64) for name in names[1:]]
    return np.column_stack(columns)


def _ratio(
    design: FloatArray, outcome: FloatArray, fit: LogisticFit, units: IntArray, level: float
) -> tuple[Interval, float | None]:
    """The first coefficient as an odds ratio, with its interval and p."""
    from scipy.special import stdtr

    n, k = outcome.size, int(np.unique(units).size)
    value = float(fit.coefficients[0])
    covariance = robust_covariance(design, outcome, fit, units)
    if k < MIN_CLUSTERS or covariance is None:
        return Interval(math.exp(value), None, None, level, METHOD, n, k, FEW_CLUSTERS), None
    error = math.sqrt(float(covariance[0, 0]))
    half = t_quantile(0.5 + level / 2.0, k - 1.0) * error
    ends = math.exp(value - half), math.exp(value + half)
    p_value = 2.0 * float(stdtr(k - 1.0, -abs(value) / error))
    return Interval(math.exp(value), *ends, level, METHOD, n, k), min(p_value, 1.0)
