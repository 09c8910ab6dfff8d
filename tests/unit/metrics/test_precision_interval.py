from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from medtrust.metrics.precision_interval import (
    ALL_FOUND_FIRST,
    NO_POSITIVES,
    average_precision_interval,
    precision_influence,
)
from medtrust.metrics.ranking_intervals import TOO_FEW_CLUSTERS, TOO_FEW_OF_A_CLASS


def test_influence_is_the_derivative_by_weight() -> None:
    rng = np.random.default_rng(1)
    score = rng.integers(0, 8, size=40).astype(np.float64)
    positive = (rng.random(40) < 0.4).astype(np.float64)
    influence = precision_influence(score, positive)
    step = 1e-6
    for item in range(40):
        weights = np.ones(40)
        weights[item] += step
        raised = average_precision_score(positive, score, sample_weight=weights)
        plain = average_precision_score(positive, score)
        assert influence[item] == pytest.approx((raised - plain) / step, abs=1e-5)
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)


def test_the_value_is_that_of_scikit_learn_and_lies_inside() -> None:
    rng = np.random.default_rng(2)
    positive = rng.random(300) < 0.3
    score = rng.normal(size=300) + positive
    found = average_precision_interval(score, positive)
    assert found.value == pytest.approx(average_precision_score(positive, score))
    assert found.low is not None
    assert found.high is not None
    assert 0.0 < found.low < average_precision_score(positive, score) < found.high < 1.0


def test_copies_within_a_cluster_add_nothing() -> None:
    rng = np.random.default_rng(3)
    positive = rng.random(200) < 0.3
    score = rng.normal(size=200) + positive
    once = average_precision_interval(score, positive, clusters=np.arange(200))
    often = average_precision_interval(
        np.repeat(score, 4), np.repeat(positive, 4), clusters=np.repeat(np.arange(200), 4)
    )
    assert often.low == pytest.approx(once.low)
    assert often.high == pytest.approx(once.high)


def test_what_is_undefined_says_why() -> None:
    score, positive = np.arange(30.0), np.arange(30) % 2
    none = average_precision_interval(score, np.zeros(30))
    assert (none.value, none.note) == (None, NO_POSITIVES)
    few = average_precision_interval(score, np.arange(30) == 3)
    assert (few.low, few.note) == (None, TOO_FEW_OF_A_CLASS)
    lumps = average_precision_interval(score, positive, clusters=np.arange(30) // 3)
    assert (lumps.low, lumps.note) == (None, TOO_FEW_CLUSTERS)
    first = average_precision_interval(score, score >= 15)
    assert (first.value, first.low, first.note) == (1.0, None, ALL_FOUND_FIRST)
