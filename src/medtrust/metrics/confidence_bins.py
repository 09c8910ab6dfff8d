"""Confidences, checked and sorted into bins.

Two kinds of bins and two edge rules are in use, and one data set gives a different calibration
error under each. So bins and edge rule are always said: ``10_equal_width_right`` is ten bins of
equal width, (lo, hi], and 0 belongs to the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_values,
    as_zero_one,
    require_same_length,
)

Bins: TypeAlias = Literal["width", "mass"]
Edge: TypeAlias = Literal["right", "left"]


def as_confidence(values: npt.ArrayLike, name: str = "confidence") -> FloatArray:
    """Check and convert a vector of probabilities.

    Raises:
        ShapeError: If a value is missing or lies outside [0, 1], or the shape is not (n,).
    """
    array = as_values(values, name)
    if array.size and (array.min() < 0.0 or array.max() > 1.0):
        raise ShapeError(
            f"{name} must lie in [0, 1], but reaches from {array.min():g} to {array.max():g}: "
            "a score that is not a probability is calibrated on other samples first."
        )
    return array


def confidence_and_outcome(
    confidence: npt.ArrayLike, correct: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Check confidences and outcomes together; both float64 of one shape (n,).

    Raises:
        ShapeError: If lengths differ, a confidence is no probability, or an outcome not 0 or 1.
    """
    sure, right = as_confidence(confidence), as_zero_one(correct, "correct")
    require_same_length(confidence=sure, correct=right)
    return sure, right


def bin_codes(
    confidence: FloatArray, *, n_bins: int = 10, bins: Bins = "width", edge: Edge = "right"
) -> IntArray:
    """The bin that each confidence falls into, 0 .. n_bins-1.

    Args:
        confidence: Probabilities, shape (n,).
        n_bins: Number of bins, >= 1; some may stay empty.
        bins: ``width``: bin i reaches from i/n_bins to (i+1)/n_bins. ``mass``: the sorted
            confidences are cut into n_bins runs of equal length (the first ones hold one more
            where n does not divide); equal confidences are never parted, they all go to the run
            that holds the (lower) middle one of them.
        edge: Only for bins of equal width. ``right``: (lo, hi], and 0 belongs to the first bin.
            ``left``: [lo, hi), and 1 belongs to the last.

    Returns:
        Shape (n,); a higher confidence never falls into a lower bin.

    Raises:
        ShapeError: If ``n_bins`` is not positive, or a rule is unknown.
    """
    if n_bins < 1:
        raise ShapeError(f"n_bins must be at least 1, not {n_bins}.")
    if bins not in {"width", "mass"} or edge not in {"right", "left"}:
        raise ShapeError(
            f"bins must be 'width' or 'mass' and edge 'right' or 'left', not {bins!r} and {edge!r}."
        )
    if bins == "mass":
        return _equal_mass(confidence, n_bins)
    # i/n_bins is the double nearest to the decimal, so that 0.3 lies on the edge of 3/10.
    edges = np.arange(n_bins + 1) / n_bins
    side: Literal["left", "right"] = "left" if edge == "right" else "right"
    found = np.searchsorted(edges, confidence, side=side) - 1
    return np.clip(found, 0, n_bins - 1).astype(np.int64)


def _equal_mass(confidence: FloatArray, n_bins: int) -> IntArray:
    if confidence.size == 0:
        return np.zeros(0, dtype=np.int64)
    shorter, longer_runs = divmod(confidence.size, n_bins)
    lengths = np.full(n_bins, shorter)
    lengths[:longer_runs] += 1
    run = np.repeat(np.arange(n_bins), lengths)
    _, kind, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle = (ends - counts + ends - 1) // 2
    codes: IntArray = run[middle][kind.ravel()].astype(np.int64)
    return codes


def rule_name(n_bins: int, bins: Bins, edge: Edge) -> str:
    """How bins and edge rule are called in the names of metrics."""
    return f"{n_bins}_equal_mass" if bins == "mass" else f"{n_bins}_equal_width_{edge}"


@dataclass(frozen=True, slots=True)
class BinSums:
    """What the bins that are not empty hold.

    Attributes:
        codes: Place of each sample's bin among them, shape (n,).
        index: Number of each bin among all bins, ascending, shape (b,).
        n: Number of samples of each, shape (b,).
        confidence: Mean confidence of each, shape (b,).
        accuracy: Share of correct answers of each, shape (b,).
    """

    codes: IntArray
    index: IntArray
    n: FloatArray
    confidence: FloatArray
    accuracy: FloatArray

    @classmethod
    def build(
        cls, confidence: FloatArray, correct: FloatArray, *, n_bins: int, bins: Bins, edge: Edge
    ) -> BinSums:
        """Sort samples, arrays of shape (n,), into bins by `bin_codes`."""
        found = bin_codes(confidence, n_bins=n_bins, bins=bins, edge=edge)
        index, codes = np.unique(found, return_inverse=True)
        codes = codes.ravel().astype(np.int64)
        n = np.bincount(codes, minlength=index.size).astype(np.float64)
        return cls(
            codes,
            index.astype(np.int64),
            n,
            np.bincount(codes, weights=confidence, minlength=index.size) / n,
            np.bincount(codes, weights=correct, minlength=index.size) / n,
        )

    @property
    def shares(self) -> FloatArray:
        """Share of all samples in each bin, shape (b,)."""
        return np.asarray(self.n / self.n.sum(), dtype=np.float64)

    @property
    def gaps(self) -> FloatArray:
        """Mean confidence minus accuracy of each bin, in [-1, 1], shape (b,)."""
        return self.confidence - self.accuracy
