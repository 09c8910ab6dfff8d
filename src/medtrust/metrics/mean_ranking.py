"""The mean of several AUROCs whose items overlap, as if it were one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from medtrust.metrics.bootstrap import MIN_CLUSTERS
from medtrust.metrics.intervals import Interval
from medtrust.metrics.ranking_intervals import (
    BALANCED,
    CLUSTERED,
    EDGE,
    METHOD,
    MIN_OF_A_CLASS,
    ONE_SCORE,
    TOO_FEW_CLUSTERS,
    TOO_FEW_OF_A_CLASS,
)
from medtrust.metrics.ranking_variance import AurocSpread


def mean_spread(spreads: Sequence[AurocSpread]) -> AurocSpread:
    """Mean of AUROCs, with the variance that their shared clusters give it.

    Args:
        spreads: One or more, each over its own items; equal cluster codes are the same cluster.

    Returns:
        Value and cluster sums are means; degrees of freedom and class sizes are the smallest, and
        the pull of the variance towards its worst case is the strongest.

    Raises:
        ValueError: If there are none.
    """
    if not spreads:
        raise ValueError("A mean needs at least one AUROC.")
    if len(spreads) == 1:
        return spreads[0]
    names = reduce(np.union1d, [spread.clusters for spread in spreads])
    sums = np.zeros(names.shape[0])
    for spread in spreads:
        sums[np.searchsorted(names, spread.clusters)] += spread.sums / len(spreads)
    return replace(
        spreads[0],
        value=math.fsum(spread.value for spread in spreads) / len(spreads),
        clusters=names,
        sums=sums,
        variance=float(np.square(sums).sum()),
        pull=max(spread.pull for spread in spreads),
        degrees_of_freedom=min(spread.degrees_of_freedom for spread in spreads),
        scarcer=min(spread.scarcer for spread in spreads),
        constant=all(spread.constant for spread in spreads),
    )


def why_silent(spread: AurocSpread) -> str:
    """Why an AUROC has no interval; empty when it has one."""
    if spread.clusters.size < MIN_CLUSTERS:
        return TOO_FEW_CLUSTERS
    if spread.scarcer < MIN_OF_A_CLASS:
        return TOO_FEW_OF_A_CLASS
    if spread.still:
        return ONE_SCORE if spread.constant else BALANCED
    return ""


def spread_interval(spread: AurocSpread, *, n: int, clustered: bool, level: float) -> Interval:
    """An AUROC, or a mean of some, with its interval.

    Args:
        spread: Value and variance.
        n: Number of items behind it.
        clustered: Whether the items came in clusters.
        level: Nominal coverage, in (0, 1).

    Returns:
        As `medtrust.metrics.ranking_intervals.auroc_interval`.
    """
    k, note = int(spread.clusters.size), why_silent(spread)
    method = CLUSTERED if clustered else METHOD
    if note:
        return Interval(spread.value, None, None, level, method, n, k, note)
    method = EDGE if spread.at_the_edge else method
    return Interval(spread.value, *spread.ends(level), level, method, n, k)
