"""Drawing answers or clusters anew, as weights on ties instead of copies of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.bootstrap import CELLS_IN_A_BLOCK, cluster_weights

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS_AT_A_TIME = 250_000


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


def kinds_of_answers(order: FloatArray, losses: FloatArray) -> Units:
    """Independent answers: those of one tie and one outcome are drawn together."""
    from scipy.sparse import csr_array

    tie = np.unique(order, return_inverse=True)[1]
    kinds, copies = np.unique(2 * tie + losses.astype(np.int64), return_counts=True)
    shape = (int(tie.max()) + 1, kinds.shape[0])
    at = (kinds // 2, np.arange(kinds.shape[0]))
    ones, bad = np.ones(kinds.shape[0]), (kinds % 2).astype(np.float64)
    return Units(csr_array((ones, at), shape), csr_array((bad, at), shape), copies)


def clusters_of_answers(order: FloatArray, losses: FloatArray, codes: IntArray) -> Units:
    """Clusters of answers; codes are 0 .. k-1."""
    from scipy.sparse import csr_array

    tie = np.unique(order, return_inverse=True)[1]
    shape = (int(tie.max()) + 1, int(codes.max()) + 1)
    answers = csr_array((np.ones(codes.shape[0]), (tie, codes)), shape)
    errors = csr_array((losses, (tie, codes)), shape)
    errors.eliminate_zeros()
    return Units(answers, errors, np.ones(shape[1], dtype=np.int64))


def resampled_ties(
    units: Units, *, draws: int, rng: np.random.Generator
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Answers and errors of each tie in each draw of as many units, with replacement.

    Args:
        units: What is drawn.
        draws: Number of draws in all.
        rng: Source of the draws.

    Yields:
        Two arrays of shape (ties, some draws), in blocks that fit into the processor's cache.
    """
    at_once = max(1, CELLS_AT_A_TIME // units.answers.shape[0])
    for weights in _weights(units.copies, rng, draws):
        for start in range(0, weights.shape[0], at_once):
            block = np.ascontiguousarray(weights[start : start + at_once].T)
            yield units.answers @ block, units.errors @ block


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
