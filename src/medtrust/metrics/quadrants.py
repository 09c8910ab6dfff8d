"""Consistency against image reliance: the model that is sure, stable, and does not look.

For each answer two questions: does it stay when only the words or the order of options change, and
does it change when the image is taken away? The four answers have names:

* ideal: consistent, and the image matters;
* fragile: inconsistent, but the image matters;
* dangerous: consistent without the image: every check of stability or confidence lets it pass;
* worst: neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    require_level,
    require_same_length,
)
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.perturbation import UNREAD, as_meanings
from medtrust.metrics.ranking_intervals import auroc_interval

IDEAL, FRAGILE, DANGEROUS, WORST = 0, 1, 2, 3
QUADRANTS: Final = ("ideal", "fragile", "dangerous", "worst")
LEFT_OUT = -1
SIMULTANEOUS = "bonferroni-4"
NOTHING_READ = "no clean answer was read: no quadrants"


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One of the four.

    Attributes:
        share: Of all items with a clean answer. The four intervals hold together at their level.
        accuracy: Of the clean answers in it; None when nobody said which are right.
        uncertainty: Mean over its items; None likewise.
    """

    share: Interval
    accuracy: Interval | None
    uncertainty: Interval | None


@dataclass(frozen=True, slots=True)
class Quadrants:
    """Where each answer stands, and what the four groups look like.

    Attributes:
        codes: 0 ideal, 1 fragile, 2 dangerous, 3 worst, -1 left out (no clean answer), shape (n,).
        groups: By name, in that order.
        consistent: Share of items whose answer no variant changed.
        reliant: Share of items whose answer changed without the image, as it is.
        separation: AUROC of uncertainty, positive = dangerous, among ideal and dangerous items.
            At or under 0.5 uncertainty does not flag what ignores the image; it is not made to.
        n_left_out: Items without a clean answer.
    """

    codes: IntArray
    groups: dict[str, Quadrant]
    consistent: Interval
    reliant: Interval
    separation: Interval | None
    n_left_out: int


def quadrant_codes(clean: npt.ArrayLike, variants: npt.ArrayLike, blank: npt.ArrayLike) -> IntArray:
    """Quadrant of each item.

    Args:
        clean: What was chosen on the plain question, codes that stay with the content, shape (n,);
            -1 where none was read: such an item is left out, it says nothing that could change.
        variants: The same under other words or orders of options, shape (n, p), p >= 1. Consistent
            is the item whose answer is the same in all p; -1 (refused, unread) is another answer.
        blank: The same without the image, shape (n,). Reliant is the item whose answer is another
            one then; -1 counts as another one: who declines to answer without an image uses it.

    Returns:
        Shape (n,): 0 ideal, 1 fragile, 2 dangerous, 3 worst, -1 left out.

    Raises:
        ShapeError: If shapes do not fit or a code is under -1.

    Source: Sadanandan and Behzadan 2026, arXiv 2603.20985 (names and definition as in the
        abstract; how unread answers count is our own).
    """
    first, last = as_meanings(clean, "clean"), as_meanings(blank, "blank")
    table = np.asarray(variants)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ShapeError("variants must have the shape (n, p), p >= 1.")
    others = [as_meanings(column, "variants") for column in table.T]
    require_same_length(clean=first, blank=last, variants=others[0])
    stays = np.all([column == first for column in others], axis=0)
    looks = last != first
    codes = np.select(
        [stays & looks, ~stays & looks, stays & ~looks], [IDEAL, FRAGILE, DANGEROUS], WORST
    )
    return np.where(first == UNREAD, LEFT_OUT, codes).astype(np.int64)


def quadrants(
    clean: npt.ArrayLike,
    variants: npt.ArrayLike,
    blank: npt.ArrayLike,
    *,
    correct: npt.ArrayLike | None = None,
    uncertainty: npt.ArrayLike | None = None,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Quadrants:
    """The four groups, with shares, accuracy and uncertainty.

    A changed answer is taken at face value here: `medtrust.metrics.image_reliance` says how much of
    the reliance is chance.

    Args:
        clean: See `quadrant_codes`, shape (n,).
        variants: See `quadrant_codes`, shape (n, p).
        blank: See `quadrant_codes`, shape (n,).
        correct: Whether the clean answer is right, booleans or zeros and ones, shape (n,).
        uncertainty: Of the clean answer, high = uncertain, finite, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1); of the four shares together, after Bonferroni.

    Raises:
        ShapeError: If shapes do not fit, or values are missing.
    """
    require_level(level)
    codes = quadrant_codes(clean, variants, blank)
    right = None if correct is None else as_zero_one(correct, "correct")
    unsure = None if uncertainty is None else as_values(uncertainty, "uncertainty")
    units = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(codes=codes, correct=right, uncertainty=unsure, clusters=units)
    read = codes != LEFT_OUT
    table = _Table(codes[read], _part(right, read), _part(unsure, read), _part(units, read), level)
    return Quadrants(
        codes=codes,
        groups={name: table.group(code) for code, name in enumerate(QUADRANTS)},
        consistent=table.share((IDEAL, DANGEROUS), level),
        reliant=table.share((IDEAL, FRAGILE), level),
        separation=table.separation(),
        n_left_out=int(codes.size - read.sum()),
    )


def _part(values: npt.NDArray[Any] | None, chosen: npt.NDArray[np.bool_]) -> Any:
    return None if values is None else values[chosen]


@dataclass(frozen=True, slots=True)
class _Table:
    """Items with a clean answer."""

    codes: IntArray
    correct: FloatArray | None
    uncertainty: FloatArray | None
    clusters: IntArray | None
    level: float

    def share(self, codes: tuple[int, ...], level: float) -> Interval:
        found = rate(np.isin(self.codes, codes), clusters=self.clusters, level=level)
        return found if found.value is not None else replace(found, note=NOTHING_READ)

    def group(self, code: int) -> Quadrant:
        share = self.share((code,), 1.0 - (1.0 - self.level) / len(QUADRANTS))
        share = replace(share, level=self.level, method=f"{share.method}-{SIMULTANEOUS}")
        inside = self.codes == code
        units, level = _part(self.clusters, inside), self.level
        right, unsure = _part(self.correct, inside), _part(self.uncertainty, inside)
        return Quadrant(
            share,
            None if right is None else rate(right, clusters=units, level=level),
            None if unsure is None else mean(unsure, clusters=units, level=level),
        )

    def separation(self) -> Interval | None:
        if self.uncertainty is None:
            return None
        stable = np.isin(self.codes, (IDEAL, DANGEROUS))
        return auroc_interval(
            self.uncertainty[stable],
            self.codes[stable] == DANGEROUS,
            clusters=_part(self.clusters, stable),
            level=self.level,
        )
