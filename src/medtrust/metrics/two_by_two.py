"""The table of two answers against two gold answers, and what is read off it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import as_zero_one, require_same_length


@dataclass(frozen=True, slots=True)
class Share:
    """A share of counts, or why there is none.

    Attributes:
        value: In [0, 1]; None where the denominator is 0.
        reason: Why the value is None; empty where it is not.
    """

    value: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """Counts of a yes/no table; yes is positive.

    Attributes:
        true_positives: Gold yes, predicted yes.
        false_positives: Gold no, predicted yes.
        true_negatives: Gold no, predicted no.
        false_negatives: Gold yes, predicted no.
    """

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def n(self) -> int:
        """Number of answers."""
        return self.positives + self.true_negatives + self.false_positives

    @property
    def positives(self) -> int:
        """Number of gold yes."""
        return self.true_positives + self.false_negatives

    @property
    def called_positive(self) -> int:
        """Number of predicted yes."""
        return self.true_positives + self.false_positives

    @property
    def accuracy(self) -> Share:
        """Share of answers that agree with gold."""
        return share(self.true_positives + self.true_negatives, self.n, "no answers")

    @property
    def precision(self) -> Share:
        """Share of predicted yes that is gold yes."""
        return share(self.true_positives, self.called_positive, "no positive predictions")

    @property
    def recall(self) -> Share:
        """Share of gold yes that is predicted yes."""
        return share(self.true_positives, self.positives, "no positive gold answers")

    @property
    def f1(self) -> Share:
        """Harmonic mean of precision and recall, where both exist and are not both 0.

        Counts alone would give a value (0) as soon as one of them exists. This follows the scripts
        that divide by precision plus recall, so the reason is the first division that fails there.
        """
        precision, recall = self.precision, self.recall
        if precision.value is None or recall.value is None:
            return Share(None, precision.reason or recall.reason)
        if precision.value + recall.value == 0.0:
            return Share(None, "no true positives: precision and recall are both 0")
        return Share(2 * precision.value * recall.value / (precision.value + recall.value))


def two_by_two(gold: npt.ArrayLike, predicted: npt.ArrayLike) -> TwoByTwo:
    """Count the four combinations of gold and predicted answer.

    Args:
        gold: 1 or True for yes, 0 or False for no; shape (n,).
        predicted: Likewise, shape (n,).

    Raises:
        ShapeError: If the vectors differ in length or hold anything but yes and no.
    """
    truth, answers = as_zero_one(gold, "gold"), as_zero_one(predicted, "predicted")
    require_same_length(gold=truth, predicted=answers)
    counts = np.bincount((2 * truth + answers).astype(np.int64), minlength=4)
    true_negatives, false_positives, false_negatives, true_positives = map(int, counts)
    return TwoByTwo(true_positives, false_positives, true_negatives, false_negatives)


def share(part: int, whole: int, reason: str) -> Share:
    """`part` of `whole`, or None with the reason where the whole is 0."""
    return Share(part / whole) if whole else Share(None, reason)
