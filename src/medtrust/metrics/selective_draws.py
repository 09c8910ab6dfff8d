"""Selective-prediction numbers of many weighted data sets at once.

A bootstrap draw gives each tie of equal uncertainty a number of answers and a number of errors.
Within a tie the expected risk after k answers is l + (C - N l) / k, with l the error rate of the
tie and N answers and C errors before it; sums over k are harmonic numbers, so a draw costs one
pass over the ties, however many answers they hold. Draws lie side by side: arrays have the shape
(ties, draws).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.selective import ROUNDING, SAME


@dataclass(frozen=True, slots=True)
class WeightedTies:
    """Data sets as ties in order of certainty.

    Attributes:
        answers: Answers of all ties up to here, shape (ties + 1, draws), first row 0; whole.
        errors: Errors among them, same shape.
        slopes: Error rate of each tie, shape (ties, draws); 0 where it holds no answer.
        risks: Sum of the expected risks at k = 1 .. ``answers``, shape (ties + 1, draws).
        harmonic: Harmonic numbers 0 .. at least the most answers.
    """

    answers: IntArray
    errors: FloatArray
    slopes: FloatArray
    risks: FloatArray
    harmonic: FloatArray

    def tie_at(self, accepted: IntArray | FloatArray) -> IntArray:
        """The tie that the last accepted answer belongs to, shape (draws,)."""
        found: IntArray = np.sum(self.answers[1:-1] < accepted, axis=0, dtype=np.int64)
        return found

    def before(self, table: IntArray | FloatArray, tie: IntArray) -> FloatArray:
        """One entry for each draw of a table of shape (ties or ties + 1, draws)."""
        return np.asarray(table[tie, np.arange(tie.shape[0])], dtype=np.float64)

    def errors_among(self, accepted: FloatArray) -> FloatArray:
        """Expected errors among the most certain; numbers of accepted answers need not be whole."""
        tie = self.tie_at(accepted)
        inside = accepted - self.before(self.answers, tie)
        return self.before(self.errors, tie) + inside * self.before(self.slopes, tie)

    def risks_up_to(self, accepted: IntArray) -> FloatArray:
        """Sum of the expected risks at k = 1 .. ``accepted``, shape (draws,)."""
        tie = self.tie_at(accepted)
        start, slope = self.before(self.answers, tie), self.before(self.slopes, tie)
        excess = self.before(self.errors, tie) - start * slope
        steps = self.harmonic[accepted] - self.harmonic[start.astype(np.int64)]
        return self.before(self.risks, tie) + slope * (accepted - start) + excess * steps


def weighted_ties(answers: FloatArray, errors: FloatArray) -> WeightedTies:
    """Add up ties in order of certainty.

    Args:
        answers: Number of answers in each tie, whole, shape (ties, draws), ties in rising order
            of uncertainty.
        errors: Number of errors among them, same shape.
    """
    slopes = errors / np.maximum(answers, 1.0)
    totals, lost = _from_zero(answers), _from_zero(errors)
    ends = totals.astype(np.int64)
    harmonic = harmonic_numbers(int(ends[-1].max(initial=0)))
    risks = harmonic[ends[1:]]
    risks -= harmonic[ends[:-1]]
    risks *= lost[:-1] - totals[:-1] * slopes
    risks += errors
    return WeightedTies(ends, lost, slopes, _from_zero(risks), harmonic)


def harmonic_numbers(largest: int) -> FloatArray:
    """1 + 1/2 + ... + 1/k for k = 0 .. largest."""
    return np.concatenate(([0.0], np.cumsum(1.0 / np.arange(1, largest + 1))))


def statistics_of_draws(
    answers: FloatArray,
    errors: FloatArray,
    *,
    rejections: tuple[float, ...],
    coverages: tuple[float, ...],
) -> FloatArray:
    """The numbers of `medtrust.metrics.selective` in each of many weighted data sets.

    Args:
        answers: Number of answers in each tie of each draw, whole, shape (ties, draws).
        errors: Number of wrong answers among them, same shape.
        rejections: Largest shares rejected, for prediction rejection ratios, each in (0, 1].
        coverages: Shares of accepted answers, for risks, each in (0, 1].

    Returns:
        Shape (draws, 3 + rejections + coverages): AURC, excess AURC, AUGRC, then one
        column for each ratio and risk; NaN where undefined.
    """
    ties = weighted_ties(answers, errors)
    n, wrong = ties.answers[-1], ties.errors[-1]
    best = weighted_ties(np.stack([n - wrong, wrong]), np.stack([np.zeros_like(wrong), wrong]))
    with np.errstate(invalid="ignore", divide="ignore"):
        area = ties.risks[-1] / n
        below = np.sum(answers * (ties.errors[:-1] + ties.errors[1:]), axis=0) / 2.0
        columns = [area, np.maximum(area - best.risks[-1] / n, 0.0), below / np.square(n)]
        columns += [_rejection_ratio(ties, best, share) for share in rejections]
        columns += [ties.errors_among(share * n) / (share * n) for share in coverages]
    return np.stack(columns, axis=1)


def _rejection_ratio(ties: WeightedTies, best: WeightedTies, share: float) -> FloatArray:
    n = ties.answers[-1]
    rejected = np.floor(share * n + ROUNDING).astype(np.int64)
    at_random = ties.errors[-1] / n
    gained = at_random - (ties.risks[-1] - ties.risks_up_to(n - rejected)) / rejected
    possible = at_random - (best.risks[-1] - best.risks_up_to(n - rejected)) / rejected
    return np.where(possible > SAME, gained / possible, np.nan)


def _from_zero(steps: FloatArray) -> FloatArray:
    """Running sums down the ties, with a first row of zeros."""
    sums = np.empty((steps.shape[0] + 1, steps.shape[1]))
    sums[0] = 0.0
    np.cumsum(steps, axis=0, out=sums[1:])
    return sums
