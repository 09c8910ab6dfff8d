"""Confusable pairs: two images, one question, opposite answers.

The definitions are those of MediConfusion. Who never looks at the image gives both members the
same answer: half of the single answers are right, no pair is, and every pair is confused.

Arrays about members have the shape (n, 2). ``correct`` says whether an answer was right;
``answers`` are whole numbers, where equal numbers are equal answers and negative ones none that is
valid.
"""

from __future__ import annotations

import math
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
)
from medtrust.metrics.intervals import Interval, rate, sample_size
from medtrust.metrics.paired import paired_difference


def set_accuracy(
    correct: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of pairs with both members right; an answer that could not be read is not right.

    Args:
        correct: Whether the answer about each member was right, shape (n, 2).
        clusters: Cluster codes of the pairs, shape (n,); None when all pairs are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1], n in pairs; see `rate`.

    Raises:
        ShapeError: If the shape is another one, or values other than 0 and 1 occur.

    Source: Sepehri et al. 2024, MediConfusion, arXiv 2409.15477 ("set accuracy").
    """
    return rate(_members(correct).min(axis=1), clusters=clusters, level=level)


def individual_accuracy(
    correct: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of members whose answer was right, n in members; arguments as in `set_accuracy`.

    The members of a pair are never independent, and they go against each other: of a confused
    pair exactly one is right. So the pair is the unit, with both, one or none right; the interval
    is that of the mean change from "the first is wrong" to "the second is right", which is both
    minus none, halved and moved by one half. An interval that takes two members of one cluster as
    alike at best is far too wide where most pairs are confused.

    Source: Sepehri et al. 2024, MediConfusion, arXiv 2409.15477 ("individual accuracy"); interval
        see `medtrust.metrics.paired.paired_difference`.
    """
    members = _members(correct)
    first, second = as_zero_one(members[:, 0], "correct"), as_zero_one(members[:, 1], "correct")
    codes = _codes(clusters, members.shape[0])
    # one draw: only the interval is used, which draws nothing
    rng = np.random.default_rng(0)
    found = paired_difference(1.0 - first, second, clusters=codes, level=level, rng=rng, draws=1)
    change = found.interval
    value = float(members.mean()) if members.size else None
    low, high = (None if end is None else (1.0 + end) / 2.0 for end in (change.low, change.high))
    return replace(change, value=value, low=low, high=high, n=2 * change.n)


def confusion(
    answers: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of pairs with the same answer to both members, among pairs with two valid answers.

    Args:
        answers: What was answered about each member, whole numbers, shape (n, 2); equal numbers
            are equal answers, negative ones are no valid answer.
        clusters: Cluster codes of the pairs, shape (n,); None when all pairs are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]; n counts pairs with two valid answers only.

    Raises:
        ShapeError: If the shape is another one.

    Source: Sepehri et al. 2024, MediConfusion, arXiv 2409.15477 ("confusion"); the released
        script divides by the pairs whose answers are both valid, not by all pairs.
    """
    said = _answers(answers)
    valid = _valid(said)
    codes = _codes(clusters, said.shape[0])
    return rate(_same(said)[valid], clusters=_chosen(codes, valid), level=level)


def confusion_of_all(
    answers: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of pairs with the same valid answer to both members, among all pairs.

    Arguments as in `confusion`; n counts all pairs. A pair with an answer that is not valid is
    not confused, so who answers little is little confused here.
    """
    said = _answers(answers)
    return rate(_same(said), clusters=_codes(clusters, said.shape[0]), level=level)


def precision(
    correct: npt.ArrayLike,
    answers: npt.ArrayLike,
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> Interval:
    """Share of pairs with both members right, among pairs with two valid and different answers.

    Args:
        correct: Whether the answer about each member was right, shape (n, 2).
        answers: What was answered, as in `confusion`, shape (n, 2).
        clusters: Cluster codes of the pairs, shape (n,); None when all pairs are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [0, 1]; None when every valid pair was confused. Whoever tells the images
        apart but does not know which is which gets .5 on questions with two options.

    Raises:
        ShapeError: If a shape is another one, or ``correct`` holds anything but 0 and 1.

    Source: the released script of MediConfusion (github.com/MShahabSepehri/MediConfusion), which
        prints it as "Precision".
    """
    members, said = _both_tables(correct, answers)
    apart = _valid(said) & ~_same(said)
    codes = _chosen(_codes(clusters, said.shape[0]), apart)
    return rate(members.min(axis=1)[apart], clusters=codes, level=level)


def invalid_rate(
    answers: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of single answers that are not valid, n in members; arguments as in `confusion`.

    The members of a pair are never independent: without clusters each pair is one.
    """
    said = _answers(answers)
    codes = _member_codes(clusters, said.shape[0])
    return rate((said < 0).ravel(), clusters=codes, level=level)


def position_bias(
    shown_first: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of valid answers that chose the option shown first, minus one half.

    Args:
        shown_first: Whether each valid answer chose the option shown first, shape (n,).
        clusters: Cluster codes of the answers, shape (n,); None when all are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Value and ends in [-0.5, 0.5]; 0 is expected of who does not heed the place, where the
        right option stands first as often as second.

    Raises:
        ShapeError: If lengths differ or values other than 0 and 1 occur.
    """
    share = rate(as_zero_one(shown_first, "shown_first"), clusters=clusters, level=level)
    value, low, high = (
        None if x is None else x - 0.5 for x in (share.value, share.low, share.high)
    )
    return replace(share, value=value, low=low, high=high)


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs counted in whole numbers, so that identities hold exactly or not at all.

    Attributes:
        pairs: All pairs.
        valid: Pairs with two valid answers.
        confused: Pairs with two equal valid answers.
        both: Pairs with both members right.
        right: Members whose answer was right.
        right_of_valid: Those of pairs with two valid answers.
        invalid: Members whose answer is not valid.
    """

    pairs: int
    valid: int
    confused: int
    both: int
    right: int
    right_of_valid: int
    invalid: int

    @property
    def residual(self) -> float | None:
        """Individual accuracy - confusion / 2 - set accuracy; None where one has no value."""
        if not self.valid:
            return None
        over = self.valid * (self.right - 2 * self.both) - self.pairs * self.confused
        return over / (2 * self.pairs * self.valid)

    @property
    def holds(self) -> bool:
        """Whether the counts can be those of pairs with two options and opposite right answers.

        Of two equal answers exactly one is right, of two different ones both or none; beside an
        answer that is not valid at most one is.
        """
        return (
            self.right_of_valid == self.confused + 2 * self.both
            and self.both <= self.valid - self.confused
            and self.right - self.right_of_valid <= self.pairs - self.valid
        )


def count_pairs(correct: npt.ArrayLike, answers: npt.ArrayLike) -> PairCounts:
    """Count pairs and members; arguments as in `precision`.

    Raises:
        ShapeError: If a shape is another one, or ``correct`` holds anything but 0 and 1.
    """
    members, said = _both_tables(correct, answers)
    valid = _valid(said)
    return PairCounts(
        pairs=said.shape[0],
        valid=int(valid.sum()),
        confused=int(_same(said).sum()),
        both=int(members.min(axis=1).sum()),
        right=int(members.sum()),
        right_of_valid=int(members[valid].sum()),
        invalid=int((said < 0).sum()),
    )


def identity_residual(correct: npt.ArrayLike, answers: npt.ArrayLike) -> float | None:
    """Individual accuracy - confusion / 2 - set accuracy, of questions with two options.

    A confused pair has exactly one right answer, so this is 0 where every answer is valid; then
    also set accuracy <= 1 - confusion. Whole numbers are compared, so 0 is 0 and not nearly so.

    Args:
        correct: Whether the answer about each member was right, shape (n, 2).
        answers: What was answered, as in `confusion`, shape (n, 2).

    Returns:
        Exactly 0.0 where no answer is invalid; None when no pair has two valid answers.

    Raises:
        ShapeError: If the marks contradict the answers: one of two equal answers must be right,
            and of two different ones both or none.
    """
    counts = count_pairs(correct, answers)
    if not counts.holds:
        raise ShapeError(
            f"Marks and answers contradict each other: of {counts.pairs} pairs {counts.valid} have "
            f"two valid answers, {counts.confused} of them equal ones; but both are right in "
            f"{counts.both} pairs and {counts.right} single answers are. Are the right answers "
            "of every pair opposite, and its questions of two options?"
        )
    return counts.residual


@dataclass(frozen=True, slots=True)
class BelowRandom:
    """Is set accuracy surely below that of guessing?

    Attributes:
        bound: Upper one-sided bound of set accuracy; None where there is none.
        below: Whether the bound lies below the baseline; None without a bound.
        baseline: Set accuracy of guessing, in (0, 1).
        p_value: One-sided, on the effective number of pairs; None without a bound. It is under
            1 - confidence exactly where ``below`` is true.
        p_if_independent: One-sided exact binomial, were all pairs independent; None without pairs.
        confidence: Of the bound, e.g. 0.975.
        interval: The two-sided interval whose upper end the bound is.
    """

    bound: float | None
    below: bool | None
    baseline: float
    p_value: float | None
    p_if_independent: float | None
    confidence: float
    interval: Interval


def below_random(
    correct: npt.ArrayLike,
    clusters: IntArray | None = None,
    *,
    baseline: float = 0.25,
    confidence: float = 0.975,
) -> BelowRandom:
    """Compare an upper bound of set accuracy with guessing.

    Args:
        correct: Whether the answer about each member was right, shape (n, 2).
        clusters: Cluster codes of the pairs, shape (n,); None when all pairs are independent.
        baseline: Set accuracy of guessing, in (0, 1); see `guessed_set_accuracy`.
        confidence: Of the one-sided bound, in (0.5, 1).

    Raises:
        ShapeError: If a shape is another one, or a number lies outside its range.

    Source: the score test that Wilson's interval inverts (Wilson 1927, JASA 22(158), pages
        209-212), on the effective number of pairs as in `medtrust.metrics.intervals.rate`.
    """
    from scipy.special import bdtr, ndtr

    if not 0.0 < baseline < 1.0 or not 0.5 < confidence < 1.0:
        raise ShapeError(
            f"baseline must lie in (0, 1) and confidence in (0.5, 1), not {baseline}, {confidence}."
        )
    both = _members(correct).min(axis=1)
    level = 2.0 * confidence - 1.0
    interval = set_accuracy(correct, clusters=clusters, level=level)
    if interval.value is None:
        return BelowRandom(None, None, baseline, None, None, confidence, interval)
    exact = float(bdtr(int(both.sum()), both.shape[0], baseline))
    size = sample_size(both, _codes(clusters, both.shape[0]), level=level)
    if size is None or interval.high is None:
        return BelowRandom(None, None, baseline, None, exact, confidence, interval)
    spread = math.sqrt(baseline * (1.0 - baseline) / size.n)
    p_value = float(ndtr((interval.value - baseline) / spread))
    below = interval.high < baseline
    return BelowRandom(interval.high, below, baseline, p_value, exact, confidence, interval)


def guessed_set_accuracy(n_options: npt.ArrayLike) -> float | None:
    """Expected set accuracy of guessing each member evenly and independently; None when n = 0.

    Args:
        n_options: Number of options of each pair's question, shape (n,); 2 for yes and no.

    Returns:
        Mean of 1 / n_options^2; .25 where all questions have two options.
    """
    options = as_values(n_options, "n_options")
    return float(np.mean(1.0 / np.square(options))) if options.size else None


def _members(correct: npt.ArrayLike) -> FloatArray:
    members = np.asarray(correct, dtype=np.float64)
    _require_two(members)
    return members


def _answers(answers: npt.ArrayLike) -> IntArray:
    said = np.asarray(answers, dtype=np.int64)
    _require_two(said)
    return said


def _both_tables(correct: npt.ArrayLike, answers: npt.ArrayLike) -> tuple[FloatArray, IntArray]:
    members, said = _members(correct), _answers(answers)
    as_zero_one(members.ravel(), "correct")
    if members.shape != said.shape:
        raise ShapeError(f"{members.shape[0]} pairs are marked, but {said.shape[0]} answered.")
    return members, said


def _valid(said: IntArray) -> BoolArray:
    """Pairs with two valid answers, shape (n,)."""
    return np.asarray((said >= 0).all(axis=1))


def _same(said: IntArray) -> BoolArray:
    """Pairs with two equal valid answers, shape (n,)."""
    return np.asarray((said[:, 0] == said[:, 1]) & (said[:, 0] >= 0))


def _codes(clusters: IntArray | None, n: int) -> IntArray | None:
    codes = None if clusters is None else as_codes(clusters, "clusters")
    if codes is not None and codes.shape[0] != n:
        raise ShapeError(f"{codes.shape[0]} clusters were given for {n} pairs.")
    return codes


def _member_codes(clusters: IntArray | None, n: int) -> IntArray:
    """Clusters of single answers; each pair is one where none are given."""
    codes = _codes(clusters, n)
    return np.repeat(np.arange(n) if codes is None else codes, 2)


def _chosen(codes: IntArray | None, rows: BoolArray) -> IntArray | None:
    return None if codes is None else codes[rows]


def _require_two(members: npt.NDArray[np.generic]) -> None:
    if members.ndim != 2 or members.shape[1] != 2:
        raise ShapeError(f"Pairs have the shape (n, 2), not {members.shape}.")
