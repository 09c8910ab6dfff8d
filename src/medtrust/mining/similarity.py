"""The similarity that decides: cosine in float64, the same on every machine.

A pair is reported by this number and by no other. It is made of elementwise float64 operations
in one fixed order, so that neither the BLAS, nor the block, nor the width of a vector unit moves
its last bit. Single precision only proposes candidates, with a margin that no pair can slip by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
SingleArray: TypeAlias = npt.NDArray[np.float32]
RealArray: TypeAlias = npt.NDArray[np.floating[Any]]

ROUNDOFF: Final = 2.0**-24
"""Unit roundoff of float32."""
LONGEST: Final = 1.002
"""No row that a product sees is longer: rows further from length 1 have been divided by it."""
CHUNK: Final = 128
"""Pairs at once: two float64 gathers of 512 to 1024 columns stay in a core's own cache."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One matrix of embeddings in the forms that mining needs.

    Attributes:
        single: Rows of length 1 in float32, C order, shape (n, d): for the products.
        values: The rows as they were stored, shape (n, d): for the similarity that decides.
        norms: What each stored row is divided by, shape (n,); 1 where it is taken as it is.
    """

    single: SingleArray
    values: RealArray
    norms: FloatArray


def summed(terms: FloatArray) -> FloatArray:
    """Sum each row by halving it: elementwise additions in one fixed order.

    Args:
        terms: Shape (n, d) with d at least 1; overwritten.

    Returns:
        Sums, shape (n,).
    """
    width = terms.shape[1]
    while width > 1:
        half = (width + 1) // 2
        terms[:, : width - half] += terms[:, half:width]
        width = half
    return terms[:, 0].copy()


def similarity(left: Rows, i: IntArray, right: Rows, j: IntArray) -> FloatArray:
    """Cosine of row i of one matrix and row j of another, pair by pair, in float64.

    The same bits whichever of the two is called left, and however many pairs come at once.

    Args:
        left: Matrix of the first of each pair.
        i: Rows in it, shape (n,).
        right: Matrix of the second.
        j: Rows in it, shape (n,).

    Returns:
        Shape (n,); within 1e-12 of [-1, 1], or within 0.004 where rows of nearly length 1 are
        taken as they are.
    """
    found = np.empty(len(i))
    for start in range(0, len(i), CHUNK):
        stop = start + CHUNK
        terms = left.values[i[start:stop]].astype(np.float64)
        terms *= right.values[j[start:stop]]
        found[start:stop] = summed(terms)
    found /= left.norms[i] * right.norms[j]
    return found


def margin(dimension: int) -> float:
    """How far a product in float32 can lie from the similarity that decides.

    A product of two rows x, y rounds each term at most d times in whatever order it is summed, so
    that its error is at most g |x||y| with g = d u / (1 - d u) (Higham, Accuracy and Stability of
    Numerical Algorithms, 2nd ed., eq. 3.5, with Cauchy-Schwarz). Rounding the rows themselves to
    float32 adds 2u + u^2. The last term covers the rounding of float64 and underflow.

    Args:
        dimension: Length d of the rows, below 2^24.

    Returns:
        The bound; 3.1e-5 at d = 512.
    """
    steps = dimension * ROUNDOFF
    growth = steps / (1.0 - steps)
    return LONGEST**2 * (growth + 2.0 * ROUNDOFF + ROUNDOFF**2) + 1e-10


def below(value: float) -> np.float32:
    """A float32 surely below a float64."""
    return np.float32(np.nextafter(np.float32(value), np.float32(-np.inf)))


def above(value: float) -> np.float32:
    """A float32 surely above a float64."""
    return np.float32(np.nextafter(np.float32(value), np.float32(np.inf)))
