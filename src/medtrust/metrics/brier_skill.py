"""How much better probabilities are than one number for all."""

from __future__ import annotations

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.bootstrap import cluster_bootstrap, cluster_totals
from medtrust.metrics.intervals import Interval


def brier_skill(
    probability: FloatArray,
    happened: FloatArray,
    *,
    clusters: IntArray,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 2_000,
) -> Interval:
    """One minus the Brier score over that of the base rate, with a BCa interval over clusters.

    Args:
        probability: In [0, 1], shape (n,).
        happened: Zeros and ones, shape (n,).
        clusters: Cluster codes, shape (n,).
        rng: Source of the draws.
        level: Nominal coverage, in (0, 1).
        draws: Number of draws, >= 1.

    Returns:
        At most 1. None when all outcomes are equal. The interval is that of the given
        probabilities: how they would differ had they been learned on other cases is not in it.
    """
    cells = np.column_stack([np.ones_like(happened), happened, np.square(probability - happened)])
    totals = cluster_totals(cells, clusters)
    return cluster_bootstrap(totals, _skill, sizes=totals[:, 0], rng=rng, level=level, draws=draws)[
        0
    ]


def _skill(totals: FloatArray) -> FloatArray:
    """Skill of many tables of counts, hits and squared errors, shape (m, 1)."""
    n, hits, errors = totals.T
    base = hits * (n - hits)
    known = base > 0.0
    skill = np.where(known, 1.0 - errors * n / np.where(known, base, 1.0), np.nan)
    column: FloatArray = skill[:, None]
    return column
