from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.calibration import expected_calibration_error
from medtrust.metrics.confidence_bins import BinSums
from medtrust.metrics.debiased_calibration import (
    debiased_calibration_error,
    debiased_squared_calibration_error,
    root_mean_square_interval,
)
from medtrust.metrics.intervals import Interval


def interval_of(
    confidence: FloatArray, correct: FloatArray, clusters: IntArray | None = None
) -> Interval:
    sums = BinSums.build(confidence, correct, n_bins=10, bins="width", edge="right")
    names = np.arange(confidence.size) if clusters is None else clusters
    return root_mean_square_interval(confidence - correct, sums, names)


def test_with_one_confidence_a_bin_it_is_the_published_estimator() -> None:
    confidence = np.repeat([0.35, 0.85], [10, 20])
    correct = np.concatenate([np.repeat([1.0, 0.0], [6, 4]), np.repeat([1.0, 0.0], [15, 5])])
    share, right, stated = np.array([1 / 3, 2 / 3]), np.array([0.6, 0.75]), np.array([0.35, 0.85])
    scatter = right * (1.0 - right) / (np.array([10, 20]) - 1.0)
    expected = float(share @ (np.square(stated - right) - scatter))
    found = debiased_squared_calibration_error(confidence, correct)
    assert found == pytest.approx(expected, abs=1e-15)
    assert debiased_calibration_error(confidence, correct) == pytest.approx(expected**0.5)


def test_only_products_of_two_clusters_count() -> None:
    # Residuals 0.5, 0.5 in one cluster and -0.5, 0.5 in two others.
    confidence, correct = np.full(4, 0.5), np.array([0.0, 0.0, 1.0, 0.0])
    clusters = np.array([7, 7, 1, 2])
    products = 2 * (1.0 * -0.5 + 1.0 * 0.5 + -0.5 * 0.5)
    pairs = 2 * (2 * 1 + 2 * 1 + 1 * 1)
    found = debiased_squared_calibration_error(confidence, correct, clusters=clusters)
    assert found == pytest.approx(products / pairs)


def test_a_bin_of_one_cluster_counts_as_zero_and_nothing_else_as_undefined() -> None:
    confidence, correct = np.array([0.1, 0.1, 0.9, 0.9]), np.array([1.0, 1.0, 0.0, 0.0])
    clusters = np.array([0, 0, 1, 2])
    half = debiased_squared_calibration_error(confidence, correct, clusters=clusters)
    assert half == pytest.approx(0.5 * 0.81)
    alone = np.array([0, 0, 1, 1])
    assert debiased_calibration_error(confidence, correct, clusters=alone) is None
    found = interval_of(confidence, correct, alone)
    assert found.value is None
    assert "one cluster" in found.note
    assert debiased_calibration_error([], []) is None


def test_luck_below_zero_is_shown_as_zero_with_an_upper_end() -> None:
    confidence = np.repeat([0.25, 0.75], 40)
    correct = np.concatenate([np.tile([1.0, 0.0, 0.0, 0.0], 10), np.tile([1.0, 1.0, 1.0, 0.0], 10)])
    square = debiased_squared_calibration_error(confidence, correct)
    assert square is not None
    assert square < 0.0
    found = interval_of(confidence, correct)
    assert found.value == 0.0
    assert found.low == 0.0
    assert found.high is not None
    assert 0.05 < found.high < 0.3


def test_a_large_error_has_an_interval_away_from_zero() -> None:
    rng = np.random.default_rng(3)
    confidence = 0.8 + 0.2 * rng.random(300)
    correct = (rng.random(300) < 0.5).astype(np.float64)
    found = interval_of(confidence, correct)
    assert found.low is not None
    assert found.value is not None
    assert found.high is not None
    assert 0.2 < found.low < found.value < found.high < 0.6


def test_few_clusters_have_no_interval() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.random(100)
    correct = (rng.random(100) < 0.5).astype(np.float64)
    found = interval_of(confidence, correct, np.repeat(np.arange(10), 10))
    assert found.value is not None
    assert found.low is None
    assert "fewer than 20 clusters" in found.note


def test_without_scatter_within_bins_there_is_no_interval() -> None:
    found = interval_of(np.full(40, 1.0), np.ones(40))
    assert (found.value, found.low, found.high) == (0.0, None, None)
    assert "no scatter" in found.note


def test_copies_of_each_sample_in_its_cluster_change_nothing() -> None:
    rng = np.random.default_rng(5)
    confidence = rng.random(80)
    correct = (rng.random(80) < 0.6).astype(np.float64)
    once = interval_of(confidence, correct)
    thrice = interval_of(
        np.repeat(confidence, 3), np.repeat(correct, 3), np.repeat(np.arange(80), 3)
    )
    assert (thrice.value, thrice.low, thrice.high) == pytest.approx(
        (once.value, once.low, once.high)
    )
    assert debiased_calibration_error(np.repeat(confidence, 3), np.repeat(correct, 3)) != (
        pytest.approx(once.value)
    )


def test_the_plain_error_of_a_calibrated_model_is_far_above_the_debiased_one() -> None:
    plain, debiased = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        confidence = rng.random(100)
        correct = rng.random(100) < confidence
        plain.append(expected_calibration_error(confidence, correct))
        debiased.append(debiased_squared_calibration_error(confidence, correct))
    assert np.mean(np.array(plain, dtype=float)) > 0.08
    assert abs(np.mean(np.array(debiased, dtype=float))) < 0.002


def test_cluster_codes_must_fit() -> None:
    with pytest.raises(ShapeError, match="differ in length"):
        debiased_calibration_error([0.5, 0.5], [1, 0], clusters=np.array([1]))
