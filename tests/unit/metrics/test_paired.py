from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from medtrust.core.errors import ShapeError
from medtrust.metrics.paired import mcnemar_exact, paired_difference, sign_flip


def test_mcnemar_agrees_with_the_binomial_test() -> None:
    for gained, lost in [(3, 12), (12, 3), (5, 5), (0, 7), (40, 61)]:
        before = np.repeat([False, True, True], [gained, lost, 20])
        after = np.repeat([True, False, True], [gained, lost, 20])
        expected = stats.binomtest(gained, gained + lost).pvalue
        assert mcnemar_exact(before, after) == pytest.approx(expected)


def test_mcnemar_without_changes_is_one_and_without_samples_undefined() -> None:
    assert mcnemar_exact(np.array([True, False]), np.array([True, False])) == 1.0
    assert mcnemar_exact(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)) is None


def test_paired_rates_follow_bonett_and_price_by_hand() -> None:
    # 100 pairs, 5 gained, 20 lost: p~ = 6/102 and 21/102
    before = np.repeat([False, True, True], [5, 20, 75])
    after = np.repeat([True, False, True], [5, 20, 75])
    result = paired_difference(before, after, rng=np.random.default_rng(0), draws=99)
    middle = (6 - 21) / 102
    half = 1.959963984540054 * math.sqrt((27 / 102 - middle**2) / 102)
    assert result.interval.value == pytest.approx(-0.15)
    assert result.interval.low == pytest.approx(middle - half)
    assert result.interval.high == pytest.approx(middle + half)


def test_sign_flip_of_single_changes_is_the_exact_mcnemar_test() -> None:
    before = np.repeat([False, True, True], [2, 9, 30])
    after = np.repeat([True, False, True], [2, 9, 30])
    p_value, method = sign_flip(after.astype(float) - before, rng=np.random.default_rng(0))
    assert method == "sign-flip-exact"
    assert p_value == pytest.approx(mcnemar_exact(before, after))


def test_random_sign_flips_approach_the_exact_answer() -> None:
    before = np.repeat([False, True, True], [10, 22, 30])
    after = np.repeat([True, False, True], [10, 22, 30])
    exact = mcnemar_exact(before, after)
    assert exact is not None
    p_value, method = sign_flip(
        after.astype(float) - before, rng=np.random.default_rng(0), draws=40_000
    )
    assert method == "sign-flip"
    assert p_value == pytest.approx(exact, abs=0.004)


def test_sign_flip_of_unequal_sizes_lists_all_patterns() -> None:
    # cluster sums 1, 2, 4: |sum| = 7 only with all signs alike, 2 of 8
    p_value, _ = sign_flip(
        np.array([1.0, 1.0, 1.0, 4.0]),
        clusters=np.array([0, 1, 1, 2]),
        rng=np.random.default_rng(0),
    )
    assert p_value == 0.25


def test_random_flips_agree_whether_sizes_repeat_or_not() -> None:
    rng = np.random.default_rng(8)
    change = rng.integers(1, 4, size=40).astype(float) * rng.choice(
        [-1, 1], p=[0.35, 0.65], size=40
    )
    jittered = change + rng.uniform(-1e-6, 1e-6, size=40)
    repeated, _ = sign_flip(change, rng=rng, draws=40_000)
    single, _ = sign_flip(jittered, rng=rng, draws=40_000)
    # jitter breaks ties with the observed sum, which moves p by part of that sum's own chance
    assert single == pytest.approx(repeated, abs=0.02)


def test_p_is_never_zero_however_large_the_effect() -> None:
    result = paired_difference(np.ones(500), np.zeros(500), rng=np.random.default_rng(0), draws=999)
    assert result.p_value == 1 / 1000


def test_whole_clusters_flip_together() -> None:
    # one patient with 40 lost answers is one piece of evidence, not forty
    before, after = np.ones(80), np.concatenate([np.zeros(40), np.ones(40)])
    clusters = np.concatenate([np.zeros(40), np.arange(1, 41)]).astype(np.int64)
    result = paired_difference(before, after, clusters=clusters, rng=np.random.default_rng(0))
    assert result.p_value == 1.0
    assert result.interval.low is not None
    assert result.interval.high is not None
    assert result.interval.low < -0.9


def test_nothing_changed_still_has_a_width_and_p_of_one() -> None:
    outcomes = np.tile([True, False], 50)
    clusters = np.repeat(np.arange(25), 4)
    result = paired_difference(outcomes, outcomes, clusters=clusters, rng=np.random.default_rng(0))
    assert result.interval.value == 0.0
    assert result.interval.low is not None
    assert result.interval.high is not None
    assert result.interval.low < 0.0 < result.interval.high
    assert result.p_value == 1.0


def test_scores_of_any_range_use_the_t_interval_of_differences() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(6.0, 1.0, size=30)
    after = before + rng.normal(0.5, 0.4, size=30)
    result = paired_difference(before, after, rng=rng, draws=199)
    change = after - before
    expected = stats.t.interval(0.95, 29, loc=change.mean(), scale=stats.sem(change))
    assert (result.interval.low, result.interval.high) == pytest.approx(expected)


def test_paired_difference_without_enough_data_says_why() -> None:
    rng = np.random.default_rng(0)
    empty = paired_difference(np.zeros(0), np.zeros(0), rng=rng)
    assert (empty.interval.value, empty.p_value) == (None, None)
    one = paired_difference(np.ones(3), np.zeros(3), clusters=np.zeros(3, dtype=int), rng=rng)
    assert (one.interval.value, one.interval.low, one.p_value) == (-1.0, None, None)
    assert "one cluster" in one.interval.note
    with pytest.raises(ShapeError, match="length"):
        paired_difference(np.ones(3), np.ones(2), rng=rng)
