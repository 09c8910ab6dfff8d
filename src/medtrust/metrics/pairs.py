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
from medtrust.metrics.arrays import IntArray, as_values, as_zero_one
from medtrust.metrics.intervals import Interval, rate, sample_size
from medtrust.metrics.pair_arrays import (
    as_answers,
    as_marked_answers,
    as_members,
    chosen_codes,
    member_codes,
    pair_codes,
    same_answers,
    valid_pairs,
)
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
    return rate(as_members(correct).min(axis=1), clusters=clusters, level=level)


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
    members = as_members(correct)
    first, second = as_zero_one(members[:, 0], "correct"), as_zero_one(members[:, 1], "correct")
    codes = pair_codes(clusters, members.shape[0])
    # the p-value is not used: one draw is enough
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
    said = as_answers(answers)
    valid = valid_pairs(said)
    codes = pair_codes(clusters, said.shape[0])
    return rate(same_answers(said)[valid], clusters=chosen_codes(codes, valid), level=level)


def confusion_of_all(
    answers: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of pairs with the same valid answer to both members, among all pairs.

    Arguments as in `confusion`; n counts all pairs. A pair with an answer that is not valid is
    not confused, so who answers little is little confused here.
    """
    said = as_answers(answers)
    return rate(same_answers(said), clusters=pair_codes(clusters, said.shape[0]), level=level)


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
    members, said = as_marked_answers(correct, answers)
    apart = valid_pairs(said) & ~same_answers(said)
    codes = chosen_codes(pair_codes(clusters, said.shape[0]), apart)
    return rate(members.min(axis=1)[apart], clusters=codes, level=level)


def invalid_rate(
    answers: npt.ArrayLike, *, clusters: IntArray | None = None, level: float = 0.95
) -> Interval:
    """Share of single answers that are not valid, n in members; arguments as in `confusion`.

    The members of a pair are never independent: without clusters each pair is one.
    """
    said = as_answers(answers)
    codes = member_codes(clusters, said.shape[0])
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
    both = as_members(correct).min(axis=1)
    level = 2.0 * confidence - 1.0
    interval = set_accuracy(correct, clusters=clusters, level=level)
    if interval.value is None:
        return BelowRandom(None, None, baseline, None, None, confidence, interval)
    exact = float(bdtr(int(both.sum()), both.shape[0], baseline))
    size = sample_size(both, pair_codes(clusters, both.shape[0]), level=level)
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
