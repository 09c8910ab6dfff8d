"""Sets of options that hold the right one with a chosen probability: split conformal prediction.

A score says how badly an option fits; calibration cases tell how badly the right option may fit.
The set of a new case holds every option that fits no worse. If the new case is exchangeable with
the calibration cases, the right option is in its set with probability at least 1 - alpha, averaged
over cases: not for each kind of case, and not once the options are altered (NOTA).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    require_level,
    require_same_length,
)
from medtrust.metrics.intervals import Interval, mean, rate

Score: TypeAlias = Literal["lac", "aps"]
DECIMALS = 12
"""Scores are compared to so many decimals: sums of the same numbers in another order are equal."""


@dataclass(frozen=True, slots=True)
class OptionSets:
    """A calibrated rule that makes a set of options of their probabilities.

    Attributes:
        score: ``lac`` (1 - p) or ``aps`` (probability of everything at least as likely).
        alpha: Tolerated share of sets without the right option, in (0, 1).
        quantile: Options that score at most this are in the set; None: all are.
        n: Number of calibration cases.
        randomised: Whether APS takes a random part of an option's own probability.
    """

    score: Score
    alpha: float
    quantile: float | None
    n: int
    randomised: bool = False

    def sets(
        self,
        probabilities: npt.ArrayLike,
        *,
        options: npt.ArrayLike | None = None,
        rng: np.random.Generator | None = None,
    ) -> BoolArray:
        """Which options are in each case's set, shape (n, k).

        Args:
            probabilities: Shape (n, k), each row a distribution over its options.
            options: How many options each case has, shape (n,): the first columns are theirs.
                None: all k.
            rng: Needed by a randomised rule.

        Raises:
            ShapeError: If a row is no distribution, or a randomised rule has no generator.
        """
        table, held = _distributions(probabilities, options)
        if self.quantile is None:
            return held
        u = _uniform(table.shape[0], rng, randomised=self.randomised)
        scores = _scores(table, held, self.score, u)
        included: BoolArray = (scores <= self.quantile) & held
        return included


def quantile_rank(n: int, alpha: float) -> int:
    """Rank of the calibration score that becomes the limit: ceil((n + 1) (1 - alpha)), from 1.

    Larger than n when there are too few cases to leave any option out.
    """
    require_level(alpha)
    return max(1, math.ceil(round((n + 1) * (1.0 - alpha), 9)))


def calibrate_sets(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    alpha: float,
    score: Score = "lac",
    options: npt.ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> OptionSets:
    """Find the limit below which options belong to a set.

    Args:
        probabilities: Of independent calibration cases, shape (n, k), rows add up to 1.
        labels: Index of the right option, shape (n,).
        alpha: Tolerated share of sets without the right option, in (0, 1).
        score: ``lac`` makes small sets, some empty; ``aps`` larger ones for unsure cases.
        options: How many options each case has, shape (n,); None: all k.
        rng: If given, APS is randomised: closer to the wanted coverage, sets that vary.

    Raises:
        ShapeError: If shapes do not fit, or a label names no option.

    Sources: Sadinle et al. 2019, JASA 114(525) (LAC); Romano et al. 2020, arXiv 2006.02544 (APS);
        Angelopoulos and Bates 2021, arXiv 2107.07511, section 1 (rank of the quantile).
    """
    scores = conformity_scores(probabilities, labels, score=score, options=options, rng=rng)
    n = scores.shape[0]
    rank = quantile_rank(n, alpha)
    limit = None if rank > n else float(np.sort(scores)[rank - 1])
    return OptionSets(score, alpha, limit, n, rng is not None and score == "aps")


def conformity_scores(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    score: Score = "lac",
    options: npt.ArrayLike | None = None,
    rng: np.random.Generator | None = None,
) -> FloatArray:
    """How badly the right option of each case fits, in [0, 1], shape (n,)."""
    table, held = _distributions(probabilities, options)
    right = as_codes(labels, "labels")
    n = require_same_length(probabilities=table, labels=right)
    rows = np.arange(n)
    inside = (right >= 0) & (right < table.shape[1])
    if not inside.all() or not held[rows, right].all():
        raise ShapeError("a label names no option of its case.")
    u = _uniform(n, rng, randomised=rng is not None and score == "aps")
    return _scores(table, held, score, u)[rows, right]


def _distributions(
    probabilities: npt.ArrayLike, options: npt.ArrayLike | None
) -> tuple[FloatArray, BoolArray]:
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all() or (table < 0.0).any():
        raise ShapeError("probabilities must be a matrix of finite numbers, none negative.")
    n, k = table.shape
    counts = np.full(n, k) if options is None else as_codes(options, "options")
    require_same_length(probabilities=table, options=counts)
    if ((counts < 1) | (counts > k)).any():
        raise ShapeError(f"every case must have 1 to {k} options.")
    held = np.arange(k) < counts[:, None]
    if (np.abs(np.where(held, table, 0.0).sum(axis=1) - 1.0) > 1e-6).any():
        raise ShapeError("probabilities of a case's options must add up to 1.")
    return np.where(held, table, 0.0), held


def _uniform(n: int, rng: np.random.Generator | None, *, randomised: bool) -> FloatArray:
    """Part of an option's own probability that counts: all of it, or a random part per case."""
    if not randomised:
        return np.ones(n)
    if rng is None:
        raise ShapeError("a randomised rule needs a random generator.")
    return rng.random(n)


def _scores(table: FloatArray, held: BoolArray, score: Score, u: FloatArray) -> FloatArray:
    """Score of every option, shape (n, k); options a case does not have come last."""
    if score == "lac":
        return np.round(1.0 - table, DECIMALS)
    order = np.argsort(np.where(held, -table, np.inf), axis=1, kind="stable")
    falling = np.take_along_axis(table, order, axis=1)
    before = np.cumsum(falling, axis=1) - falling
    scores = np.empty_like(table)
    np.put_along_axis(scores, order, before + u[:, None] * falling, axis=1)
    return np.round(scores, DECIMALS)


@dataclass(frozen=True, slots=True)
class SetQuality:
    """How well sets of options do on cases they were not calibrated on.

    Attributes:
        coverage: Share of sets that hold the right option.
        mean_size: Options per set.
        empty: Share of empty sets.
        by_stratum: Coverage for each value of a stratum.
        by_size: Coverage among sets of each size: a rule that is right only where its sets are
            large promises more than it keeps.
    """

    coverage: Interval
    mean_size: Interval
    empty: Interval
    by_stratum: Mapping[str, Interval]
    by_size: Mapping[int, Interval]


def set_quality(
    sets: BoolArray,
    labels: npt.ArrayLike,
    *,
    strata: Sequence[str | None] | None = None,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> SetQuality:
    """Coverage and size of sets.

    Args:
        sets: Which options are in each set, shape (n, k).
        labels: Index of the right option, shape (n,).
        strata: Value of a stratum for each case, length n; None in it where there is none.
        clusters: Cluster codes, shape (n,); None when cases are independent.
        level: Of the intervals.

    Raises:
        ShapeError: If lengths differ.
    """
    right = as_codes(labels, "labels")
    n = require_same_length(sets=sets, labels=right, clusters=clusters)
    if strata is not None and len(strata) != n:
        raise ShapeError(f"Arrays differ in length: strata has {len(strata)}, sets has {n}.")
    holds = sets[np.arange(n), right]
    sizes = sets.sum(axis=1)
    bounds = (0.0, float(sets.shape[1]))

    def among(rows: BoolArray) -> Interval:
        return rate(holds[rows], clusters=None if clusters is None else clusters[rows], level=level)

    names = np.asarray(strata if strata is not None else [], dtype=object)
    values = sorted({value for value in names.tolist() if value is not None})
    return SetQuality(
        among(np.ones(n, dtype=np.bool_)),
        mean(sizes, clusters=clusters, bounds=bounds, level=level),
        rate(sizes == 0, clusters=clusters, level=level),
        {value: among(names == value) for value in values},
        {int(size): among(sizes == size) for size in np.unique(sizes)},
    )
