from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.calibration import (
    brier,
    brier_parts,
    expected_calibration_error,
    maximum_calibration_error,
    negative_log_likelihood,
    overconfidence,
    reliability_bins,
)
from medtrust.metrics.intervals import rate


def drawn(n: int = 500, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    confidence = rng.random(n)
    return confidence, (rng.random(n) < confidence**1.4).astype(np.float64)


def test_groups_that_are_right_as_often_as_they_say_have_no_error() -> None:
    confidence = np.repeat([0.25, 0.5, 0.75], 4)
    correct = np.array([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0])
    assert expected_calibration_error(confidence, correct) == 0.0
    assert maximum_calibration_error(confidence, correct) == 0.0
    assert overconfidence(confidence, correct) == 0.0


def test_the_maximum_is_the_worst_bin_and_the_mean_weighs_by_size() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.25])
    correct = np.array([True, True, True, True])
    assert expected_calibration_error(confidence, correct) == pytest.approx((3 * 0.05 + 0.75) / 4)
    assert maximum_calibration_error(confidence, correct) == pytest.approx(0.75)


def test_no_samples_have_no_calibration() -> None:
    nothing: list[float] = []
    for measure in (
        expected_calibration_error,
        maximum_calibration_error,
        brier,
        brier_parts,
        negative_log_likelihood,
        overconfidence,
    ):
        assert measure(nothing, nothing) is None
    assert reliability_bins(nothing, nothing).n.size == 0


def test_confidences_outside_zero_and_one_are_refused_instead_of_dropped() -> None:
    # lm-polygraph drops them; when all lie outside it reports 0, a perfect calibration.
    for measure in (expected_calibration_error, brier, negative_log_likelihood, overconfidence):
        with pytest.raises(ShapeError, match="must lie in"):
            measure([-3.2, -0.4, 1.7], [1, 0, 1])


def test_lm_polygraph_calls_confidences_that_are_no_probabilities_perfect() -> None:
    module = pytest.importorskip(
        "lm_polygraph.ue_metrics.ece", reason="lm-polygraph is not installed"
    )
    assert module.ECE(normalize=False)([3.2, 4.0], [1, 0]) == 0.0


def test_lengths_must_agree() -> None:
    with pytest.raises(ShapeError, match="differ in length"):
        brier([0.5, 0.5], [1])


def test_a_wrong_answer_given_for_certain_costs_the_clip_and_not_infinity() -> None:
    assert negative_log_likelihood([1.0], [0]) == pytest.approx(-math.log(1e-7))
    assert negative_log_likelihood([0.0], [1], clip=1e-3) == pytest.approx(-math.log(1e-3))
    with pytest.raises(ShapeError, match="clip must lie between"):
        negative_log_likelihood([0.5], [1], clip=0.0)


def test_parts_of_the_brier_score_by_hand() -> None:
    parts = brier_parts([0.2, 0.2, 0.8, 0.8], [0, 1, 1, 1])
    assert parts is not None
    assert parts.reliability == pytest.approx((0.3**2 + 0.2**2) / 2)
    assert parts.resolution == pytest.approx(0.25**2)
    assert parts.uncertainty == pytest.approx(0.1875)
    assert parts.within_variance == pytest.approx(0.0)
    assert parts.brier == pytest.approx((0.04 + 0.64 + 0.04 + 0.04) / 4)


def test_without_the_terms_within_bins_the_decomposition_does_not_add_up() -> None:
    confidence, correct = drawn()
    parts = brier_parts(confidence, correct, n_bins=5)
    assert parts is not None
    three_terms = parts.reliability - parts.resolution + parts.uncertainty
    assert parts.brier == pytest.approx(brier(confidence, correct), abs=1e-14)
    assert abs(three_terms - parts.brier) > 1e-4


def test_reliability_bins_have_wilson_ends_on_the_effective_number_of_samples() -> None:
    confidence = np.concatenate([np.full(40, 0.35), np.full(40, 0.85)])
    correct = np.concatenate([np.repeat([1, 0, 0, 1], 10), np.repeat([1, 1, 0, 1], 10)])
    clusters = np.repeat(np.arange(16), 5)
    alone, shared = (
        reliability_bins(confidence, correct),
        reliability_bins(confidence, correct, clusters=clusters),
    )
    assert alone.index.tolist() == [3, 8]
    assert alone.low.tolist() == [0.3, 0.8]
    assert alone.high.tolist() == [0.4, 0.9]
    assert alone.n.tolist() == [40, 40]
    assert alone.rule == "10_equal_width_right"
    expected = rate(correct[:40])
    assert (alone.accuracy_low[0], alone.accuracy_high[0]) == (expected.low, expected.high)
    assert (shared.accuracy_low < alone.accuracy_low).all()
    assert (shared.accuracy_high > alone.accuracy_high).all()


def test_a_bin_filled_by_one_cluster_has_no_ends() -> None:
    found = reliability_bins([0.1, 0.1, 0.9, 0.9], [0, 1, 1, 1], clusters=np.array([0, 0, 1, 2]))
    assert np.isnan(found.accuracy_low).tolist() == [True, False]
    assert np.isnan(found.accuracy_high).tolist() == [True, False]


def test_bins_of_equal_mass_reach_from_their_smallest_to_their_largest_confidence() -> None:
    found = reliability_bins([0.1, 0.2, 0.6, 0.9], [0, 1, 1, 1], n_bins=2, bins="mass")
    assert found.low.tolist() == [0.1, 0.6]
    assert found.high.tolist() == [0.2, 0.9]
    assert found.rule == "2_equal_mass"


def test_brier_score_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import brier_score_loss

    confidence, correct = drawn()
    assert brier(confidence, correct) == pytest.approx(brier_score_loss(correct, confidence))


def test_log_loss_agrees_with_scikit_learn_where_nothing_is_clipped() -> None:
    from sklearn.metrics import log_loss

    confidence, correct = drawn()
    assert negative_log_likelihood(confidence, correct) == pytest.approx(
        log_loss(correct, confidence)
    )


def test_scikit_learn_clips_log_loss_at_the_precision_of_the_input() -> None:
    # So one certain error costs 36 nats in double and 16 in single precision; ours says its clip.
    from sklearn.metrics import log_loss

    double = log_loss([0, 1], np.array([1.0, 1.0]))
    single = log_loss([0, 1], np.array([1.0, 1.0], dtype=np.float32))
    assert double == pytest.approx(-math.log(np.finfo(np.float64).eps) / 2)
    assert single == pytest.approx(-math.log(np.finfo(np.float32).eps) / 2, rel=1e-3)
    assert negative_log_likelihood([1.0, 1.0], [0, 1]) == pytest.approx(-math.log(1e-7) / 2)


def test_scikit_learn_needs_both_labels_or_their_names() -> None:
    from sklearn.metrics import log_loss

    with pytest.raises(ValueError, match="label"):
        log_loss([1, 1], [0.9, 0.8])
    assert negative_log_likelihood([0.9, 0.8], [1, 1]) == pytest.approx(
        -(math.log(0.9) + math.log(0.8)) / 2
    )


def test_scikit_learn_reverses_the_brier_score_with_the_positive_label() -> None:
    # With `pos_label` taken from the larger label, errors named 0 are silently the negative ones.
    from sklearn.metrics import brier_score_loss

    confidence, correct = drawn()
    reversed_score = brier_score_loss(correct, confidence, pos_label=0)
    assert reversed_score == pytest.approx(brier(1.0 - confidence, correct))
    assert reversed_score != pytest.approx(brier(confidence, correct))


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_accuracies_of_bins_agree_with_the_calibration_curve(strategy: str) -> None:
    from sklearn.calibration import calibration_curve

    confidence, correct = drawn(500)
    found = reliability_bins(confidence, correct, bins="width" if strategy == "uniform" else "mass")
    accuracy, stated = calibration_curve(correct, confidence, n_bins=10, strategy=strategy)
    np.testing.assert_allclose(found.accuracy, accuracy)
    np.testing.assert_allclose(found.confidence, stated)


def test_the_calibration_curve_drops_empty_bins_without_saying_which() -> None:
    from sklearn.calibration import calibration_curve

    confidence, correct = np.array([0.05, 0.95, 0.96]), np.array([0, 1, 1])
    accuracy, _ = calibration_curve(correct, confidence, n_bins=10)
    assert accuracy.shape == (2,)
    found = reliability_bins(confidence, correct)
    assert found.index.tolist() == [0, 9]
    assert found.n.tolist() == [1, 2]
