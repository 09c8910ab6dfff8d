from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from medtrust.core.errors import ShapeError
from medtrust.metrics.intervals import ONE_CLUSTER, mean, rate


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (170, 200), (1, 1)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
def test_rate_agrees_with_statsmodels_wilson(hits: int, n: int, level: float) -> None:
    interval = rate(np.arange(n) < hits, level=level)
    expected = proportion_confint(hits, n, alpha=1 - level, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-12)
    assert interval.value == hits / n
    assert (interval.n, interval.n_clusters, interval.method) == (n, n, "wilson")


def test_rate_of_nothing_is_undefined_with_a_reason() -> None:
    interval = rate(np.zeros(0, dtype=bool))
    assert (interval.value, interval.low, interval.high) == (None, None, None)
    assert interval.note == "no samples"


def test_rate_in_one_cluster_has_a_value_but_no_interval() -> None:
    interval = rate(np.array([True, False]), clusters=np.array([7, 7]))
    assert (interval.value, interval.low, interval.high) == (0.5, None, None)
    assert (interval.n, interval.n_clusters, interval.note) == (2, 1, ONE_CLUSTER)


def test_rate_with_one_sample_a_cluster_is_plain_wilson() -> None:
    outcomes = np.arange(50) < 31
    alone, clustered = rate(outcomes), rate(outcomes, clusters=np.arange(50) * 3)
    assert (clustered.low, clustered.high) == (alone.low, alone.high)


def test_copies_of_the_same_answers_add_no_certainty() -> None:
    outcomes = np.arange(60) < 45
    alone = rate(outcomes)
    copied = rate(np.repeat(outcomes, 20), clusters=np.repeat(np.arange(60), 20))
    assert copied.value == alone.value
    assert alone.low is not None
    assert copied.low is not None
    assert alone.high is not None
    assert copied.high is not None
    assert copied.low <= alone.low + 1e-9
    assert copied.high >= alone.high - 1e-9
    assert copied.high - copied.low < 1.1 * (alone.high - alone.low)


def test_a_design_effect_below_one_is_not_a_gain() -> None:
    outcomes = np.tile([True, False], 100)
    clusters = np.repeat(np.arange(100), 2)
    alone, balanced = rate(outcomes), rate(outcomes, clusters=clusters)
    assert alone.low is not None
    assert balanced.low is not None
    assert balanced.low <= alone.low


@pytest.mark.parametrize("outcome", [True, False])
def test_unanimous_clusters_count_as_one_sample_each(outcome: bool) -> None:
    unanimous = np.full(300, outcome)
    interval = rate(unanimous, clusters=np.repeat(np.arange(30), 10))
    thirty = rate(unanimous[:30])
    assert (interval.low, interval.high) == pytest.approx((thirty.low, thirty.high))


@pytest.mark.parametrize(
    ("outcomes", "clusters"),
    [
        (np.array([0.0, 2.0]), None),
        (np.array([0.0, np.nan]), None),
        (np.array([[0.0], [1.0]]), None),
        (np.array([0.0, 1.0]), np.array([1])),
        (np.array([0.0, 1.0]), np.array([0.5, 1.0])),
    ],
)
def test_rate_refuses_what_is_not_a_vector_of_outcomes(
    outcomes: np.ndarray, clusters: np.ndarray | None
) -> None:
    with pytest.raises(ShapeError):
        rate(outcomes, clusters=clusters)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_rate_refuses_a_level_outside_zero_and_one(level: float) -> None:
    with pytest.raises(ShapeError, match="level"):
        rate(np.array([True, False]), level=level)


def test_mean_of_independent_scores_is_the_textbook_t_interval() -> None:
    from scipy import stats

    scores = np.random.default_rng(1).normal(6.0, 2.0, size=23)
    expected = stats.t.interval(0.95, 22, loc=scores.mean(), scale=stats.sem(scores))
    interval = mean(scores)
    assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-10)


def test_mean_of_even_clusters_is_the_t_interval_of_cluster_means() -> None:
    from scipy import stats

    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(12), 4)
    scores = rng.normal(size=12)[clusters] + rng.normal(size=48)
    means = scores.reshape(12, 4).mean(axis=1)
    expected = stats.t.interval(0.95, 11, loc=means.mean(), scale=stats.sem(means))
    interval = mean(scores, clusters=clusters)
    assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-9)
    assert interval.n_clusters == 12


def test_mean_of_equal_scores_needs_bounds_for_an_interval() -> None:
    same = np.full(40, 7.0)
    assert mean(same).low is None
    assert "bounds" in mean(same).note
    bounded = mean(same, bounds=(1.0, 10.0))
    assert bounded.low is not None
    assert bounded.high is not None
    assert 1.0 <= bounded.low < 7.0 < bounded.high <= 10.0


def test_mean_stays_within_its_bounds_and_refuses_values_outside() -> None:
    interval = mean(np.array([9.0, 10.0, 10.0]), bounds=(1.0, 10.0))
    assert interval.high == 10.0
    with pytest.raises(ShapeError, match="bounds"):
        mean(np.array([0.0, 5.0]), bounds=(1.0, 10.0))


def test_mean_of_one_sample_has_no_interval() -> None:
    assert mean(np.array([3.0])).note == ONE_CLUSTER
    assert mean(np.zeros(0)).value is None
