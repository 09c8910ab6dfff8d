"""Intervals for selective-prediction numbers, by drawing clusters anew.

No data set is resampled: a draw is a vector of cluster weights, which gives every tie of equal
uncertainty its number of answers and errors, and all numbers follow from those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

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
from medtrust.metrics.bootstrap import (
    CELLS_IN_A_BLOCK,
    MIN_CLUSTERS,
    bca_intervals,
    cluster_weights,
    without_ends,
)
from medtrust.metrics.clusters import cluster_sums, dense_codes, kish_clusters
from medtrust.metrics.intervals import NO_SAMPLES, Interval
from medtrust.metrics.selective import (
    augrc,
    aurc,
    coverage_at_risk,
    excess_aurc,
    expected_losses,
    prediction_rejection_ratio,
    risk_at_coverage,
)
from medtrust.metrics.selective_draws import statistics_of_draws
from medtrust.metrics.selective_influence import (
    generalised_weights,
    influence,
    late_risk_weights,
    mean_risk_weights,
    point_weights,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

REJECTIONS: Final = (1.0, 0.5)
COVERAGES: Final = (0.5, 0.8, 0.9)
RISKS: Final = (0.05, 0.1)
SMOOTH: Final = (
    "aurc",
    "excess_aurc",
    "augrc",
    "prediction_rejection_ratio",
    "prediction_rejection_ratio_50",
    "risk_at_coverage_50",
    "risk_at_coverage_80",
    "risk_at_coverage_90",
)
STEPWISE: Final = ("coverage_at_risk_5", "coverage_at_risk_10")
# what the oracle takes away leaves a few early errors to decide: they, not n, set the width
EARLY: Final = ("excess_aurc", "prediction_rejection_ratio")
METHOD: Final = "bca-cluster-bootstrap"
NOT_SMOOTH: Final = "jumps from threshold to threshold, so that resampling does not cover it"
FEW_TO_REJECT: Final = "too few answers to reject any"
CELLS_AT_A_TIME: Final = 250_000


@dataclass(frozen=True, slots=True)
class Units:
    """What is drawn: clusters, or kinds of answers that are alike.

    Attributes:
        answers: Answers of each unit in each tie, sparse, shape (ties, units).
        errors: Wrong ones among them, same shape.
        copies: How many such units there are, shape (units,).
    """

    answers: csr_array
    errors: csr_array
    copies: IntArray


def selective_intervals(
    uncertainty: npt.ArrayLike,
    wrong: BoolArray | FloatArray,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 2_000,
) -> dict[str, Interval]:
    """Selective-prediction numbers with BCa intervals over clusters.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).
        rng: Source of the draws.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage, in (0, 1).
        draws: Number of draws, >= 1.

    Returns:
        By name: ``aurc``, ``excess_aurc``, ``augrc``, ``prediction_rejection_ratio`` and
        ``..._50`` (half rejected at most), ``risk_at_coverage_50``, ``_80``, ``_90`` and
        ``coverage_at_risk_5``, ``_10``, the numbers being percent. Values are those of
        `medtrust.metrics.selective`. Ends are None with fewer than 20 clusters, without
        variation, and for coverages at a risk.

    Raises:
        ShapeError: If arrays differ in length, hold NaN, or ``wrong`` is not 0 or 1.

    Source: see `medtrust.metrics.bootstrap.cluster_bootstrap`; the acceleration is taken from
        the influence of single answers, see `medtrust.metrics.selective_influence`.
    """
    require_level(level)
    order, losses = as_values(uncertainty, "uncertainty"), as_zero_one(wrong, "wrong")
    given = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(uncertainty=order, wrong=losses, clusters=given)
    values = selective_values(order, losses)
    if n == 0:
        empty = Interval(None, None, None, level, METHOD, 0, 0, NO_SAMPLES)
        return dict.fromkeys(values, empty)
    codes, k = dense_codes(np.arange(n) if given is None else given)
    if k < MIN_CLUSTERS:
        found = [without_ends(value, n=n, n_clusters=k, level=level) for value in values.values()]
        return dict(zip(values, found, strict=True))
    # sorted, so that neither draws nor rounding depend on the order of the input
    place = np.lexsort((losses, order) if k == n else (codes, losses, order))
    order, losses, codes = order[place], losses[place], np.arange(n) if k == n else codes[place]
    units = _kinds(order, losses) if k == n else _clusters(order, losses, codes)
    smooth = np.array([np.nan if values[name] is None else values[name] for name in SMOOTH])
    moved = _influences(order, losses, values)
    influences = np.stack([cluster_sums(one, codes, k) for one in moved], axis=1)
    sizes = np.bincount(codes, minlength=k).astype(np.float64)
    drawn, left_out = np.concatenate(list(_drawn(units, rng, draws))), smooth - influences
    intervals = bca_intervals(smooth, drawn, left_out, sizes=sizes, level=level)
    named = dict(zip(SMOOTH, intervals, strict=True))
    rare = _clusters_of_the_rarer(losses, codes, k)
    for name in EARLY:
        at = slice(SMOOTH.index(name), SMOOTH.index(name) + 1)
        named[name] = bca_intervals(
            smooth[at],
            drawn[:, at],
            left_out[:, at],
            sizes=sizes,
            effective_clusters=rare,
            level=level,
        )[0]
    for name in STEPWISE:
        named[name] = Interval(values[name], None, None, level, METHOD, n, k, NOT_SMOOTH)
    reason = _why_no_ratio(losses)
    return {
        name: replace(one, note=reason) if one.value is None else one for name, one in named.items()
    }


def selective_values(order: FloatArray, losses: FloatArray) -> dict[str, float | None]:
    """The numbers that `selective_intervals` gives intervals for, by name."""
    quality = 1.0 - losses
    found = [aurc(order, losses), excess_aurc(order, losses), augrc(order, losses)]
    found += [prediction_rejection_ratio(order, quality, max_rejection=r) for r in REJECTIONS]
    found += [risk_at_coverage(order, losses, coverage) for coverage in COVERAGES]
    found += [coverage_at_risk(order, losses, risk) for risk in RISKS]
    return dict(zip((*SMOOTH, *STEPWISE), found, strict=True))


def _why_no_ratio(losses: FloatArray) -> str:
    if not losses.any():
        return "no answer is wrong: the best order gains nothing over a random one"
    if losses.all():
        return "every answer is wrong: the best order gains nothing over a random one"
    return FEW_TO_REJECT


def _clusters_of_the_rarer(losses: FloatArray, codes: IntArray, k: int) -> float:
    """Kish's number of clusters for errors or for right answers, whichever are fewer."""
    rarer = losses if losses.mean() <= 0.5 else 1.0 - losses
    return kish_clusters(cluster_sums(rarer, codes, k)) if rarer.any() else float(k)


def _kinds(order: FloatArray, losses: FloatArray) -> Units:
    """Independent answers: those of one tie and one outcome are drawn together."""
    from scipy.sparse import csr_array

    tie = np.unique(order, return_inverse=True)[1]
    kinds, copies = np.unique(2 * tie + losses.astype(np.int64), return_counts=True)
    shape = (int(tie.max()) + 1, kinds.shape[0])
    at = (kinds // 2, np.arange(kinds.shape[0]))
    ones, bad = np.ones(kinds.shape[0]), (kinds % 2).astype(np.float64)
    return Units(csr_array((ones, at), shape), csr_array((bad, at), shape), copies)


def _clusters(order: FloatArray, losses: FloatArray, codes: IntArray) -> Units:
    from scipy.sparse import csr_array

    tie = np.unique(order, return_inverse=True)[1]
    shape = (int(tie.max()) + 1, int(codes.max()) + 1)
    answers = csr_array((np.ones(codes.shape[0]), (tie, codes)), shape)
    errors = csr_array((losses, (tie, codes)), shape)
    errors.eliminate_zeros()
    return Units(answers, errors, np.ones(shape[1], dtype=np.int64))


def _drawn(units: Units, rng: np.random.Generator, draws: int) -> Iterator[FloatArray]:
    """The smooth numbers of each draw, in blocks of shape (some draws, q)."""
    at_once = max(1, CELLS_AT_A_TIME // units.answers.shape[0])
    for weights in _weights(units.copies, rng, draws):
        for start in range(0, weights.shape[0], at_once):
            block = np.ascontiguousarray(weights[start : start + at_once].T)
            yield statistics_of_draws(
                units.answers @ block,
                units.errors @ block,
                rejections=REJECTIONS,
                coverages=COVERAGES,
                risks=(),
            )


def _weights(copies: IntArray, rng: np.random.Generator, draws: int) -> Iterator[FloatArray]:
    """How often each unit is drawn, in blocks of shape (some draws, units)."""
    k, units = int(copies.sum()), copies.shape[0]
    if units * 8 >= k:
        unit = np.repeat(np.arange(units), copies)
        starts = np.flatnonzero(np.diff(unit, prepend=-1))
        for weights in cluster_weights(k, draws=draws, rng=rng):
            yield weights if units == k else np.add.reduceat(weights, starts, axis=1)
        return
    block = max(1, CELLS_IN_A_BLOCK // units)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        yield rng.multinomial(k, copies / k, size=rows).astype(np.float64)


def _influences(
    order: FloatArray, losses: FloatArray, values: dict[str, float | None]
) -> list[FloatArray]:
    """Influence of each answer on each smooth number, shape (n,) each."""
    rate = float(losses.mean())
    on_rate = (losses - rate) / (losses.shape[0] + 1.0)
    area = influence(order, losses, mean_risk_weights)
    best = influence(losses, losses, mean_risk_weights)
    found = [area, area - best, influence(order, losses, generalised_weights)]
    for name, share in zip(SMOOTH[3:5], REJECTIONS, strict=True):
        weights, ratio = late_risk_weights(share), values[name]
        gain = on_rate - influence(order, losses, weights)
        possible = on_rate - influence(losses, losses, weights)
        lost = expected_losses(losses, losses)[1:]
        room = rate - float(weights(losses.shape[0]) @ lost)
        undefined = ratio is None or room <= 0.0
        found.append(
            np.full_like(losses, np.nan) if undefined else (gain - (ratio or 0.0) * possible) / room
        )
    return found + [influence(order, losses, point_weights(share)) for share in COVERAGES]
