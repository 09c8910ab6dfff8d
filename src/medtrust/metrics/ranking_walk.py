"""Walk up a sorted score and count won pairs for a whole block of weightings at once.

A draw of the bootstrap is a weight for every cluster. For one draw, an AUROC takes a walk up the
order with the weight of negatives below in hand. Here it is kept for many draws at once, so that a
step is one addition of two rows, which the processor does many numbers at a time. Weights are small
whole numbers, kept in one byte each, so that rows of a thousand draws stay in its cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.bootstrap import cluster_weights

ByteArray: TypeAlias = npt.NDArray[np.uint8]

# Long rows pay for the call of each addition; tables past this size leave the cache.
DRAWS_IN_A_ROW = 1_600
BYTES_IN_A_TABLE = 96 * 1024 * 1024


def weight_rows(
    totals: FloatArray, *, draws: int, rng: np.random.Generator
) -> Iterator[tuple[list[ByteArray], FloatArray]]:
    """Weights of clusters in many draws, one row per cluster.

    Args:
        totals: What to add up over drawn clusters, shape (t, k).
        draws: Number of draws in all.
        rng: Source of the draws.

    Yields:
        k rows of shape (b,), how often each cluster is drawn in b draws, and the sums of the
        totals, shape (t, b).
    """
    k = totals.shape[1]
    wanted = min(draws, DRAWS_IN_A_ROW, max(1, BYTES_IN_A_TABLE // k))
    waiting: list[ByteArray] = []
    sums: list[FloatArray] = []
    left = draws
    for weights in cluster_weights(k, draws=draws, rng=rng):
        # Of k draws, more than 255 of one cluster never happen: the chance is below 1e-500.
        waiting.append(weights.astype(np.uint8))
        sums.append(totals @ weights.T)
        left -= weights.shape[0]
        if left == 0 or sum(part.shape[0] for part in waiting) >= wanted:
            table = np.ascontiguousarray(np.concatenate(waiting).T)
            yield list(table), np.concatenate(sums, axis=1)
            waiting, sums = [], []


@dataclass(frozen=True, slots=True)
class _Step:
    """Neighbours in the order that are counted together: rows of the weights of their clusters.

    A step with both classes is one level of equal scores; a step of one class may span several.
    """

    negatives: list[int]
    positives: list[int]


@dataclass(frozen=True, slots=True)
class RankingWalk:
    """The order of one score, sorted once and walked for any weights of the clusters.

    Attributes:
        steps: From the lowest score to the highest.
    """

    steps: tuple[_Step, ...]

    @classmethod
    def up(cls, score: FloatArray, positive: FloatArray, clusters: IntArray) -> RankingWalk:
        """Sort a score.

        Args:
            score: Finite, shape (n,), n >= 1.
            positive: Zeros and ones, shape (n,).
            clusters: Codes 0 .. k-1 of the rows of weights, shape (n,).
        """
        order = np.argsort(score, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(score[order])) + 1, order.size)
        is_positive = (positive[order] == 1.0).tolist()
        rows = clusters[order].tolist()
        steps: list[_Step] = []
        start = 0
        for end in ends.tolist():
            level = _Step([], [])
            for place in range(start, end):
                (level.positives if is_positive[place] else level.negatives).append(rows[place])
            start = end
            if steps and _of_one_class(steps[-1], level):
                steps[-1].positives.extend(level.positives)
                steps[-1].negatives.extend(level.negatives)
            else:
                steps.append(level)
        return cls(tuple(steps))

    def twice_won(self, rows: list[ByteArray]) -> FloatArray:
        """Twice the weight of pairs in which the positive scores higher, plus that of equal pairs.

        Args:
            rows: For each cluster its weight in each of b draws, k times shape (b,).

        Returns:
            Shape (b,).
        """
        won = np.zeros(rows[0].shape[0])
        # Weight of the negatives below and of those up to the level: their sum counts ties once.
        below = np.zeros_like(won)
        twice, found = np.empty_like(won), np.empty_like(won)
        for step in self.steps:
            if not step.positives:
                for row in step.negatives:
                    np.add(below, rows[row], out=below)
                continue
            np.copyto(twice, below)
            for row in step.negatives:
                np.add(below, rows[row], out=below)
            np.add(twice, below, out=twice)
            np.copyto(found, rows[step.positives[0]])
            for row in step.positives[1:]:
                np.add(found, rows[row], out=found)
            np.multiply(twice, found, out=twice)
            np.add(won, twice, out=won)
        return won


def _of_one_class(last: _Step, level: _Step) -> bool:
    """Whether both steps hold the same single class, so that no pair is decided between them."""
    positives, negatives = last.positives or level.positives, last.negatives or level.negatives
    return not (positives and negatives)
