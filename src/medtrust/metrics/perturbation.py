"""What a perturbation does to answers: hidden options, other words, shuffled options, no image.

Every function takes the same items before and after, and so fits any pair of conditions. An item
that was wrong before cannot collapse; so rates of collapse are among the items right before. The
change of accuracy, in which losses and gains offset each other, is
`medtrust.metrics.paired.paired_difference`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    require_same_length,
)
from medtrust.metrics.intervals import Interval, rate

UNREAD = -1
NOTHING_WAS_RIGHT = "nothing was right before: nothing could collapse"
NOTHING_WAS_WRONG = "nothing was wrong before: nothing could recover"


@dataclass(frozen=True, slots=True)
class Collapsing:
    """The items right before a perturbation, and which of them were wrong after.

    Attributes:
        rows: Their positions among all items, ascending, shape (m,).
        uncertainty: Their uncertainty before, shape (m,).
        collapsed: Whether each was wrong after, zeros and ones, shape (m,).
        clusters: Their cluster codes, shape (m,); None when all items are independent.
    """

    rows: IntArray
    uncertainty: FloatArray
    collapsed: FloatArray
    clusters: IntArray | None


def right_before_only(
    uncertainty: npt.ArrayLike,
    right_before: npt.ArrayLike,
    right_after: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
) -> Collapsing:
    """The items that can collapse, picked out of all items.

    Args:
        uncertainty: Before the perturbation, high = uncertain, shape (n,).
        right_before: Booleans, or zeros and ones, shape (n,).
        right_after: Those of the same items under the perturbation, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.
    """
    scores = as_values(uncertainty, "uncertainty")
    before, after = as_zero_one(right_before, "right_before"), as_zero_one(right_after, "after")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(uncertainty=scores, right_before=before, right_after=after, clusters=codes)
    rows = np.flatnonzero(before == 1.0).astype(np.int64)
    return Collapsing(rows, scores[rows], 1.0 - after[rows], None if codes is None else codes[rows])


def collapse(
    right_before: BoolArray | FloatArray,
    right_after: BoolArray | FloatArray,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Share of the answers right before that are wrong after.

    Args:
        right_before: Booleans, or zeros and ones, shape (n,); a refused or unread answer is 0.
        right_after: Those of the same items under the perturbation, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1], see `medtrust.metrics.intervals.rate`; n is the number of items
        right before. Value None when there are none.

    Raises:
        ShapeError: If the arrays differ in length or hold anything but 0 and 1.
    """
    return _share_changed(right_before, right_after, 1.0, NOTHING_WAS_RIGHT, clusters, level)


def recovery(
    right_before: BoolArray | FloatArray,
    right_after: BoolArray | FloatArray,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Share of the answers wrong before that are right after; arguments as in `collapse`."""
    return _share_changed(right_before, right_after, 0.0, NOTHING_WAS_WRONG, clusters, level)


def _share_changed(
    right_before: npt.ArrayLike,
    right_after: npt.ArrayLike,
    start: float,
    nothing: str,
    clusters: IntArray | None,
    level: float,
) -> Interval:
    before = as_zero_one(right_before, "right_before")
    after = as_zero_one(right_after, "right_after")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(right_before=before, right_after=after, clusters=codes)
    chosen = before == start
    changed = after[chosen] != start
    share = rate(changed, clusters=None if codes is None else codes[chosen], level=level)
    return share if share.value is not None else replace(share, note=nothing)


def flips(
    meaning_before: npt.ArrayLike,
    meaning_after: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Share of answers whose content changed, right or wrong.

    Args:
        meaning_before: What was chosen, as a code that stays with the content when options move
            (for options their index in the file's order), shape (n,); -1 where none was read.
        meaning_after: Those of the same items under the perturbation, shape (n,). From chosen to
            unread is a change; unread before and after is none.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]; value None when n = 0.

    Raises:
        ShapeError: If the arrays differ in length or hold anything but codes >= -1.
    """
    before = as_meanings(meaning_before, "meaning_before")
    after = as_meanings(meaning_after, "meaning_after")
    require_same_length(meaning_before=before, meaning_after=after)
    return rate(before != after, clusters=clusters, level=level)


def as_meanings(values: npt.ArrayLike, name: str) -> IntArray:
    """Check and convert codes of what was chosen, shape (n,); -1 where none was read.

    Raises:
        ShapeError: If a code is not whole or under -1.
    """
    codes = as_codes(values, name)
    if codes.size and codes.min() < UNREAD:
        raise ShapeError(f"{name} must hold codes from 0, or -1 where no choice was read.")
    return codes
