"""Confusable pairs: two images, one question, opposite answers.

The definitions are those of MediConfusion. Who never looks at the image gives both members the
same answer: half of the single answers are right, no pair is, and every pair is confused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray, as_codes, as_values
from medtrust.metrics.intervals import Interval, rate


def set_accuracy(
    correct: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of pairs with both members right; an answer that could not be read is not right.

    Args:
        correct: Whether the answer about each member was right, shape (n, 2).
        clusters: Cluster codes of the pairs, shape (n,); None when all pairs are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1], n in pairs; see `rate`.

    Raises:
        ShapeError: If the shape is another one, or values other than 0 and 1 occur.

    Source: Sepehri et al. 2024, MediConfusion, arXiv 2409.15477 ("set accuracy").
    """
    return rate(_members(correct).min(axis=1), clusters=clusters, level=level)


def individual_accuracy(
    correct: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of members whose answer was right, n in members; arguments as in `set_accuracy`.

    The members of a pair are never independent: without clusters each pair is one.

    Source: Sepehri et al. 2024, MediConfusion, arXiv 2409.15477 ("individual accuracy").
    """
    members = _members(correct)
    codes = np.arange(members.shape[0]) if clusters is None else as_codes(clusters, "clusters")
    if codes.shape[0] != members.shape[0]:
        raise ShapeError(f"{codes.shape[0]} clusters were given for {members.shape[0]} pairs.")
    return rate(members.ravel(), clusters=np.repeat(codes, 2), level=level)


def confusion(
    answers: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of pairs with the same answer to both members, among pairs with two valid answers.

    Args:
        answers: What was answered about each member, whole numbers, shape (n, 2); equal numbers
            are equal answers, negative ones are no valid answer.
        clusters: Cluster codes of the pairs, shape (n,); None when all pairs are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]; n counts pairs with two valid answers only.

    Raises:
        ShapeError: If the shape is another one.

    Source: Sepehri et al. 2024, MediConfusion, arXiv 2409.15477 ("confusion"); the released
        script divides by the pairs whose answers are both valid, not by all pairs.
    """
    said = np.asarray(answers, dtype=np.int64)
    _require_two(said)
    valid = (said >= 0).all(axis=1)
    codes = None if clusters is None else as_codes(clusters, "clusters")
    if codes is not None and codes.shape[0] != said.shape[0]:
        raise ShapeError(f"{codes.shape[0]} clusters were given for {said.shape[0]} pairs.")
    chosen = None if codes is None else codes[valid]
    return rate(said[valid, 0] == said[valid, 1], clusters=chosen, level=level)


def guessed_set_accuracy(n_options: npt.ArrayLike) -> float | None:
    """Expected set accuracy of guessing each member evenly and independently; None when n = 0.

    Args:
        n_options: Number of options of each pair's question, shape (n,); 2 for yes and no.

    Returns:
        Mean of 1 / n_options^2; .25 where all questions have two options.
    """
    options = as_values(n_options, "n_options")
    return float(np.mean(1.0 / np.square(options))) if options.size else None


def _members(correct: npt.ArrayLike) -> FloatArray:
    members = np.asarray(correct, dtype=np.float64)
    _require_two(members)
    return members


def _require_two(members: npt.NDArray[np.generic]) -> None:
    if members.ndim != 2 or members.shape[1] != 2:
        raise ShapeError(f"Pairs have the shape (n, 2), not {members.shape}.")
