"""Selective prediction: how good the answers are that a model is most certain of.

Answers are accepted in order of certainty. Equal uncertainties are accepted in random order, and
every number here is the expectation over those orders: no value depends on how the input happens
to be sorted. In expectation each member of a tie carries the mean loss of its tie, so sums of
losses rise in a straight line across it and one sort is all the work there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    BoolArray,
    FloatArray,
    as_values,
    as_zero_one,
    require_same_length,
)

ROUNDING = 1e-9
SAME = 1e-12


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The risk-coverage curve, one point for each number of accepted answers k = 1 .. n.

    Attributes:
        coverage: Share of accepted answers k / n, shape (n,), rising to 1.
        risk: Expected share of wrong answers among the k accepted, shape (n,), in [0, 1].
        generalised_risk: Chance that an answer is both accepted and wrong, shape (n,), in
            [0, 1]: risk times coverage, never falling.
    """

    coverage: FloatArray
    risk: FloatArray
    generalised_risk: FloatArray


def risk_coverage_curve(uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray) -> RiskCoverage:
    """Expected risk among the k most certain answers, for every k.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).

    Returns:
        Three vectors of shape (n,), empty when n = 0.

    Raises:
        ShapeError: If the arrays differ in length, hold NaN, or ``wrong`` is not 0 or 1. A
            missing uncertainty is never certain: leave it out, and count it.

    Source: El-Yaniv and Wiener 2010, JMLR 11, section 2 (risk and coverage); generalised risk
        after Traub et al. 2024, arXiv 2407.01032.
    """
    order, losses = _checked(uncertainty, wrong)
    lost = expected_losses(order, losses)[1:]
    accepted = np.arange(1, losses.shape[0] + 1, dtype=np.float64)
    n = max(losses.shape[0], 1)
    return RiskCoverage(accepted / n, lost / accepted, lost / n)


def expected_losses(uncertainty: FloatArray, losses: FloatArray) -> FloatArray:
    """Expected sum of the losses of the k most certain, ties broken at random.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        losses: Any finite numbers, shape (n,).

    Returns:
        Shape (n + 1,), for k = 0 .. n.
    """
    # losses are sorted as well, so that rounding does not depend on the order of the input
    order = np.lexsort((losses, uncertainty))
    steps = np.flatnonzero(np.diff(uncertainty[order])) + 1
    ends = np.concatenate(([0], steps, [losses.shape[0]]))
    sums = np.concatenate(([0.0], np.cumsum(losses[order])))
    accepted = np.arange(losses.shape[0] + 1)
    return np.interp(accepted, ends, sums[ends])


def aurc(uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray) -> float | None:
    """Area under the risk-coverage curve: mean risk over all numbers of accepted answers.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).

    Returns:
        Value in [0, 1], low = good; the error rate for an uninformative order. It depends on the
        error rate, which belongs beside it. None when n = 0.

    Raises:
        ShapeError: As `risk_coverage_curve`.

    Source: Geifman, Uziel and El-Yaniv 2019, arXiv 1805.08206, section 2.
    """
    order, losses = _checked(uncertainty, wrong)
    return _mean_risk(order, losses) if losses.size else None


def excess_aurc(uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray) -> float | None:
    """What the order of certainty loses to the best order: AURC minus that of the oracle.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).

    Returns:
        Value in [0, 1), 0 = no error is surer than a right answer; None when n = 0.

    Raises:
        ShapeError: As `risk_coverage_curve`.

    Source: Geifman, Uziel and El-Yaniv 2019, arXiv 1805.08206, section 2.
    """
    order, losses = _checked(uncertainty, wrong)
    if losses.size == 0:
        return None
    return max(_mean_risk(order, losses) - _mean_risk(losses, losses), 0.0)


def augrc(uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray) -> float | None:
    """Area under the generalised risk: the mean chance of an error that nobody is warned of.

    The curve is joined by straight lines from (0, 0), so that with error rate e it is
    (1 - AUROC) e (1 - e) + e^2 / 2 exactly, ties included. The mean over k = 1 .. n, which some
    toolkits give, is e / (2 n) more.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).

    Returns:
        Value in [0, 1/2], low = good; e / 2 for an uninformative order. None when n = 0.

    Raises:
        ShapeError: As `risk_coverage_curve`.

    Source: Traub et al. 2024, arXiv 2407.01032 (AUGRC and its relation to AUROC and accuracy).
    """
    order, losses = _checked(uncertainty, wrong)
    n = losses.shape[0]
    if n == 0:
        return None
    lost = expected_losses(order, losses)
    return float((lost[1:].sum() - lost[-1] / 2.0) / n**2)


def prediction_rejection_ratio(
    uncertainty: npt.ArrayLike, quality: npt.ArrayLike, *, max_rejection: float = 1.0
) -> float | None:
    """How far rejecting by uncertainty gets from random towards perfect rejection.

    The area is the mean, over k = n - r + 1 .. n accepted answers with r the whole part of
    ``max_rejection`` n, of the mean quality of the k most certain. The oracle rejects by quality.
    Rejecting at random keeps the mean quality at every k, so that baseline is exact, not drawn.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        quality: Quality of each answer in [0, 1], 1 = right, shape (n,).
        max_rejection: Largest share that is rejected, in (0, 1].

    Returns:
        1 = as good as the oracle, 0 = as random (constant uncertainty among them), negative =
        worse than that. None when n = 0, or when the oracle gains nothing over random: constant
        quality, or too few answers to reject one.

    Raises:
        ShapeError: If the arrays differ in length, hold NaN, or a number lies out of its range.

    Source: Malinin and Gales 2021, arXiv 2002.07650 (prediction rejection ratio); area and
        ``max_rejection`` as Vashurin et al. 2025, arXiv 2406.15627. The exact baseline is ours.
    """
    require_share(max_rejection, "max_rejection")
    order, values = as_values(uncertainty, "uncertainty"), as_values(quality, "quality")
    if require_same_length(uncertainty=order, quality=values) == 0:
        return None
    if values.min() < 0.0 or values.max() > 1.0:
        raise ShapeError("quality must lie in [0, 1].")
    losses = 1.0 - values
    rejected = whole_part(max_rejection * losses.shape[0])
    if np.ptp(losses) <= SAME or rejected < 2:
        return None
    at_random = float(losses.mean())
    gained = at_random - _mean_risk(order, losses, rejected)
    possible = at_random - _mean_risk(losses, losses, rejected)
    return gained / possible if possible > SAME else None


def coverage_at_risk(
    uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray, risk: float
) -> float | None:
    """Largest share of answers that one threshold can accept with at most this risk.

    A threshold takes all answers of equal uncertainty or none, so only whole ties are accepted:
    no expectation over part of a tie is promised that nobody could act on. The risk need not stay
    below the bound at every stricter threshold. This describes these very answers; a threshold
    with a guarantee for new ones is the matter of risk control.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).
        risk: Bound on the share of wrong answers among the accepted, in [0, 1].

    Returns:
        Value in [0, 1]; 0 when no threshold keeps the bound. None when n = 0.

    Raises:
        ShapeError: As `risk_coverage_curve`, or if ``risk`` lies outside [0, 1].
    """
    if not 0.0 <= risk <= 1.0:
        raise ShapeError(f"risk must lie in [0, 1], not {risk}.")
    order, losses = _checked(uncertainty, wrong)
    n = losses.shape[0]
    if n == 0:
        return None
    lost = expected_losses(order, losses)[1:]
    accepted = np.arange(1, n + 1)
    whole = np.append(np.diff(np.sort(order)) > 0.0, [True])
    kept = accepted[whole & (lost <= risk * accepted + ROUNDING)]
    return float(kept.max(initial=0) / n)


def risk_at_coverage(
    uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray, coverage: float
) -> float | None:
    """Expected share of wrong answers among the most certain ones.

    Within a tie, and where coverage times n is not whole, the sum of losses is interpolated:
    part of a tie is accepted at random.

    Args:
        uncertainty: Finite numbers, high = uncertain, shape (n,).
        wrong: Booleans, or zeros and ones, 1 = error, shape (n,).
        coverage: Share of accepted answers, in (0, 1].

    Returns:
        Value in [0, 1]; the error rate at coverage 1. None when n = 0.

    Raises:
        ShapeError: As `risk_coverage_curve`, or if ``coverage`` lies outside (0, 1].
    """
    require_share(coverage, "coverage")
    order, losses = _checked(uncertainty, wrong)
    n = losses.shape[0]
    if n == 0:
        return None
    lost = expected_losses(order, losses)
    return float(np.interp(coverage * n, np.arange(n + 1), lost) / (coverage * n))


def whole_part(number: float) -> int:
    """Whole part of a share times n; products such as 0.29 * 100 lie just below their value."""
    return int(np.floor(number + ROUNDING))


def require_share(share: float, name: str) -> None:
    """Check that a share lies in (0, 1].

    Raises:
        ShapeError: If it does not.
    """
    if not 0.0 < share <= 1.0:
        raise ShapeError(f"{name} must lie in (0, 1], not {share}.")


def _checked(
    uncertainty: npt.ArrayLike, wrong: BoolArray | FloatArray
) -> tuple[FloatArray, FloatArray]:
    order, losses = as_values(uncertainty, "uncertainty"), as_zero_one(wrong, "wrong")
    require_same_length(uncertainty=order, wrong=losses)
    return order, losses


def _mean_risk(order: FloatArray, losses: FloatArray, points: int | None = None) -> float:
    """Mean risk of the last ``points`` numbers of accepted answers; of all when None."""
    n = losses.shape[0]
    risks = expected_losses(order, losses)[1:] / np.arange(1, n + 1)
    return float(risks[n - (n if points is None else points) :].mean())
