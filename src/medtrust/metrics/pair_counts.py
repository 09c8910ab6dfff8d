"""Confusable pairs in whole numbers, and what must be true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.pair_arrays import as_marked_answers, same_answers, valid_pairs


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs counted in whole numbers, so that identities hold exactly or not at all.

    Attributes:
        pairs: All pairs.
        valid: Pairs with two valid answers.
        confused: Pairs with two equal valid answers.
        both: Pairs with both members right.
        right: Members whose answer was right.
        right_of_valid: Those of pairs with two valid answers.
        invalid: Members whose answer is not valid.
    """

    pairs: int
    valid: int
    confused: int
    both: int
    right: int
    right_of_valid: int
    invalid: int

    @property
    def residual(self) -> float | None:
        """Individual accuracy - confusion / 2 - set accuracy; None where one has no value."""
        if not self.valid:
            return None
        over = self.valid * (self.right - 2 * self.both) - self.pairs * self.confused
        return over / (2 * self.pairs * self.valid)

    @property
    def holds(self) -> bool:
        """Whether the counts can be those of pairs with two options and opposite right answers.

        Of two equal answers exactly one is right, of two different ones both or none; beside an
        answer that is not valid at most one is.
        """
        return (
            self.right_of_valid == self.confused + 2 * self.both
            and self.both <= self.valid - self.confused
            and self.right - self.right_of_valid <= self.pairs - self.valid
        )


def count_pairs(correct: npt.ArrayLike, answers: npt.ArrayLike) -> PairCounts:
    """Count pairs and members; arguments as in `precision`.

    Raises:
        ShapeError: If a shape is another one, or ``correct`` holds anything but 0 and 1.
    """
    members, said = as_marked_answers(correct, answers)
    valid = valid_pairs(said)
    return PairCounts(
        pairs=said.shape[0],
        valid=int(valid.sum()),
        confused=int(same_answers(said).sum()),
        both=int(members.min(axis=1).sum()),
        right=int(members.sum()),
        right_of_valid=int(members[valid].sum()),
        invalid=int((said < 0).sum()),
    )


def identity_residual(correct: npt.ArrayLike, answers: npt.ArrayLike) -> float | None:
    """Individual accuracy - confusion / 2 - set accuracy, of questions with two options.

    A confused pair has exactly one right answer, so this is 0 where every answer is valid; then
    also set accuracy <= 1 - confusion. Whole numbers are compared, so 0 is 0 and not nearly so.

    Args:
        correct: Whether the answer about each member was right, shape (n, 2).
        answers: What was answered, as in `confusion`, shape (n, 2).

    Returns:
        Exactly 0.0 where no answer is invalid; None when no pair has two valid answers.

    Raises:
        ShapeError: If the marks contradict the answers: one of two equal answers must be right,
            and of two different ones both or none.
    """
    counts = count_pairs(correct, answers)
    if not counts.holds:
        raise ShapeError(
            f"Marks and answers contradict each other: of {counts.pairs} pairs {counts.valid} have "
            f"two valid answers, {counts.confused} of them equal ones; but both are right in "
            f"{counts.both} pairs and {counts.right} single answers are. Are the right answers "
            "of every pair opposite, and its questions of two options?"
        )
    return counts.residual
