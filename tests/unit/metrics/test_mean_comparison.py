"""Means of two groups compared: by hand, by identities and by how often the truth is held."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.intervals import Interval
from medtrust.metrics.mean_comparison import NOT_POSITIVE, mean_difference, mean_ratio

Sides = tuple[FloatArray, FloatArray, IntArray, IntArray]


def sides(seed: int, *, gap: float = 0.0, patients: int = 25) -> Sides:
    """Scores of patients seen on both sides, up to four each, alike within a patient."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0.5, 0.08, patients)
    one, two = (np.repeat(np.arange(patients), rng.integers(1, 5, patients)) for _ in range(2))
    first = level[one] + rng.normal(0.0, 0.1, one.size) + gap
    second = level[two] + rng.normal(0.0, 0.1, two.size)
    return first, second, one, two


def ends(found: Interval) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def difference(data: Sides) -> Interval:
    return mean_difference(data[0], data[1], clusters_first=data[2], clusters_second=data[3])


def ratio(data: Sides) -> Interval:
    return mean_ratio(data[0], data[1], clusters_first=data[2], clusters_second=data[3])


def test_independent_groups_of_one_size_have_the_pooled_t_interval() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(3)
    first, second = rng.normal(0.6, 0.2, 40), rng.normal(0.5, 0.1, 40)
    found = difference((first, second, np.arange(40), np.arange(40, 80)))
    known = ttest_ind(first, second).confidence_interval(0.95)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert ends(found) == pytest.approx((known.low, known.high), abs=0.001)
    assert (found.n, found.n_clusters) == (80, 80)


def test_a_ratio_is_the_difference_of_logarithms_for_small_spreads() -> None:
    first, second, one, two = sides(1)
    first, second = 5 + 0.01 * first, 4 + 0.01 * second
    found = ratio((first, second, one, two))
    log = difference((np.log(first), np.log(second), one, two))
    assert found.value == pytest.approx(first.mean() / second.mean())
    assert [math.log(end) for end in ends(found)] == pytest.approx(list(ends(log)), rel=1e-4)


def test_sides_exchanged_turn_the_sign_and_the_ratio_upside_down() -> None:
    first, second, one, two = sides(2, gap=0.1)
    there, back = ends(difference((first, second, one, two))), ends(
        difference((second, first, two, one))
    )  # fmt: skip
    assert there == pytest.approx((-back[1], -back[0]))
    there, back = ends(ratio((first, second, one, two))), ends(ratio((second, first, two, one)))
    assert there == pytest.approx((1 / back[1], 1 / back[0]))


def test_patients_on_both_sides_move_both_and_narrow_the_interval() -> None:
    first, second, one, two = sides(4, patients=60)
    same = ends(difference((first, second, one, two)))
    apart = ends(difference((first, second, one, two + 1_000)))
    assert same[1] - same[0] < apart[1] - apart[0]


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_the_truth_is_held_as_often_as_said(gap: float) -> None:
    held = [0, 0]
    for seed in range(2_000):
        data = sides(seed, gap=gap)
        for place, (found, truth) in enumerate(
            [(difference(data), gap), (ratio(data), (0.5 + gap) / 0.5)]
        ):
            low, high = ends(found)
            held[place] += low <= truth <= high
    for count in held:
        assert 0.93 <= count / 2_000 <= 0.97


def test_an_empty_side_or_a_mean_of_nothing_has_no_value_but_a_reason() -> None:
    empty = np.array([]), np.array([1.0]), np.array([], dtype=np.int64), np.array([0])
    for found in (difference(empty), ratio(empty)):
        assert (found.value, found.low, found.high) == (None, None, None)
        assert found.note == "no samples"
    zeros = np.zeros(5), np.ones(5), np.arange(5), np.arange(5, 10)
    assert ratio(zeros).value is None
    assert ratio(zeros).note == NOT_POSITIVE
    assert difference(zeros).value == -1.0
    assert "no interval" in difference(zeros).note


def test_one_cluster_gives_no_interval() -> None:
    one = np.array([0.2, 0.4]), np.array([0.1, 0.9]), np.zeros(2, int), np.zeros(2, int)
    assert difference(one).value == pytest.approx(-0.2)
    assert (difference(one).low, ratio(one).high) == (None, None)
    assert difference(one).note == "one cluster: no interval"


def test_lengths_must_fit() -> None:
    with pytest.raises(ShapeError):
        difference((np.ones(3), np.ones(2), np.arange(2), np.arange(2)))
