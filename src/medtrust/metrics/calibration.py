"""Does a confidence of 80 % mean right in 80 % of cases?

Every function takes the confidence in the given answer and whether that answer was right. A plain
calibration error is biased upward, because accuracies of bins scatter;
`medtrust.metrics.debiased_calibration` holds one that is not. Neither says whether confidence
tells right from wrong: a constant confidence equal to the accuracy is perfectly calibrated. Brier
score and log loss ask for both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    require_level,
    require_same_length,
)
from medtrust.metrics.confidence_bins import (
    Bins,
    BinSums,
    Edge,
    confidence_and_outcome,
    rule_name,
)
from medtrust.metrics.intervals import rate

# A wrong answer given with full confidence costs 16.1 nats instead of infinity.
LOG_LOSS_CLIP = 1e-7


def expected_calibration_error(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    n_bins: int = 10,
    bins: Bins = "width",
    edge: Edge = "right",
) -> float | None:
    """Mean absolute gap between confidence and accuracy, weighted by bin size.

    Args:
        confidence: Confidence in the given answer, each in [0, 1], shape (n,).
        correct: Whether that answer was right, booleans or zeros and ones, shape (n,).
        n_bins: Number of bins.
        bins: ``width``: bins of equal width. ``mass``: bins of (nearly) equally many samples,
            equal confidences never parted.
        edge: Of bins of equal width: ``right`` is (lo, hi] with 0 in the first bin, ``left`` is
            [lo, hi) with 1 in the last.

    Returns:
        Value in [0, 1]; 0 is perfect. Biased upward: a perfectly calibrated model shows more than
        0, and the more so the fewer samples and the more bins. None when n = 0.

    Raises:
        ShapeError: If lengths differ, or a confidence is missing or lies outside [0, 1].

    Source: Guo et al. 2017, arXiv 1706.04599, eq. 3; bins of equal mass as in Nixon et al. 2019,
        arXiv 1904.01685. The rule for equal confidences is our own.
    """
    sure, right = confidence_and_outcome(confidence, correct)
    if sure.size == 0:
        return None
    sums = BinSums.build(sure, right, n_bins=n_bins, bins=bins, edge=edge)
    return float(sums.shares @ np.abs(sums.gaps))


def maximum_calibration_error(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    n_bins: int = 10,
    bins: Bins = "width",
    edge: Edge = "right",
) -> float | None:
    """Largest absolute gap between confidence and accuracy among bins that are not empty.

    Arguments and errors as for `expected_calibration_error`.

    Returns:
        Value in [0, 1]; biased upward, strongly so where one bin holds few samples. None when
        n = 0.

    Source: Guo et al. 2017, arXiv 1706.04599, eq. 5.
    """
    sure, right = confidence_and_outcome(confidence, correct)
    if sure.size == 0:
        return None
    return float(np.abs(BinSums.build(sure, right, n_bins=n_bins, bins=bins, edge=edge).gaps).max())


def overconfidence(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> float | None:
    """Mean confidence minus accuracy, in [-1, 1]; positive is overconfident, None when n = 0.

    Raises:
        ShapeError: If lengths differ, or a confidence is missing or lies outside [0, 1].
    """
    sure, right = confidence_and_outcome(confidence, correct)
    return None if sure.size == 0 else float((sure - right).mean())


def brier(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> float | None:
    """Mean squared distance between confidence and outcome, in [0, 1]; None when n = 0.

    Raises:
        ShapeError: If lengths differ, or a confidence is missing or lies outside [0, 1].

    Source: Brier 1950, Monthly Weather Review 78(1), for one of two outcomes (half of his sum).
    """
    sure, right = confidence_and_outcome(confidence, correct)
    return None if sure.size == 0 else float(np.square(sure - right).mean())


def negative_log_likelihood(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, *, clip: float = LOG_LOSS_CLIP
) -> float | None:
    """Mean of minus the log of the probability given to what happened, in nats.

    Args:
        confidence: Confidence in the given answer, each in [0, 1], shape (n,).
        correct: Whether that answer was right, shape (n,).
        clip: Confidences are first drawn into [clip, 1 - clip]; in (0, 0.5).

    Returns:
        Value in [0, -log(clip)]; None when n = 0.

    Raises:
        ShapeError: If lengths differ, a confidence lies outside [0, 1], or clip is no such number.
    """
    sure, right = confidence_and_outcome(confidence, correct)
    return None if sure.size == 0 else float(log_losses(sure, right, clip=clip).mean())


def log_losses(
    confidence: FloatArray, correct: FloatArray, *, clip: float = LOG_LOSS_CLIP
) -> FloatArray:
    """Log loss of each sample, in nats, shape (n,); see `negative_log_likelihood`."""
    if not 0.0 < clip < 0.5:
        raise ShapeError(f"clip must lie between 0 and 0.5, not {clip}.")
    happened = np.where(correct == 1.0, confidence, 1.0 - confidence)
    return np.asarray(-np.log(np.clip(happened, clip, 1.0 - clip)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class BrierParts:
    """A Brier score, taken apart; `brier` puts it together again.

    Attributes:
        reliability: Mean squared gap between confidence and accuracy of bins, >= 0; lower is
            better. Biased upward like every calibration error.
        resolution: Variance of the bins' accuracies, >= 0; higher is better. Biased upward, too.
        uncertainty: Variance of the outcomes, in [0, 0.25]: the Brier score of a constant
            confidence equal to the accuracy.
        within_variance: Mean squared distance of confidences from their bin's mean, >= 0.
        within_covariance: Twice the mean product of that distance and the outcome's.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float

    @property
    def brier(self) -> float:
        """The Brier score: reliability - resolution + uncertainty and what bins hide."""
        hidden = self.within_variance - self.within_covariance
        return self.reliability - self.resolution + self.uncertainty + hidden


def brier_parts(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    n_bins: int = 10,
    bins: Bins = "width",
    edge: Edge = "right",
) -> BrierParts | None:
    """Murphy's decomposition over bins, with the two terms without which it does not add up.

    Arguments and errors as for `expected_calibration_error`.

    Returns:
        The parts; None when n = 0.

    Source: Murphy 1973, Journal of Applied Meteorology 12; within-bin terms Stephenson, Coelho
        and Jolliffe 2008, Weather and Forecasting 23, eq. 8.
    """
    sure, right = confidence_and_outcome(confidence, correct)
    if sure.size == 0:
        return None
    sums = BinSums.build(sure, right, n_bins=n_bins, bins=bins, edge=edge)
    share, base = sums.shares, float(right.mean())
    off = sure - sums.confidence[sums.codes]
    return BrierParts(
        reliability=float(share @ np.square(sums.gaps)),
        resolution=float(share @ np.square(sums.accuracy - base)),
        uncertainty=base * (1.0 - base),
        within_variance=float(np.square(off).mean()),
        within_covariance=2.0 * float((off * (right - sums.accuracy[sums.codes])).mean()),
    )


@dataclass(frozen=True, slots=True)
class ReliabilityBins:
    """One entry per bin that is not empty, in ascending order; all arrays have the shape (b,).

    Attributes:
        index: Number of the bin among all bins, from 0.
        low: Lower end of the bin; of bins of equal mass its smallest confidence.
        high: Upper end of the bin; of bins of equal mass its largest confidence.
        n: Number of samples.
        confidence: Mean confidence.
        accuracy: Share of correct answers.
        accuracy_low: Lower Wilson end of the accuracy, on the bin's effective number of samples;
            NaN where one cluster fills the bin: no honest interval.
        accuracy_high: Upper end; NaN together with the lower.
        rule: Number of bins, kind and edge rule, e.g. ``10_equal_width_right``.
    """

    index: IntArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    confidence: FloatArray
    accuracy: FloatArray
    accuracy_low: FloatArray
    accuracy_high: FloatArray
    rule: str


def reliability_bins(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
    n_bins: int = 10,
    bins: Bins = "width",
    edge: Edge = "right",
) -> ReliabilityBins:
    """What a reliability diagram shows: accuracy against confidence, bin by bin.

    Args:
        confidence: Confidence in the given answer, each in [0, 1], shape (n,).
        correct: Whether that answer was right, shape (n,).
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        level: Nominal coverage of each bin's interval alone, in (0, 1).
        n_bins: Number of bins.
        bins: As for `expected_calibration_error`.
        edge: As for `expected_calibration_error`.

    Returns:
        The bins that are not empty; none when n = 0.

    Raises:
        ShapeError: If lengths differ, or a confidence is missing or lies outside [0, 1].
    """
    require_level(level)
    sure, right = confidence_and_outcome(confidence, correct)
    codes = None if clusters is None else as_codes(clusters, "clusters")
    require_same_length(confidence=sure, clusters=codes)
    sums = BinSums.build(sure, right, n_bins=n_bins, bins=bins, edge=edge)
    low, high = sums.index / n_bins, (sums.index + 1) / n_bins
    ends = np.full((sums.index.size, 2), np.nan)
    for place in range(sums.index.size):
        inside = sums.codes == place
        own = None if codes is None else codes[inside]
        found = rate(right[inside], clusters=own, level=level)
        if found.low is not None and found.high is not None:
            ends[place] = found.low, found.high
        if bins == "mass":
            low[place], high[place] = sure[inside].min(), sure[inside].max()
    return ReliabilityBins(
        index=sums.index,
        low=low,
        high=high,
        n=sums.n.astype(np.int64),
        confidence=sums.confidence,
        accuracy=sums.accuracy,
        accuracy_low=ends[:, 0],
        accuracy_high=ends[:, 1],
        rule=rule_name(n_bins, bins, edge),
    )
