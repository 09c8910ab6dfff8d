"""How well a score ranks errors above right answers: AUROC, average precision, and their limits.

A score is high where an item is held to be positive; for an uncertainty the positives are the
errors. Only the order counts, and items with equal scores count as ordered by a fair coin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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

# Accuracies are means of zeros and ones: differences below this are rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Placements:
    """Where each item stands among the items of the other class.

    Attributes:
        share: For a positive item the share of negatives that score lower, for a negative one the
            share of positives that score higher, equal scores counting one half; in [0, 1],
            shape (n,).
        positive: Which items are positive, shape (n,).
        auroc: Mean of the shares of either class, in [0, 1].
    """

    share: FloatArray
    positive: BoolArray
    auroc: float


def placements(score: npt.ArrayLike, positive: npt.ArrayLike) -> Placements | None:
    """Placement values of all items, in O(n log n).

    Args:
        score: High where an item is held to be positive, finite, shape (n,).
        positive: Booleans, or zeros and ones, shape (n,).

    Returns:
        None without both classes.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44(3), pages 837-845, structural
        components V10 and V01.
    """
    values, labels = as_values(score, "score"), as_zero_one(positive, "positive")
    require_same_length(score=values, positive=labels)
    is_positive = labels == 1.0
    n_positive = int(is_positive.sum())
    n_negative = values.size - n_positive
    if n_positive == 0 or n_negative == 0:
        return None
    # Twice the number of pairs won: whole numbers, so that the order of items leaves no trace.
    won = np.empty(values.size, dtype=np.int64)
    lower, upper = np.sort(values[~is_positive]), np.sort(values[is_positive])
    won[is_positive] = _twice_below(lower, values[is_positive])
    won[~is_positive] = 2 * n_positive - _twice_below(upper, values[~is_positive])
    share = won / (2.0 * np.where(is_positive, n_negative, n_positive))
    auroc_value = int(won[is_positive].sum()) / (2 * n_positive * n_negative)
    return Placements(share, is_positive, auroc_value)


def _twice_below(ordered: FloatArray, values: FloatArray) -> IntArray:
    """Twice how many ordered numbers lie below each value, plus how many equal it."""
    below = np.searchsorted(ordered, values, side="left")
    upto = np.searchsorted(ordered, values, side="right")
    return (below + upto).astype(np.int64)


def auroc(score: npt.ArrayLike, positive: npt.ArrayLike) -> float | None:
    """Chance that a random positive item scores higher than a random negative one.

    Args:
        score: High where an item is held to be positive, finite, shape (n,); no unit, no range.
        positive: Booleans, or zeros and ones, shape (n,).

    Returns:
        Value in [0, 1]; equal scores count one half, so a constant score has 0.5. None without
        both classes: with nothing to tell apart there is no rate of success.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.

    Source: Mann and Whitney 1947; Hanley and McNeil 1982, Radiology 143(1), pages 29-36.
    """
    placed = placements(score, positive)
    return None if placed is None else placed.auroc


def average_precision(score: npt.ArrayLike, positive: npt.ArrayLike) -> float | None:
    """Area under the precision-recall curve as a sum of steps, one for each distinct score.

    Beside it belongs the base rate, the share of positives, which a constant score reaches.

    Args:
        score: High where an item is held to be positive, finite, shape (n,).
        positive: Booleans, or zeros and ones, shape (n,).

    Returns:
        Sum over thresholds of precision times the gain in recall, in (0, 1]; items of equal score
        pass a threshold together. None without positives.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.

    Source: the definition without interpolation, as in scikit-learn's `average_precision_score`;
        Davis and Goadrich 2006, ICML, for why not to interpolate.
    """
    values, labels = as_values(score, "score"), as_zero_one(positive, "positive")
    require_same_length(score=values, positive=labels)
    total = float(labels.sum())
    if total == 0.0:
        return None
    order = np.argsort(-values, kind="stable")
    last_of_level = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    found = np.cumsum(labels[order])[last_of_level]
    gained = np.diff(found, prepend=0.0)
    return float(np.sum(gained * found / (last_of_level + 1.0)) / total)


def auroc_influence(
    score: npt.ArrayLike, positive: npt.ArrayLike, *, clusters: IntArray | None = None
) -> FloatArray:
    """How much each item pulls the AUROC up or down; squared and summed its variance.

    Each item's placement value less the AUROC, over the size of its class. So that the variance
    is unbiased and not a factor of (m-1)/m too small, each class is stretched by the square root of
    m/(m-1), where m is the number of its items, or of the clusters that hold any of them.

    Args:
        score: High where an item is held to be positive, finite, shape (n,).
        positive: Booleans, or zeros and ones, shape (n,).
        clusters: Cluster codes, shape (n,); None when all items are independent.

    Returns:
        Shape (n,), sums to 0 in each class. The variance of the AUROC is the sum over clusters of
        their squared sums (over items of their squares when independent), the covariance of two
        AUROCs the sum of products. All zero when the classes are perfectly apart, and all zero
        without both classes: such an AUROC has no value, and nothing pulls at it.

    Raises:
        ShapeError: If the arrays differ in length, or hold NaN or other labels.

    Source: DeLong et al. 1988, Biometrics 44(3), equations 5 to 7 (independent items); Obuchowski
        1997, Biometrics 53(2), pages 567-578 (clusters). Where a cluster holds both classes
        Obuchowski scales its cross terms by k/(k-1), here by the geometric mean of both factors.
    """
    placed = placements(score, positive)
    if placed is None:
        return np.zeros(as_values(score, "score").shape[0])
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(score=placed.share, clusters=codes)
    sides = placed.positive, ~placed.positive
    return placed_influence(placed, [_n_units(side, codes) for side in sides])


def _n_units(side: BoolArray, codes: IntArray | None) -> int:
    return int(side.sum()) if codes is None else int(np.unique(codes[side]).shape[0])


def placed_influence(placed: Placements, units: Sequence[int]) -> FloatArray:
    """Influences from placements, see `auroc_influence`.

    Args:
        placed: Placements of n items.
        units: Number of independent units that hold positives, and that hold negatives.
    """
    influence = placed.share - placed.auroc
    for side, count in zip((placed.positive, ~placed.positive), units, strict=True):
        stretch = math.sqrt(count / (count - 1.0)) if count > 1 else 1.0
        influence[side] *= stretch / side.sum()
    return influence


def auroc_cap(accuracy: float, n_options: npt.ArrayLike) -> float | None:
    """Highest AUROC of error detection when some right answers are lucky guesses.

    A model knows a share k of the answers and guesses the others among m options, all alike: its
    accuracy is k + (1-k)/m. The ideal estimator separates knowing from guessing perfectly, but no
    estimator can tell a lucky guess from an unlucky one. An error then outranks a known answer
    always and a lucky guess half of the time:

        g = (1-k)/m,    cap = (k + g/2) / (k + g)

    Assumed: nothing between knowing and guessing (a model that can rule out options does better);
    guesses even over the options; what is known is right (a model that is sure of wrong answers
    stays under the cap). With different numbers of options the known share is taken to be the
    same everywhere, so the mean of 1/m over items takes the place of 1/m, and the estimator is not
    credited for knowing that a guess among two options is better than one among five.

    Args:
        accuracy: Share of right answers, in [0, 1].
        n_options: Number of options, >= 2 each: one number, or one per item, shape (n,).

    Returns:
        Value in [0.5, 1]; 0.5 at the accuracy of guessing. None where the model does not apply:
        accuracy below chance, no wrong answers, or no items.

    Raises:
        ShapeError: If the accuracy lies outside [0, 1], or a number of options is not whole or
            below 2.

    Source: ours; the knowledge-or-guessing model is that of formula scoring, Lord and Novick 1968,
        Statistical Theories of Mental Test Scores, chapter 14.
    """
    if not 0.0 <= accuracy <= 1.0:
        raise ShapeError(f"accuracy must lie in [0, 1], not {accuracy}.")
    counts = as_codes(np.atleast_1d(np.asarray(n_options)), "n_options")
    if counts.size and counts.min() < 2:
        raise ShapeError("n_options must be at least 2 for every item.")
    if counts.size == 0 or accuracy == 1.0:
        return None
    chance = float(np.mean(1.0 / counts))
    known = (accuracy - chance) / (1.0 - chance)
    if known < -ROUNDING:
        return None
    known = max(known, 0.0)
    lucky = (1.0 - known) * chance
    return (known + lucky / 2.0) / (known + lucky)
