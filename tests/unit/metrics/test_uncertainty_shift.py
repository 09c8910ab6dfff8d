from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from medtrust.core.errors import ShapeError
from medtrust.metrics.uncertainty_shift import (
    MARGINALS_FLIP,
    NO_SCATTER,
    SIGNED_RANK_FLIP,
    WILCOXON,
    marginal_distance,
    signed_rank,
    standardised_difference,
    uncertainty_shift,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_planted_shift_is_found_by_every_statistic() -> None:
    source = rng()
    before = source.gamma(2.0, size=400)
    after = before + source.normal(0.5, 1.0, size=400)
    shift = uncertainty_shift(before, after, rng=rng())
    interval = shift.difference.interval
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 0.5 < interval.high
    assert shift.difference.p_method == "sign-flip"
    assert shift.difference.p_value is not None
    assert shift.difference.p_value < 0.001
    assert shift.standardised.value == pytest.approx(0.5, abs=0.12)
    assert shift.rose.value == pytest.approx(stats.norm.cdf(0.5), abs=0.06)
    for size in (shift.signed_rank, shift.kolmogorov_smirnov):
        assert size.p_value is not None
        assert size.p_value < 0.001


def test_no_shift_is_no_finding() -> None:
    source = rng()
    before, after = source.normal(size=(2, 300))
    shift = uncertainty_shift(before, after, rng=rng())
    assert shift.standardised.low is not None
    assert shift.standardised.high is not None
    assert shift.standardised.low < 0.0 < shift.standardised.high
    for size in (shift.signed_rank, shift.kolmogorov_smirnov):
        assert size.p_value is not None
        assert size.p_value > 0.05


def test_cohens_d_z_is_mean_over_standard_deviation() -> None:
    change = np.array([1.0, 2.0, 4.0, -1.0])
    value = standardised_difference(change).value
    assert value == pytest.approx(change.mean() / change.std(ddof=1))
    assert standardised_difference(change).low is None


def test_the_interval_of_d_z_is_near_the_exact_one_for_normal_differences() -> None:
    change = rng().normal(0.4, 1.0, size=200)
    found = standardised_difference(change)
    assert found.value is not None
    t = found.value * np.sqrt(200)
    # the exact ends are the noncentralities at which t is a 97.5 or a 2.5 % quantile
    assert found.low is not None
    assert found.high is not None
    assert stats.nct.sf(t, 199, found.low * np.sqrt(200)) == pytest.approx(0.025, abs=0.01)
    assert stats.nct.cdf(t, 199, found.high * np.sqrt(200)) == pytest.approx(0.025, abs=0.01)


def test_equal_differences_have_no_standardised_size() -> None:
    found = standardised_difference(np.full(50, 0.25))
    assert (found.value, found.note) == (None, NO_SCATTER)


def test_signed_rank_of_independent_items_is_wilcoxons() -> None:
    change = rng().normal(0.2, 1.0, size=80)
    found = signed_rank(change, rng=rng())
    assert found.p_method == WILCOXON
    assert found.p_value == pytest.approx(stats.wilcoxon(change).pvalue)


def test_signed_rank_of_single_clusters_agrees_with_wilcoxon() -> None:
    change = rng().normal(0.25, 1.0, size=60)
    found = signed_rank(change, rng=rng(), clusters=np.arange(60), draws=20_000)
    assert found.p_method == SIGNED_RANK_FLIP
    assert found.p_value == pytest.approx(stats.wilcoxon(change).pvalue, abs=0.01)


def test_copied_items_do_not_make_a_clustered_p_smaller() -> None:
    change = rng().normal(0.2, 1.0, size=50)
    once = signed_rank(change, rng=rng(), clusters=np.arange(50), draws=20_000).p_value
    often = signed_rank(
        np.repeat(change, 8), rng=rng(), clusters=np.repeat(np.arange(50), 8), draws=20_000
    ).p_value
    assert once is not None
    assert often == pytest.approx(once, abs=0.02)
    assert stats.wilcoxon(np.repeat(change, 8)).pvalue < once / 5


def test_marginal_distance_is_that_of_two_samples() -> None:
    source = rng()
    before, after = source.integers(0, 6, 90) / 5.0, source.integers(0, 7, 90) / 5.0
    expected = stats.ks_2samp(before, after).statistic
    assert marginal_distance(before, after, rng=rng()).value == pytest.approx(expected)


def test_p_of_the_marginal_distance_approaches_all_swaps() -> None:
    before = np.array([0.1, 0.4, 0.3, 0.9, 0.5, 0.2])
    after = np.array([0.6, 0.5, 0.3, 1.0, 0.8, 0.7])
    observed = stats.ks_2samp(before, after).statistic
    hits = []
    for swap in itertools.product([False, True], repeat=6):
        one, two = np.where(swap, after, before), np.where(swap, before, after)
        hits.append(stats.ks_2samp(one, two).statistic >= observed - 1e-12)
    found = marginal_distance(before, after, rng=rng(), draws=20_000)
    assert found.p_value == pytest.approx(np.mean(hits), abs=0.01)


def test_pairs_of_a_cluster_are_swapped_together() -> None:
    source = rng()
    before = source.normal(size=30)
    after = before + source.normal(0.3, 0.5, size=30)
    codes = np.arange(30)
    once = marginal_distance(before, after, rng=rng(), clusters=codes, draws=10_000)
    often = marginal_distance(
        np.repeat(before, 5),
        np.repeat(after, 5),
        rng=rng(),
        clusters=np.repeat(codes, 5),
        draws=10_000,
    )
    assert often.value == pytest.approx(once.value)
    assert once.p_value is not None
    assert often.p_value == pytest.approx(once.p_value, abs=0.02)


def test_nothing_moved_is_certain_and_nothing_measured_is_undefined() -> None:
    same = np.linspace(0.0, 1.0, 25)
    shift = uncertainty_shift(same, same, rng=rng())
    assert (shift.signed_rank.value, shift.signed_rank.p_value) == (0.0, 1.0)
    assert shift.kolmogorov_smirnov.value == 0.0
    assert shift.kolmogorov_smirnov.p_method == MARGINALS_FLIP
    assert (shift.rose.value, shift.fell.value) == (0.0, 0.0)
    assert shift.standardised.value is None
    empty = uncertainty_shift(np.zeros(0), np.zeros(0), rng=rng())
    assert empty.signed_rank.value is None
    assert empty.kolmogorov_smirnov.p_value is None
    assert empty.rose.value is None


def test_one_cluster_gives_sizes_but_no_p() -> None:
    before, after = np.arange(4.0), np.array([1.0, 1.5, 2.0, 5.0])
    shift = uncertainty_shift(before, after, rng=rng(), clusters=np.zeros(4, dtype=np.int64))
    assert shift.signed_rank.value == 1.0
    assert shift.signed_rank.p_value is None
    assert shift.kolmogorov_smirnov.p_value is None
    assert shift.standardised.low is None


def test_missing_uncertainty_is_refused() -> None:
    with pytest.raises(ShapeError, match="NaN"):
        uncertainty_shift([np.nan], [1.0], rng=rng())
