from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.calibration import (
    brier,
    brier_parts,
    expected_calibration_error,
    maximum_calibration_error,
    negative_log_likelihood,
    overconfidence,
)
from medtrust.metrics.calibration_intervals import calibration_intervals
from medtrust.metrics.debiased_calibration import debiased_calibration_error
from medtrust.metrics.intervals import Interval

KEYS = {
    "ece_10_equal_width_right",
    "ece_10_equal_width_right_noise_floor",
    "ece_10_equal_width_right_p_value",
    "ece_10_equal_mass",
    "ece_10_equal_mass_noise_floor",
    "ece_10_equal_mass_p_value",
    "mce_10_equal_width_right",
    "mce_10_equal_width_right_noise_floor",
    "mce_10_equal_width_right_p_value",
    "ece_debiased_10_equal_width_right",
    "ece_debiased_10_equal_mass",
    "brier",
    "brier_skill",
    "brier_reliability_10_equal_width_right",
    "brier_resolution_10_equal_width_right",
    "negative_log_likelihood",
    "overconfidence",
}


def drawn(power: float, n: int = 600) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(11)
    confidence = rng.random(n)
    return confidence, (rng.random(n) < confidence**power).astype(np.float64)


def intervals(
    confidence: FloatArray, correct: FloatArray, *, clusters: IntArray | None = None
) -> dict[str, Interval]:
    return calibration_intervals(
        confidence, correct, rng=np.random.default_rng(0), clusters=clusters, draws=500
    )


def test_values_are_those_of_the_single_functions() -> None:
    confidence, correct = drawn(1.5)
    clusters = np.repeat(np.arange(200), 3)
    found = intervals(confidence, correct, clusters=clusters)
    assert set(found) == KEYS
    parts = brier_parts(confidence, correct)
    assert parts is not None
    expected = {
        "ece_10_equal_width_right": expected_calibration_error(confidence, correct),
        "ece_10_equal_mass": expected_calibration_error(confidence, correct, bins="mass"),
        "mce_10_equal_width_right": maximum_calibration_error(confidence, correct),
        "ece_debiased_10_equal_width_right": debiased_calibration_error(
            confidence, correct, clusters=clusters
        ),
        "ece_debiased_10_equal_mass": debiased_calibration_error(
            confidence, correct, clusters=clusters, bins="mass"
        ),
        "brier": brier(confidence, correct),
        "brier_skill": 1.0 - parts.brier / parts.uncertainty,
        "brier_reliability_10_equal_width_right": parts.reliability,
        "brier_resolution_10_equal_width_right": parts.resolution,
        "negative_log_likelihood": negative_log_likelihood(confidence, correct),
        "overconfidence": overconfidence(confidence, correct),
    }
    assert {key: found[key].value for key in expected} == pytest.approx(expected)
    assert {each.n for each in found.values()} == {600}
    assert {each.n_clusters for each in found.values()} == {200}


def test_other_numbers_of_bins_are_in_the_names() -> None:
    confidence, correct = drawn(1.0)
    found = calibration_intervals(
        confidence, correct, rng=np.random.default_rng(0), draws=50, n_bins=15
    )
    assert found["ece_15_equal_width_right"].value == expected_calibration_error(
        confidence, correct, n_bins=15
    )
    assert "ece_debiased_15_equal_mass" in found


def test_a_miscalibrated_model_stands_out_from_the_noise_floor() -> None:
    found = intervals(*drawn(3.0))
    plain = found["ece_10_equal_width_right"]
    floor = found["ece_10_equal_width_right_noise_floor"].value
    assert plain.value is not None
    assert floor is not None
    assert plain.value > 3.0 * floor
    assert found["ece_10_equal_width_right_p_value"].value == pytest.approx(1 / 501)
    assert plain.low is None
    assert "biased upward" in plain.note
    assert "p = 0.002" in plain.note
    debiased = found["ece_debiased_10_equal_width_right"]
    assert debiased.low is not None
    assert debiased.low > 0.1
    assert found["overconfidence"].low is not None
    assert found["overconfidence"].low > 0.1


def test_a_calibrated_model_does_not_stand_out() -> None:
    found = intervals(*drawn(1.0))
    p_value = found["ece_10_equal_width_right_p_value"].value
    assert p_value is not None
    assert p_value > 0.05
    assert found["ece_debiased_10_equal_width_right"].low == 0.0


def test_clusters_that_answer_alike_widen_every_interval() -> None:
    rng = np.random.default_rng(8)
    clusters = np.repeat(np.arange(80), 6)
    confidence = rng.random(80)[clusters]
    correct = (rng.random(80)[clusters] < confidence).astype(np.float64)
    alone, shared = (
        intervals(confidence, correct),
        intervals(confidence, correct, clusters=clusters),
    )
    for key in ("brier", "brier_skill", "negative_log_likelihood", "overconfidence"):
        assert width(shared[key]) > 1.5 * width(alone[key])
    assert width(shared["ece_debiased_10_equal_mass"]) > 1.3 * width(
        alone["ece_debiased_10_equal_mass"]
    )
    key = "ece_10_equal_width_right_p_value"
    assert alone[key].value == pytest.approx(1 / 501)
    p_value = shared[key].value
    assert p_value is not None
    assert p_value > 0.05


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def test_no_samples_leave_every_key_undefined_with_the_reason() -> None:
    found = intervals(np.zeros(0), np.zeros(0))
    assert set(found) == KEYS
    assert {(each.value, each.note) for each in found.values()} == {(None, "no samples")}


def test_one_sample_and_one_cluster_have_values_and_no_intervals() -> None:
    one = intervals(np.array([0.7]), np.ones(1))
    assert one["brier"].value == pytest.approx(0.09)
    assert one["brier"].low is None
    assert one["brier_skill"].value is None
    assert one["ece_debiased_10_equal_mass"].value is None
    cluster = intervals(*drawn(1.0, 50), clusters=np.zeros(50, dtype=np.int64))
    assert cluster["ece_10_equal_mass"].value is not None
    assert all(each.low is None and each.note for each in cluster.values())


def test_all_right_has_no_skill_to_speak_of() -> None:
    found = intervals(np.full(50, 0.9), np.ones(50))
    assert found["brier_skill"].value is None
    assert found["brier"].value == pytest.approx(0.01)
    assert found["brier"].high is not None


def test_equal_generators_give_equal_results() -> None:
    assert intervals(*drawn(1.2)) == intervals(*drawn(1.2))


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ShapeError, match="must lie in"):
        intervals(np.array([0.2, 1.4]), np.array([0.0, 1.0]))
    with pytest.raises(ShapeError, match="differ in length"):
        intervals(np.array([0.2, 0.4]), np.ones(2), clusters=np.array([1]))
