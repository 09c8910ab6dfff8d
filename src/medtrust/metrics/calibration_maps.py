"""From any score to a probability, learned on other samples than it is used on.

Temperature rescales a probability, Platt's line takes a score of any range, isotonic regression
takes only its order. All map a score to the chance of an outcome: an uncertainty to the chance of
being wrong, or a confidence to the chance of being right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from medtrust.metrics.arrays import FloatArray, as_values, as_zero_one, require_same_length
from medtrust.metrics.confidence_bins import as_confidence
from medtrust.metrics.logistic_line import logistic_line, slope_through_zero

# Probabilities of 0 and 1 have no finite logit.
LOGIT_CLIP = 1e-7
TEMPERATURES: Final = (0.01, 100.0)
# A spread this small beside the scores themselves is rounding.
ROUNDING = 1e-12


class CalibrationMap(Protocol):
    """What the three maps have in common."""

    def apply(self, score: npt.ArrayLike) -> FloatArray:
        """Probability of the outcome for each score, shape (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class Temperature:
    """Logit of a probability, divided by one number.

    Attributes:
        temperature: Over 1 draws probabilities towards 0.5, under 1 away from it; in [0.01, 100].
    """

    temperature: float

    @classmethod
    def fit(cls, score: npt.ArrayLike, outcome: npt.ArrayLike) -> Temperature | None:
        """Temperature of the smallest log loss.

        Args:
            score: Probabilities of the outcome, each in [0, 1] (0 and 1 are drawn in by 1e-7),
                shape (n,).
            outcome: Zeros and ones, shape (n,).

        Returns:
            None when all outcomes are equal. At an end of the range when no smaller or larger
            temperature is bad enough (perfect separation; a score that points the wrong way); 1
            when every probability is 0.5.

        Raises:
            ShapeError: If lengths differ, or a probability is missing or lies outside [0, 1].

        Source: Guo et al. 2017, arXiv 1706.04599, section 4.2, for two outcomes.
        """
        stated, happened = as_confidence(score, "score"), as_zero_one(outcome, "outcome")
        require_same_length(score=stated, outcome=happened)
        if _one_outcome(happened):
            return None
        low, high = TEMPERATURES
        return cls(1.0 / slope_through_zero(_logit(stated), happened, (1.0 / high, 1.0 / low)))

    def apply(self, score: npt.ArrayLike) -> FloatArray:
        """Rescaled probabilities, shape (n,); ShapeError for values outside [0, 1]."""
        from scipy.special import expit

        logits = _logit(as_confidence(score, "score"))
        return np.asarray(expit(logits / self.temperature), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Platt:
    """A line through a score of any range, on the logit scale.

    The logit is ``intercept + slope * (score - centre) / scale``.

    Attributes:
        centre: Mean of the scores it was fitted on.
        scale: Their standard deviation, > 0; 1 when all were equal.
        slope: Per standard deviation; negative when the score points the other way, 0 when all
            scores were equal.
        intercept: At the centre.
    """

    centre: float
    scale: float
    slope: float
    intercept: float

    @classmethod
    def fit(cls, score: npt.ArrayLike, outcome: npt.ArrayLike) -> Platt | None:
        """Maximum likelihood with Platt's softened targets, so that it is finite when separable.

        Args:
            score: Finite numbers, shape (n,).
            outcome: Zeros and ones, shape (n,).

        Returns:
            None when all outcomes are equal.

        Raises:
            ShapeError: If lengths differ or a score is missing.

        Source: Platt 1999, Advances in Large Margin Classifiers, pages 61-74, for the targets
            (N1 + 1) / (N1 + 2) and 1 / (N0 + 2); Lin, Lin and Weng 2007, Machine Learning 68, for
            a Newton method that is safe.
        """
        values, happened = as_values(score, "score"), as_zero_one(outcome, "outcome")
        require_same_length(score=values, outcome=happened)
        if _one_outcome(happened):
            return None
        n_one = float(happened.sum())
        soft = (n_one + 1.0) / (n_one + 2.0), 1.0 / (happened.size - n_one + 2.0)
        target = np.where(happened == 1.0, *soft)
        # Divided by the largest first, so that huge scores do not overflow.
        reach = float(np.abs(values).max())
        shrunk = values / reach if reach > 0.0 else values
        centre, scale = float(shrunk.mean()), float(shrunk.std())
        if scale <= ROUNDING or scale * reach == 0.0:
            chance = float(target.mean())
            return cls(centre * reach, 1.0, 0.0, float(np.log(chance / (1.0 - chance))))
        slope, intercept = logistic_line((shrunk - centre) / scale, target)
        return cls(centre * reach, scale * reach, slope, intercept)

    def apply(self, score: npt.ArrayLike) -> FloatArray:
        """Probability of the outcome for each score, shape (n,); ShapeError for missing values."""
        from scipy.special import expit

        values = as_values(score, "score")
        if self.slope == 0.0:
            return np.full(values.shape, expit(self.intercept), dtype=np.float64)
        # Infinitely far from the centre is a probability of 0 or 1.
        with np.errstate(over="ignore"):
            logits = self.intercept + self.slope * ((values - self.centre) / self.scale)
        return np.asarray(expit(logits), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A probability that never falls as the score rises; straight between its corners.

    Attributes:
        scores: Ascending corners, shape (m,), m >= 1; beyond them the map is constant.
        probabilities: Their probabilities, never falling, in [0, 1].
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    @classmethod
    def fit(cls, score: npt.ArrayLike, outcome: npt.ArrayLike) -> Isotonic | None:
        """Least squares by pooling adjacent violators; equal scores are pooled beforehand.

        Args:
            score: Finite numbers, shape (n,).
            outcome: Zeros and ones, shape (n,).

        Returns:
            None when all outcomes are equal. The map may reach 0 and 1, where log loss is at its
            clip, and it has flat parts: it creates ties, so AUROC may change.

        Raises:
            ShapeError: If lengths differ or a score is missing.

        Source: Zadrozny and Elkan 2002, KDD, pages 694-699; Ayer et al. 1955.
        """
        from scipy.optimize import isotonic_regression

        values, happened = as_values(score, "score"), as_zero_one(outcome, "outcome")
        require_same_length(score=values, outcome=happened)
        if _one_outcome(happened):
            return None
        kinds, kind, counts = np.unique(values, return_inverse=True, return_counts=True)
        shares = np.bincount(kind.ravel(), weights=happened) / counts
        fitted = np.clip(isotonic_regression(shares, weights=counts).x, 0.0, 1.0)
        # Inside a flat part a corner says nothing.
        rises = np.diff(fitted) > 0.0
        corner = np.r_[True, rises] | np.r_[rises, True]
        return cls(tuple(kinds[corner].tolist()), tuple(fitted[corner].tolist()))

    def apply(self, score: npt.ArrayLike) -> FloatArray:
        """Probability of the outcome for each score, shape (n,); ShapeError for missing values."""
        values = as_values(score, "score")
        return np.asarray(np.interp(values, self.scores, self.probabilities), dtype=np.float64)


MAPS: Final[dict[str, type[Temperature | Platt | Isotonic]]] = {
    "temperature": Temperature,
    "platt": Platt,
    "isotonic": Isotonic,
}


def _one_outcome(outcome: FloatArray) -> bool:
    return outcome.size == 0 or float(np.ptp(outcome)) == 0.0


def _logit(probability: FloatArray) -> FloatArray:
    from scipy.special import logit

    drawn_in = np.clip(probability, LOGIT_CLIP, 1.0 - LOGIT_CLIP)
    return np.asarray(logit(drawn_in), dtype=np.float64)
