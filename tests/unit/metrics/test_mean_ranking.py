from __future__ import annotations

import numpy as np
import pytest

from medtrust.metrics.mean_ranking import mean_spread, spread_interval
from medtrust.metrics.ranking import auroc, auroc_influence
from medtrust.metrics.ranking_intervals import auroc_covariance, auroc_interval
from medtrust.metrics.ranking_variance import AurocSpread, auroc_spread


def spread(score: np.ndarray, positive: np.ndarray, codes: np.ndarray) -> AurocSpread:
    found = auroc_spread(score, positive.astype(np.float64), codes)
    assert found is not None
    return found


def test_the_variance_of_a_mean_counts_shared_clusters() -> None:
    rng = np.random.default_rng(0)
    score, codes = rng.normal(size=200), np.arange(200) // 2
    arms = [rng.random(200) < 0.2 + 0.3 * (score > 0) for _ in range(3)]
    found = mean_spread([spread(score, arm, codes) for arm in arms])
    influences = [auroc_influence(score, arm, clusters=codes) for arm in arms]
    covariance = auroc_covariance(np.array(influences), codes)
    assert found.value == pytest.approx(np.mean([auroc(score, arm) for arm in arms]))
    assert found.variance == pytest.approx(covariance.mean())
    assert found.widened() >= found.variance


def test_arms_on_different_items_are_joined_by_their_clusters() -> None:
    rng = np.random.default_rng(1)
    score, positive = rng.normal(size=120), rng.random(120) < 0.4
    codes = np.arange(120) // 2
    halves = [slice(0, 80), slice(40, 120)]
    found = mean_spread([spread(score[h], positive[h], codes[h]) for h in halves])
    rows = np.full((2, 120), np.nan)
    for row, half in zip(rows, halves, strict=True):
        row[half] = auroc_influence(score[half], positive[half], clusters=codes[half])
    assert found.variance == pytest.approx(auroc_covariance(rows, codes).mean())
    assert found.clusters.tolist() == list(range(60))


def test_a_mean_of_one_is_that_one() -> None:
    rng = np.random.default_rng(2)
    score, positive, codes = rng.normal(size=90), rng.random(90) < 0.4, np.arange(90) // 2
    one = mean_spread([spread(score, positive, codes)])
    found = spread_interval(one, n=90, clustered=True, level=0.95)
    assert found == auroc_interval(score, positive, clusters=codes)


def test_equal_arms_have_a_mean_as_uncertain_as_each() -> None:
    rng = np.random.default_rng(3)
    score, positive, codes = rng.normal(size=90), rng.random(90) < 0.4, np.arange(90)
    one = spread(score, positive, codes)
    many = mean_spread([one, one, one])
    assert many.variance == pytest.approx(one.variance)
    assert many.widened() == pytest.approx(one.widened())


def test_a_mean_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mean_spread([])
