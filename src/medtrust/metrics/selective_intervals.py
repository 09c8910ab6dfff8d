"""Intervals for selective-prediction numbers, by drawing clusters anew.

No data set is resampled: a draw is a vector of cluster weights, which gives every tie of equal
uncertainty its number of answers and errors, and all numbers follow from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

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
    MIN_CLUSTERS,
    bca_intervals,
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
from medtrust.metrics.selective_resampling import (
    clusters_of_answers,
    kinds_of_answers,
    resampled_ties,
)

REJECTIONS: Final = (1.0, 0.5)
COVERAGES: Final = (0.5, 0.8, 0.9)
RISKS: Final = (0.05, 0.1)
AREAS: Final = (
    "aurc",
    "excess_aurc",
    "augrc",
    "prediction_rejection_ratio",
    "prediction_rejection_ratio_50",
)
AT_COVERAGES: Final = ("risk_at_coverage_50", "risk_at_coverage_80", "risk_at_coverage_90")
AT_RISKS: Final = ("coverage_at_risk_5", "coverage_at_risk_10")
# a few early errors decide these, so that their number, not n, sets the width
EARLY: Final = ("aurc", "excess_aurc", "prediction_rejection_ratio")
METHOD: Final = "bca-cluster-bootstrap"
NOT_SMOOTH: Final = "jumps from threshold to threshold: resampling does not cover it, no interval"


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
        variation, and for coverages at a risk; those of areas and ratios also where fewer than 20
        clusters hold an error, or a right answer.

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
        return {name: _few(value, n, k, level) for name, value in values.items()}
    # sorted, so that neither draws nor rounding depend on the order of the input
    place = np.lexsort((losses, order) if k == n else (codes, losses, order))
    order, losses, codes = order[place], losses[place], np.arange(n) if k == n else codes[place]
    units = kinds_of_answers(order, losses) if k == n else clusters_of_answers(order, losses, codes)
    drawn = [
        statistics_of_draws(*ties, rejections=REJECTIONS, coverages=COVERAGES)
        for ties in resampled_ties(units, draws=draws, rng=rng)
    ]
    named = _smooth(order, losses, codes, values, np.concatenate(drawn), level)
    for name in AT_RISKS:
        named[name] = Interval(values[name], None, None, level, METHOD, n, k, NOT_SMOOTH)
    return named


def _few(value: float | None, n: int, k: int, level: float) -> Interval:
    interval = without_ends(value, n=n, n_clusters=k, level=level)
    if value is not None:
        return interval
    return replace(interval, note="the best order gains nothing over a random one: undefined")


def _smooth(
    order: FloatArray,
    losses: FloatArray,
    codes: IntArray,
    values: Mapping[str, float | None],
    drawn: FloatArray,
    level: float,
) -> dict[str, Interval]:
    """Intervals of all numbers that change little when one answer does."""
    k = int(codes.max()) + 1
    names = (*AREAS, *AT_COVERAGES)
    found = np.array([np.nan if values[name] is None else values[name] for name in names])
    # twice the data are no news: influences add up to zero but for the kinks of the curve
    centred = [one - one.mean() for one in _influences(order, losses, values)]
    left_out = found - np.stack([cluster_sums(one, codes, k) for one in centred], axis=1)
    sizes = np.bincount(codes, minlength=k).astype(np.float64)
    rarer = cluster_sums(losses if losses.mean() <= 0.5 else 1.0 - losses, codes, k)
    few = _too_few_of_one_outcome(losses, rarer)
    rare = None if few else min(kish_clusters(rarer), kish_clusters(sizes))
    named = {}
    for name, value, draws, left in zip(names, found, drawn.T, left_out.T, strict=True):
        interval = bca_intervals(
            np.array([value]),
            draws[:, None],
            left[:, None],
            sizes=sizes,
            effective_clusters=rare if name in EARLY else None,
            level=level,
        )[0]
        suppressed = few and name in AREAS
        named[name] = replace(interval, low=None, high=None, note=few) if suppressed else interval
    return named


def _too_few_of_one_outcome(losses: FloatArray, rarer: FloatArray) -> str:
    """Why areas have no interval, empty if they have: ranks need both outcomes often enough."""
    clusters = int(np.count_nonzero(rarer))
    if clusters >= MIN_CLUSTERS:
        return ""
    outcome = "errors" if losses.mean() <= 0.5 else "right answers"
    if clusters == 0:
        return f"no {outcome}: no order is better than another"
    return f"{outcome} in fewer than {MIN_CLUSTERS} clusters: no interval"


def selective_values(order: FloatArray, losses: FloatArray) -> dict[str, float | None]:
    """The numbers that `selective_intervals` gives intervals for, by name."""
    quality = 1.0 - losses
    found = [aurc(order, losses), excess_aurc(order, losses), augrc(order, losses)]
    found += [prediction_rejection_ratio(order, quality, max_rejection=r) for r in REJECTIONS]
    found += [risk_at_coverage(order, losses, coverage) for coverage in COVERAGES]
    found += [coverage_at_risk(order, losses, risk) for risk in RISKS]
    return dict(zip((*AREAS, *AT_COVERAGES, *AT_RISKS), found, strict=True))


def _influences(
    order: FloatArray, losses: FloatArray, values: Mapping[str, float | None]
) -> list[FloatArray]:
    """Influence of each answer on each smooth number, shape (n,) each."""
    rate = float(losses.mean())
    on_rate = (losses - rate) / (losses.shape[0] + 1.0)
    area = influence(order, losses, mean_risk_weights)
    best = influence(losses, losses, mean_risk_weights)
    found = [area, area - best, influence(order, losses, generalised_weights)]
    for name, share in zip(AREAS[3:], REJECTIONS, strict=True):
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
