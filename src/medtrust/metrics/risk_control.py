"""A threshold on uncertainty below which the share of wrong answers is bounded, with confidence.

A case is answered when its uncertainty is at most the threshold, and escalated otherwise. The
question is whether P(wrong | answered) <= alpha among cases like these, and the answer may be
mistaken with probability delta at most (Learn then Test).

Why it is exact, without a model of the errors. Two sets of independent cases are used, one case
per cluster each. The first fixes a sequence of thresholds and may look at anything; seen from the
second, they are constants. For one constant threshold, the cases of the second set that fall below
it are as many draws from the cases that would be answered, so given their number n (which is
random, and may be conditioned on), their errors are binomial with n and the true risk. The exact
upper bound of Clopper and Pearson then lies below the true risk with probability at most delta.
The sequence is tested in its order until one threshold fails: to choose any with a risk above
alpha, the first such in the sequence must have passed, which happens with probability at most
delta, however many there are and whether or not the risk grows along the sequence.

Taking the thresholds from the very cases that are then tested would not be exact: which thresholds
exist, and from where on n is large enough, would depend on the cases that are counted.

Sources: Angelopoulos et al. 2021, Learn then Test, arXiv 2110.01052 (fixed sequence testing, and
learning the sequence on a separate split); Geifman and El-Yaniv 2017, arXiv 1705.08500 (selection
with guaranteed risk by exact binomial bounds).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
from medtrust.metrics.clopper_pearson import (
    chance_of_at_most,
    fewest_cases,
    most_errors,
    upper_bound,
)

MOST_THRESHOLDS = 50
LIKELY = 0.8
"""With this chance the number of cases said to be needed would have been enough."""

_GUESSES = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, slots=True)
class ThresholdPlan:
    """A sequence of thresholds to test, most cautious first.

    Attributes:
        thresholds: Ascending, shape (m,); empty when nothing is worth a test.
        expected_coverage: Largest product, over thresholds, of the share of cases answered and the
            guessed chance of passing; what estimators are compared by, in [0, 1].
        reason: Why there is none; empty otherwise.
    """

    thresholds: FloatArray
    expected_coverage: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RiskControl:
    """Whether a threshold keeps the risk, and what that rests on.

    Attributes:
        threshold: Cases with at most this uncertainty are answered; None if none is guaranteed.
        n: Cases of the calibration set, those without a number included.
        answered: Those among them at or below the threshold; of the first one tested if none
            passed.
        errors: Wrong ones among the answered.
        bound: What their risk stays below with confidence 1 - delta; None if nothing was tested.
        coverage: answered / n; None when n = 0.
        reason: Why nothing can be guaranteed; empty otherwise.
    """

    threshold: float | None
    n: int
    answered: int
    errors: int
    bound: float | None
    coverage: float | None
    reason: str = ""


def threshold_grid(uncertainty: npt.ArrayLike, *, most: int = MOST_THRESHOLDS) -> FloatArray:
    """Thresholds that split cases evenly, from their uncertainty alone; ties stay together.

    Args:
        uncertainty: Of cases that the thresholds will not be tested on, high = uncertain, (n,).
        most: Number of thresholds, at most.

    Returns:
        Ascending, shape (m,): halfway between two neighbouring values, so that rounding in a
        later release does not move a case across; the last lies just above the largest.
    """
    values, counts = np.unique(as_values(uncertainty, "uncertainty"), return_counts=True)
    if values.size == 0:
        return values
    above = np.append(values[1:], values[-1] + 2e-9 * max(1.0, abs(float(values[-1]))))
    share = np.cumsum(counts) / counts.sum()
    wanted = np.arange(1, most + 1) / most
    chosen = np.unique(np.searchsorted(share, wanted - 1e-12))
    middle = values + (above - values) / 2.0
    return middle[np.minimum(chosen, values.size - 1)]


def plan_thresholds(
    uncertainty: npt.ArrayLike,
    wrong: npt.ArrayLike,
    *,
    n_calibration: int,
    alpha: float,
    delta: float,
    without: int = 0,
    most: int = MOST_THRESHOLDS,
) -> ThresholdPlan:
    """Fix the sequence of thresholds on cases that will not be used to test them.

    The sequence starts where passing is most likely among thresholds that should answer enough
    calibration cases for a guarantee, and goes on to the least cautious. Guesses of the chance of
    passing (a binomial count averaged over what the risk may be, Jeffreys prior) steer only where
    it starts: a bad guess costs coverage, never the guarantee.

    Args:
        uncertainty: Of these cases, high = uncertain, shape (n,); those without a number left out.
        wrong: Zeros and ones, 1 = error, shape (n,).
        n_calibration: Number of cases the sequence will be tested on.
        alpha: Largest tolerated risk, in (0, 1).
        delta: Chance of a mistaken guarantee, in (0, 1).
        without: Further cases whose uncertainty is missing: they will be escalated.
        most: Number of candidate thresholds, at most.

    Raises:
        ShapeError: If arrays do not fit together.
    """
    values, errors = _cases(uncertainty, wrong)
    fewest = fewest_cases(alpha, delta)
    grid = threshold_grid(values, most=most)
    answered, seen = count_below(values, errors, grid)
    share = answered / max(values.size + without, 1)
    expected = np.floor(share * n_calibration).astype(np.int64)
    # where fewer than the fewest are expected, they may still turn out enough
    enough = expected + np.sqrt(np.maximum(expected * (1.0 - share), 0.0)) >= fewest
    if not enough.any():
        most_answered = int(expected[-1]) if grid.size else 0
        return ThresholdPlan(
            grid[:0],
            0.0,
            f"about {most_answered} of {n_calibration} calibration cases have a number, and "
            f"fewer than {fewest} can show nothing",
        )
    grid, answered, seen, share = grid[enough], answered[enough], seen[enough], share[enough]
    chance = _chance_of_passing(
        answered, seen, np.maximum(expected[enough], fewest), alpha=alpha, delta=delta
    )
    start = int(np.argmax(chance))
    return ThresholdPlan(grid[start:], float(np.max(chance * share)))


def _chance_of_passing(
    answered: IntArray, errors: IntArray, planned: IntArray, *, alpha: float, delta: float
) -> FloatArray:
    from scipy.special import betaincinv

    quantiles = np.asarray(_GUESSES)[:, None]
    risks = betaincinv(errors + 0.5, answered - errors + 0.5, quantiles)
    tolerated = most_errors(planned, alpha=alpha, delta=delta)
    chance: FloatArray = chance_of_at_most(tolerated, planned, risks).mean(axis=0)
    return chance


def control_risk(
    uncertainty: npt.ArrayLike,
    wrong: npt.ArrayLike,
    *,
    thresholds: npt.ArrayLike,
    alpha: float,
    delta: float,
    without: int = 0,
    why_none: str = "no threshold was worth a test",
) -> RiskControl:
    """Test thresholds in their order and keep the last that passes before one fails.

    Args:
        uncertainty: Of independent cases, one per cluster, high = uncertain, shape (n,); cases
            without a number left out.
        wrong: Zeros and ones, 1 = error, shape (n,).
        thresholds: The sequence, ascending, shape (m,), fixed without these cases
            (`plan_thresholds` on others).
        alpha: Largest tolerated risk among answered cases, in (0, 1).
        delta: Chance that the guarantee is mistaken, in (0, 1); a share of it when several
            sequences are tested on the same cases.
        without: Further cases whose uncertainty is missing: they are escalated, never answered.
        why_none: What to say when the sequence is empty.

    Returns:
        The threshold with what it rests on, or why there is none.

    Raises:
        ShapeError: If arrays do not fit together, thresholds do not ascend, or a level is odd.

    Source: see the module.
    """
    values, errors = _cases(uncertainty, wrong)
    sequence = as_values(thresholds, "thresholds")
    if (np.diff(sequence) <= 0.0).any():
        raise ShapeError("thresholds must ascend.")
    fewest = fewest_cases(alpha, delta)
    n = values.size + without
    if sequence.size == 0:
        return RiskControl(None, n, 0, 0, None, 0.0 if n else None, why_none)
    answered, seen = count_below(values, errors, sequence)
    bounds = upper_bound(seen, answered, delta=delta)
    failed = np.flatnonzero(bounds > alpha)
    passed = int(failed[0]) if failed.size else sequence.size
    at = max(passed - 1, 0)
    found = {
        "n": n,
        "answered": int(answered[at]),
        "errors": int(seen[at]),
        "bound": float(bounds[at]),
        "coverage": float(answered[at] / n) if n else None,
    }
    if passed:
        return RiskControl(threshold=float(sequence[at]), **found)  # type: ignore[arg-type]
    reason = _why_not(int(answered[0]), int(seen[0]), float(bounds[0]), fewest, alpha, delta)
    return RiskControl(threshold=None, reason=reason, **found)  # type: ignore[arg-type]


def _why_not(n: int, errors: int, bound: float, fewest: int, alpha: float, delta: float) -> str:
    if n < fewest:
        return (
            f"only {n} calibration cases lie below the first threshold, and at least {fewest} "
            f"answered cases are needed to show an error below {alpha:g} with confidence "
            f"{1.0 - delta:g}"
        )
    return (
        f"of the {n} most certain calibration cases {errors} were wrong, so their error may be as "
        f"high as {bound:.3f}"
    )


def cases_needed(
    uncertainty: npt.ArrayLike,
    wrong: npt.ArrayLike,
    *,
    alpha: float,
    delta: float,
    without: int = 0,
) -> int | None:
    """Calibration cases with which a guarantee would be likely, if risks are as they look.

    An indication: the best of many looks is too hopeful, so read it as "at least".

    Args:
        uncertainty: As for `control_risk`.
        wrong: As for `control_risk`.
        alpha: In (0, 1).
        delta: In (0, 1).
        without: As for `control_risk`.

    Returns:
        None when the error is not below alpha at any threshold that answers enough to tell.
    """
    values, errors = _cases(uncertainty, wrong)
    fewest = fewest_cases(alpha, delta)
    if values.size == 0:
        return None
    answered, seen = count_below(values, errors, threshold_grid(values))
    # a third of few cases says little, but says more than all of them, of which many are wrong
    telling = answered >= min(fewest, math.ceil(values.size / 3))
    sizes = np.unique(np.geomspace(fewest, 1e6, 200).astype(np.int64))
    tolerated = most_errors(sizes, alpha=alpha, delta=delta)
    best: float = math.inf
    for n, k in zip(answered[telling].tolist(), seen[telling].tolist(), strict=True):
        passing = np.flatnonzero(chance_of_at_most(tolerated, sizes, k / n) >= LIKELY)
        if k < alpha * n and passing.size:
            best = min(best, float(sizes[passing[0]]) * (values.size + without) / n)
    return math.ceil(best) if math.isfinite(best) else None


def count_below(
    uncertainty: FloatArray, wrong: FloatArray, thresholds: FloatArray
) -> tuple[IntArray, IntArray]:
    """Cases with at most each threshold, and the wrong ones among them, shapes (m,)."""
    order = np.argsort(uncertainty, kind="stable")
    answered = np.searchsorted(uncertainty[order], thresholds, side="right")
    total = np.concatenate([[0.0], np.cumsum(wrong[order])])
    return answered.astype(np.int64), np.rint(total[answered]).astype(np.int64)


def _cases(uncertainty: npt.ArrayLike, wrong: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    values, errors = as_values(uncertainty, "uncertainty"), as_zero_one(wrong, "wrong")
    require_same_length(uncertainty=values, wrong=errors)
    return values, errors
