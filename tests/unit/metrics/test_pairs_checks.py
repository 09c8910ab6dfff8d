"""Counts of confusable pairs must fit together; and is set accuracy surely below guessing?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm

from medtrust.core.errors import ShapeError
from medtrust.metrics.pair_counts import count_pairs, identity_residual
from medtrust.metrics.pairs import (
    below_random,
    confusion,
    individual_accuracy,
    set_accuracy,
)


def answered(n: int, seed: int, invalid: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Marks and answers of random choices about pairs with opposite right answers."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 2, n)
    said = np.where(rng.random((n, 2)) < invalid, -1, rng.integers(0, 2, (n, 2)))
    return said == np.stack([first, 1 - first], axis=1), said


@pytest.mark.parametrize("n", [1, 3, 7, 49, 176])
def test_the_identity_is_exactly_zero_where_all_answers_are_valid(n: int) -> None:
    for seed in range(50):
        correct, said = answered(n, seed)
        assert identity_residual(correct, said) == 0.0
        confused, both = confusion(said).value, set_accuracy(correct).value
        assert confused is not None
        assert both is not None
        assert both <= 1 - confused + 1e-12


def test_with_invalid_answers_the_residual_is_what_the_three_rates_leave() -> None:
    correct, said = answered(176, 3, invalid=0.2)
    values = [
        individual_accuracy(correct).value,
        confusion(said).value,
        set_accuracy(correct).value,
    ]
    single, confused, both = (value for value in values if value is not None)
    residual = identity_residual(correct, said)
    assert residual == pytest.approx(single - confused / 2 - both)
    assert residual != 0.0


def test_counts_are_whole_numbers() -> None:
    counts = count_pairs([[1, 1], [1, 0], [0, 0], [1, 0]], [[0, 1], [0, 0], [1, 0], [0, -1]])
    assert (counts.pairs, counts.valid, counts.confused) == (4, 3, 1)
    assert (counts.both, counts.right, counts.right_of_valid, counts.invalid) == (1, 4, 3, 1)
    assert counts.holds
    assert counts.residual == pytest.approx(4 / 8 - 1 / 6 - 1 / 4)


@pytest.mark.parametrize(
    ("correct", "said"),
    [
        ([[1, 1]], [[0, 0]]),  # equal answers, both right
        ([[0, 0]], [[0, 0]]),  # equal answers, none right
        ([[1, 0]], [[0, 1]]),  # different answers, one right
        ([[1, 0], [1, 1]], [[0, 1], [-1, 0]]),  # more right beside an invalid one than can be
    ],
)
def test_marks_that_contradict_the_answers_are_refused(
    correct: list[list[int]], said: list[list[int]]
) -> None:
    assert not count_pairs(correct, said).holds
    with pytest.raises(ShapeError, match="contradict each other"):
        identity_residual(correct, said)


def test_pairs_without_two_valid_answers_have_no_residual() -> None:
    assert identity_residual([[0, 0], [1, 0]], [[-1, -1], [0, -1]]) is None
    assert identity_residual(np.empty((0, 2)), np.empty((0, 2))) is None


def sets(right: int, n: int) -> np.ndarray:
    return np.repeat((np.arange(n) < right)[:, None], 2, axis=1)


def test_independent_pairs_get_the_score_test_and_the_exact_binomial() -> None:
    found = below_random(sets(16, 176))
    assert (found.below, found.baseline, found.confidence) == (True, 0.25, 0.975)
    assert found.bound == set_accuracy(sets(16, 176)).high
    spread = np.sqrt(0.25 * 0.75 / 176)
    assert found.p_value == pytest.approx(norm.cdf((16 / 176 - 0.25) / spread))
    assert found.p_if_independent == pytest.approx(binom.cdf(16, 176, 0.25))


@pytest.mark.parametrize("right", range(0, 61, 4))
def test_the_verdict_is_that_of_its_p_value(right: int) -> None:
    codes = np.arange(176) // 5
    for clusters in (None, codes):
        found = below_random(sets(right, 176), clusters)
        assert found.p_value is not None
        assert found.below == (found.p_value < 0.025)


def test_pairs_that_share_images_need_more_to_be_below() -> None:
    alike = np.repeat(sets(5, 30), 6, axis=0)
    codes = np.repeat(np.arange(30), 6)
    found = below_random(alike, codes)
    assert found.below is False
    assert found.p_if_independent is not None
    assert found.p_if_independent < 0.01
    assert below_random(alike).below is True


def test_without_an_interval_there_is_no_verdict() -> None:
    one = below_random(sets(0, 40), np.zeros(40, dtype=np.int64))
    assert (one.bound, one.below, one.p_value) == (None, None, None)
    assert one.p_if_independent == pytest.approx(0.75**40)
    none = below_random(np.empty((0, 2)))
    assert (none.bound, none.below, none.p_if_independent) == (None, None, None)


@pytest.mark.parametrize(("baseline", "confidence"), [(0.0, 0.9), (1.0, 0.9), (0.25, 0.5)])
def test_numbers_out_of_range_are_refused(baseline: float, confidence: float) -> None:
    with pytest.raises(ShapeError, match="must lie in"):
        below_random(sets(1, 4), baseline=baseline, confidence=confidence)
