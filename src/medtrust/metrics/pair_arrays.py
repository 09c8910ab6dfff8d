"""Arrays about the members of pairs, checked: marks, answers and clusters.

Every check raises `ShapeError`. Answers are whole numbers: equal numbers are equal answers, and
negative ones none that is valid.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray, as_codes, as_zero_one


def as_members(correct: npt.ArrayLike) -> FloatArray:
    """Marks of the members, shape (n, 2)."""
    members = np.asarray(correct, dtype=np.float64)
    _require_two(members)
    return members


def as_answers(answers: npt.ArrayLike) -> IntArray:
    """Answers about the members, shape (n, 2)."""
    said = np.asarray(answers, dtype=np.float64)
    _require_two(said)
    return as_codes(said.ravel(), "answers").reshape(said.shape)


def as_marked_answers(
    correct: npt.ArrayLike, answers: npt.ArrayLike
) -> tuple[FloatArray, IntArray]:
    """Marks of 0 and 1 and answers about the same members, both of shape (n, 2)."""
    members, said = as_members(correct), as_answers(answers)
    as_zero_one(members.ravel(), "correct")
    if members.shape != said.shape:
        raise ShapeError(f"{members.shape[0]} pairs are marked, but {said.shape[0]} answered.")
    return members, said


def valid_pairs(said: IntArray) -> BoolArray:
    """Pairs with two valid answers, shape (n,)."""
    return np.asarray((said >= 0).all(axis=1))


def same_answers(said: IntArray) -> BoolArray:
    """Pairs with two equal valid answers, shape (n,)."""
    return np.asarray((said[:, 0] == said[:, 1]) & (said[:, 0] >= 0))


def pair_codes(clusters: IntArray | None, n: int) -> IntArray | None:
    """Clusters of n pairs, checked."""
    codes = None if clusters is None else as_codes(clusters, "clusters")
    if codes is not None and codes.shape[0] != n:
        raise ShapeError(f"{codes.shape[0]} clusters were given for {n} pairs.")
    return codes


def member_codes(clusters: IntArray | None, n: int) -> IntArray:
    """Clusters of single answers; each pair is one where none are given."""
    codes = pair_codes(clusters, n)
    return np.repeat(np.arange(n) if codes is None else codes, 2)


def chosen_codes(codes: IntArray | None, rows: BoolArray) -> IntArray | None:
    """Codes of some pairs; None where there are none."""
    return None if codes is None else codes[rows]


def _require_two(members: npt.NDArray[np.generic]) -> None:
    if members.ndim != 2 or members.shape[1] != 2:
        raise ShapeError(f"Pairs have the shape (n, 2), not {members.shape}.")
