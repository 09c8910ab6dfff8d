"""How far apart groups of people (or of images) are, and how far they would be by chance.

The largest gap between groups is biased upward: even a model that treats all alike shows one. So a
gap never stands alone here; beside it stand the gap that a fair model would show on the same
samples, a p-value, and the gap with that bias removed. A constant answer is right more often in
the group that has more of that label; `standardised_gap` compares groups as if all had one mix of
labels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    is_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.gap_null import GroupedSums, fair_gaps
from medtrust.metrics.intervals import Interval, mean, rate


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group.

    Attributes:
        group: Its code.
        interval: Rate (or mean score) with its own interval.
        simultaneous: The same with an interval wide enough that all groups' intervals together
            hold at the level (Sidak).
        compared: The value that enters the gap: the rate, or the standardised rate; None when the
            group is left out.
        note: Why it is left out.
    """

    group: int
    interval: Interval
    simultaneous: Interval
    compared: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class GapTable:
    """All groups and the largest gap between them.

    Attributes:
        rows: One per group, sorted by code.
        gap: Largest minus smallest compared value, >= 0; None with under two groups to compare.
        noise_floor: Mean gap of a fair model on these samples; None with the gap.
        debiased_gap: Square root of gap^2 minus the mean squared fair gap, 0 if that is negative.
        p_value: Chance of a gap this large under a fair model, in (0, 1].
        worst_group: Code of the group with the smallest compared value; None if all are equal.
        best_group: Code of the group with the largest; None if all are equal.
        null_model: ``permutation`` (labels over clusters) or ``wild-cluster``; empty without a gap.
        n_unknown: Samples whose group code is negative: left out.
        note: Why something is None.
    """

    rows: tuple[GroupRow, ...]
    gap: float | None
    noise_floor: float | None
    debiased_gap: float | None
    p_value: float | None
    worst_group: int | None
    best_group: int | None
    null_model: str
    n_unknown: int
    note: str = ""


def group_gap(
    scores: npt.ArrayLike,
    groups: IntArray,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 2_000,
    minimum_n: int = 30,
) -> GapTable:
    """Rates (or mean scores) of groups and the largest gap between two of them.

    Args:
        scores: Outcomes of 0 and 1, or scores of any range, shape (n,).
        groups: Group code of each sample, shape (n,); negative is unknown and left out.
        rng: Source of the permutations.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage of the intervals, in (0, 1).
        draws: Number of permutations, >= 1.
        minimum_n: Groups with fewer samples are listed, but not compared: too few to say.

    Returns:
        The table; its gap is None when fewer than two groups can be compared.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.

    Source: permutation null as in DiCiccio et al. 2020, KDD (Evaluating fairness using
        permutation tests); simultaneous level Sidak 1967, JASA 62(318). The debiased gap is our
        own: for two groups its square is unbiased.
    """
    constant = np.zeros(np.shape(groups), dtype=np.int64)
    return _table(scores, groups, constant, rng, clusters, level, draws, minimum_n)


def standardised_gap(
    scores: npt.ArrayLike,
    groups: IntArray,
    labels: IntArray,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 2_000,
    minimum_n: int = 30,
) -> GapTable:
    """The gap that would be left if all groups had the same mix of gold labels.

    Each group's rate within each label is weighted by that label's share among all compared
    groups. A group in which a label does not occur cannot be standardised and is left out.

    Args:
        scores: Outcomes of 0 and 1, or scores of any range, shape (n,).
        groups: Group code of each sample, shape (n,); negative is unknown and left out.
        labels: Gold label of each sample, any codes, shape (n,).
        rng: Source of the permutations.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage of the (unstandardised) intervals, in (0, 1).
        draws: Number of permutations, >= 1.
        minimum_n: Groups with fewer samples are listed, but not compared.

    Returns:
        The table; ``compared`` of each row is the standardised rate.

    Raises:
        ShapeError: If the arrays differ in length or hold NaN.

    Source: direct standardisation, e.g. Rothman, Greenland and Lash 2008, Modern Epidemiology,
        3rd edition.
    """
    return _table(scores, groups, labels, rng, clusters, level, draws, minimum_n)


def _table(
    scores: npt.ArrayLike,
    groups: IntArray,
    labels: IntArray,
    rng: np.random.Generator,
    clusters: IntArray | None,
    level: float,
    draws: int,
    minimum_n: int,
) -> GapTable:
    require_level(level)
    values, names = as_values(scores, "scores"), as_codes(groups, "groups")
    strata = as_codes(labels, "labels")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(scores=values, groups=names, labels=strata, clusters=codes)
    known = names >= 0
    n_unknown = int(np.sum(~known))
    values, names, strata = values[known], names[known], strata[known]
    codes = None if codes is None else codes[known]

    rows = _rows(values, names, codes, level, minimum_n)
    left_out = {row.group: row.note for row in rows if row.note}
    left_out |= _without_a_label(names, strata, left_out)
    compared = ~np.isin(names, list(left_out))
    chosen = np.unique(names[compared])
    if chosen.shape[0] < 2:
        rows = [_with_compared(row, None, left_out.get(row.group, "")) for row in rows]
        note = "fewer than two groups can be compared"
        return GapTable(tuple(rows), None, None, None, None, None, None, "", n_unknown, note)
    own = np.arange(values.shape[0]) if codes is None else codes
    sums = GroupedSums.build(values[compared], names[compared], strata[compared], own[compared])
    rates = sums.rates()
    by_group = dict(zip(chosen.tolist(), rates.tolist(), strict=True))
    rows = [
        _with_compared(row, by_group.get(row.group), left_out.get(row.group, "")) for row in rows
    ]
    return _with_null(tuple(rows), chosen, rates, sums, rng=rng, draws=draws, n_unknown=n_unknown)


def _rows(
    values: FloatArray, groups: IntArray, clusters: IntArray | None, level: float, minimum_n: int
) -> list[GroupRow]:
    """Each group's rate and whether it has enough samples to be compared."""
    names = np.unique(groups)
    all_together = level ** (1.0 / max(names.shape[0], 1))
    estimate = rate if is_zero_one(values) else mean
    rows = []
    for name in names.tolist():
        members = groups == name
        own = None if clusters is None else clusters[members]
        interval = estimate(values[members], clusters=own, level=level)
        wide = estimate(values[members], clusters=own, level=all_together)
        note = ""
        if interval.n < minimum_n:
            note = f"too few to say (n < {minimum_n})"
        elif interval.n_clusters < 2:
            note = "too few to say (one cluster)"
        rows.append(GroupRow(name, interval, wide, None, note))
    return rows


def _without_a_label(
    groups: IntArray, labels: IntArray, left_out: dict[int, str]
) -> dict[int, str]:
    """Groups, among those not left out yet, in which some label of the others does not occur."""
    chosen = ~np.isin(groups, list(left_out))
    all_labels = np.unique(labels[chosen])
    missing = {}
    for name in np.unique(groups[chosen]).tolist():
        absent = np.setdiff1d(all_labels, labels[groups == name])
        if absent.size:
            missing[name] = f"label {int(absent[0])} does not occur in this group"
    return missing


def _with_compared(row: GroupRow, compared: float | None, note: str) -> GroupRow:
    return GroupRow(row.group, row.interval, row.simultaneous, compared, note)


def _with_null(
    rows: tuple[GroupRow, ...],
    chosen: IntArray,
    rates: FloatArray,
    sums: GroupedSums,
    *,
    rng: np.random.Generator,
    draws: int,
    n_unknown: int,
) -> GapTable:
    """The table with the gap set against the gaps of a fair model."""
    gap = float(rates.max() - rates.min())
    fair, null_model = fair_gaps(sums, rng=rng, draws=draws)
    worst, best = None, None
    if gap > 1e-12:
        worst, best = int(chosen[rates.argmin()]), int(chosen[rates.argmax()])
    if fair.size == 0:
        note = "no permutation keeps every label in every group: no noise floor"
        return GapTable(rows, gap, None, None, None, worst, best, "", n_unknown, note)
    p_value = (1 + int(np.sum(fair >= gap - 1e-12))) / (1 + fair.size)
    debiased = math.sqrt(max(gap * gap - float(np.mean(np.square(fair))), 0.0))
    floor = float(fair.mean())
    return GapTable(rows, gap, floor, debiased, p_value, worst, best, null_model, n_unknown)
