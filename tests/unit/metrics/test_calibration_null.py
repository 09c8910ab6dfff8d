from __future__ import annotations

import numpy as np

from medtrust.metrics.arrays import IntArray
from medtrust.metrics.calibration_null import calibrated_gaps
from medtrust.metrics.confidence_bins import bin_codes

DRAWS = 20_000


def test_independent_outcomes_scatter_like_coins_of_the_stated_chance() -> None:
    confidence = np.array([0.1, 0.1, 0.2, 0.7, 0.8, 0.8, 0.8])
    bins = np.array([0, 0, 0, 1, 1, 1, 1])
    gaps, null_model = calibrated_gaps(
        confidence, np.zeros(7), bins, rng=np.random.default_rng(0), draws=DRAWS
    )
    assert null_model == "consistency-resampling"
    chances = confidence * (1.0 - confidence)
    expected = np.array([chances[:3].sum() / 9.0, chances[3:].sum() / 16.0])
    np.testing.assert_allclose(gaps.mean(axis=0), 0.0, atol=0.01)
    np.testing.assert_allclose(gaps.var(axis=0), expected, rtol=0.05)


def test_certain_confidences_leave_nothing_to_chance() -> None:
    confidence, bins = np.array([0.0, 1.0, 1.0]), np.array([0, 1, 1])
    gaps, _ = calibrated_gaps(
        confidence, np.array([1.0, 0.0, 0.0]), bins, rng=np.random.default_rng(0), draws=50
    )
    assert not gaps.any()


def test_clusters_change_sign_as_a_whole() -> None:
    confidence, correct = np.full(4, 0.75), np.array([1.0, 1.0, 0.0, 0.0])
    bins, clusters = np.zeros(4, dtype=np.int64), np.array([3, 3, 8, 8])
    gaps, null_model = calibrated_gaps(
        confidence, correct, bins, rng=np.random.default_rng(0), clusters=clusters, draws=200
    )
    assert null_model == "wild-cluster"
    # Cluster sums are -0.5 and 1.5.
    assert set(np.round(gaps.ravel(), 12)) == {-0.5, -0.25, 0.25, 0.5}


def test_clusters_of_one_are_independent_samples() -> None:
    confidence, correct = np.linspace(0.1, 0.9, 9), np.ones(9)
    bins = bin_codes(confidence, n_bins=2)
    _, null_model = calibrated_gaps(
        confidence, correct, bins, rng=np.random.default_rng(0), clusters=np.arange(9), draws=10
    )
    assert null_model == "consistency-resampling"


def test_outcomes_that_go_together_raise_the_noise_floor() -> None:
    rng = np.random.default_rng(2)
    clusters: IntArray = np.repeat(np.arange(60), 8)
    confidence = rng.uniform(0.3, 0.9, size=60)[clusters]
    correct = (rng.random(60)[clusters] < confidence).astype(np.float64)
    bins = bin_codes(confidence, n_bins=5)
    bins = np.unique(bins, return_inverse=True)[1].ravel()
    floors = [
        np.abs(
            calibrated_gaps(confidence, correct, bins, rng=rng, clusters=codes, draws=2_000)[0]
        ).mean()
        for codes in (None, clusters)
    ]
    assert floors[1] > 2.0 * floors[0]


def test_order_of_samples_plays_no_part_in_the_draws() -> None:
    rng = np.random.default_rng(4)
    confidence = np.round(rng.random(60), 1)
    correct = (rng.random(60) < confidence).astype(np.float64)
    clusters = rng.integers(0, 25, size=60)
    bins = np.unique(bin_codes(confidence), return_inverse=True)[1].ravel()
    shuffled = rng.permutation(60)
    for codes in (None, clusters):
        own = None if codes is None else codes[shuffled]
        one, _ = calibrated_gaps(
            confidence, correct, bins, rng=np.random.default_rng(9), clusters=codes, draws=40
        )
        two, _ = calibrated_gaps(
            confidence[shuffled],
            correct[shuffled],
            bins[shuffled],
            rng=np.random.default_rng(9),
            clusters=own,
            draws=40,
        )
        np.testing.assert_allclose(one, two, atol=1e-12)


def test_draws_in_blocks_are_as_many_as_asked() -> None:
    rng = np.random.default_rng(6)
    confidence = rng.random(30_000)
    bins = bin_codes(confidence)
    gaps, _ = calibrated_gaps(
        confidence, np.ones(30_000), bins, rng=np.random.default_rng(0), draws=150
    )
    assert gaps.shape == (150, 10)
