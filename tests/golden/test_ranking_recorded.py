"""AUROC and average precision of the recorded cases of error detection, with and without ties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medtrust.metrics.ranking import auroc, average_precision
from medtrust.metrics.ranking_intervals import auroc_interval


def recorded(shared: Path, name: str) -> dict[str, Any]:
    path = shared / "golden/uncertainty" / name
    if not path.is_file():
        pytest.skip(f"recorded case {name} is not here")
    case: dict[str, Any] = json.loads(path.read_text())
    return case


def test_without_ties_both_areas_are_as_recorded(shared: Path) -> None:
    case = recorded(shared, "01_selective_no_ties.json")
    uncertainty, correct = np.array(case["uncertainty"]), np.array(case["correct"])
    assert auroc(uncertainty, 1 - correct) == pytest.approx(case["auroc_error_detection"])
    assert auroc(uncertainty, 1 - correct) == pytest.approx(case["auroc_own"])
    assert average_precision(uncertainty, 1 - correct) == pytest.approx(case["auprc_error"])
    assert average_precision(-uncertainty, correct) == pytest.approx(case["auprc_correct"])


def test_the_recorded_area_of_the_other_tool_is_ours_of_the_opposite_class(shared: Path) -> None:
    case = recorded(shared, "01_selective_no_ties.json")
    theirs = case["lm_polygraph_ROCAUC_with_target_correct"]
    assert auroc(case["uncertainty"], case["correct"]) == pytest.approx(theirs)
    assert 1.0 - theirs == pytest.approx(case["auroc_error_detection"])


def test_with_ties_the_area_is_as_recorded_in_any_order(shared: Path) -> None:
    case = recorded(shared, "02_ties.json")
    uncertainty, wrong = np.array(case["uncertainty"]), 1 - np.array(case["correct"])
    order = np.array(case["permutation"])
    assert auroc(uncertainty, wrong) == pytest.approx(case["auroc_error"])
    assert auroc(uncertainty[order], wrong[order]) == auroc(uncertainty, wrong)
    precision = average_precision(uncertainty, wrong)
    assert average_precision(uncertainty[order], wrong[order]) == precision


def test_ten_items_are_too_few_for_an_interval(shared: Path) -> None:
    case = recorded(shared, "01_selective_no_ties.json")
    result = auroc_interval(case["uncertainty"], 1 - np.array(case["correct"]))
    assert result.value == pytest.approx(0.84)
    assert result.low is None
    assert result.note == "fewer than 20 clusters: no interval"
