"""Walk up a sorted score and count won pairs for a whole block of weightings at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray


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

    def twice_won(self, rows: list[FloatArray]) -> FloatArray:
        """Twice the weight of pairs in which the positive scores higher, plus that of equal pairs.

        Args:
            rows: For each cluster its weight in each of b draws, k times shape (b,).

        Returns:
            Shape (b,).
        """
        won = np.zeros_like(rows[0])
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
            weight = rows[step.positives[0]]
            if len(step.positives) > 1:
                np.add(weight, rows[step.positives[1]], out=found)
                for row in step.positives[2:]:
                    np.add(found, rows[row], out=found)
                weight = found
            np.multiply(twice, weight, out=twice)
            np.add(won, twice, out=won)
        return won


def _of_one_class(last: _Step, level: _Step) -> bool:
    """Whether both steps hold the same single class, so that no pair is decided between them."""
    positives, negatives = last.positives or level.positives, last.negatives or level.negatives
    return not (positives and negatives)
