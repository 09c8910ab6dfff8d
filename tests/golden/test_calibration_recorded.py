"""Every number of the recorded calibration case, with the quirks of those who computed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
from medtrust.metrics.confidence_bins import Edge


@pytest.fixture(scope="module")
def case(shared: Path) -> dict[str, Any]:
    path = shared / "golden" / "uncertainty" / "05_calibration.json"
    if not path.is_file():
        pytest.skip("the recorded calibration case is not here")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def left_open_at_one(confidence: FloatArray, correct: FloatArray, n_bins: int) -> float:
    """The bug: bins are [lo, hi) without exception, so a confidence of exactly 1 is in none."""
    total = 0.0
    for low, high in zip(
        np.arange(n_bins) / n_bins, np.arange(1, n_bins + 1) / n_bins, strict=True
    ):
        inside = (confidence >= low) & (confidence < high)
        if inside.any():
            gap = abs(confidence[inside].mean() - correct[inside].mean())
            total += inside.mean() * gap
    return total


@pytest.mark.parametrize("n_bins", [5, 10, 15, 20])
@pytest.mark.parametrize("edge", ["right", "left"])
def test_the_edge_rule_alone_moves_the_error(case: dict[str, Any], n_bins: int, edge: Edge) -> None:
    found = expected_calibration_error(
        case["confidence"], case["correct"], n_bins=n_bins, edge=edge
    )
    assert found == pytest.approx(case[f"ece_{n_bins}_{edge}"], abs=1e-12)


@pytest.mark.parametrize("n_bins", [5, 10, 15, 20])
def test_dropping_full_confidence_is_a_bug_that_ours_does_not_share(
    case: dict[str, Any], n_bins: int
) -> None:
    confidence, correct = np.array(case["confidence"]), np.array(case["correct"], dtype=float)
    buggy = left_open_at_one(confidence, correct, n_bins)
    assert buggy == pytest.approx(case[f"ece_{n_bins}_left_open1"], abs=1e-12)
    ours = expected_calibration_error(confidence, correct, n_bins=n_bins, edge="left")
    assert ours != pytest.approx(buggy, abs=1e-3)


@pytest.mark.parametrize("n_bins", [4, 5])
def test_bins_of_equal_mass(case: dict[str, Any], n_bins: int) -> None:
    found = expected_calibration_error(
        case["confidence"], case["correct"], n_bins=n_bins, bins="mass"
    )
    assert found == pytest.approx(case[f"ece_equal_mass_{n_bins}"], abs=1e-12)


def test_bins_of_the_reliability_diagram(case: dict[str, Any]) -> None:
    found = reliability_bins(case["confidence"], case["correct"])
    rows = np.column_stack([found.index, found.n, found.confidence, found.accuracy])
    np.testing.assert_allclose(rows, np.array(case["bins_10_right"]), atol=1e-12)


def test_the_other_measures(case: dict[str, Any]) -> None:
    data = case["confidence"], case["correct"]
    parts = brier_parts(*data)
    assert parts is not None
    found = {
        "mce_10_right": maximum_calibration_error(*data),
        "brier": brier(*data),
        "brier_own": parts.brier,
        "nll_clipped_1e_7": negative_log_likelihood(*data),
        "overconfidence_gap": overconfidence(*data),
        "lm_polygraph_ece_20": expected_calibration_error(*data, n_bins=20, edge="right"),
        "lm_polygraph_ece_10": expected_calibration_error(*data, n_bins=10, edge="right"),
    }
    assert found == pytest.approx({name: case[name] for name in found}, abs=1e-9)


def test_every_recorded_number_is_compared(case: dict[str, Any]) -> None:
    errors = {f"ece_{n}_{end}" for n in (5, 10, 15, 20) for end in ("right", "left", "left_open1")}
    others = {
        *("ece_equal_mass_4", "ece_equal_mass_5", "bins_10_right", "mce_10_right", "brier"),
        *("brier_own", "nll_clipped_1e_7", "overconfidence_gap"),
        *("lm_polygraph_ece_20", "lm_polygraph_ece_10"),
    }
    assert set(case) == errors | others | {"confidence", "correct", "columns"}


def test_lm_polygraph_computes_the_same_where_all_are_probabilities(case: dict[str, Any]) -> None:
    module = pytest.importorskip(
        "lm_polygraph.ue_metrics.ece", reason="lm-polygraph is not installed"
    )
    theirs = module.ECE(normalize=False, n_bins=20)(
        (-np.array(case["confidence"])).tolist(), case["correct"]
    )
    assert theirs == pytest.approx(case["lm_polygraph_ece_20"])
