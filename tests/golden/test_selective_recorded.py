"""Recorded cases of selective prediction, and where lm-polygraph 0.7.0 is wrong about them.

The numbers named after lm-polygraph were recorded from that package; the tests of them say which
rule gives them and what the right number is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import roc_auc_score

from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.selective import (
    augrc,
    aurc,
    excess_aurc,
    prediction_rejection_ratio,
    risk_at_coverage,
    risk_coverage_curve,
)

CLOSE = 1e-12


def recorded(shared: Path, name: str) -> dict[str, Any]:
    path = shared / "golden" / "uncertainty" / name
    if not path.is_file():
        pytest.skip(f"the recorded case {name} is not here")
    case = json.loads(path.read_text("utf-8"))
    assert isinstance(case, dict)
    return case


@pytest.fixture
def plain(shared: Path) -> dict[str, Any]:
    return recorded(shared, "01_selective_no_ties.json")


@pytest.fixture
def tied(shared: Path) -> dict[str, Any]:
    return recorded(shared, "02_ties.json")


def arrays(case: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Uncertainty and correctness."""
    return np.array(case["uncertainty"]), np.array(case["correct"], dtype=np.float64)


def quality_area(uncertainty: FloatArray, correct: FloatArray, *, points: int) -> float:
    """Mean expected accuracy at the last so many numbers of accepted answers."""
    return float(1.0 - risk_coverage_curve(uncertainty, 1.0 - correct).risk[-points:].mean())


def area_in_input_order(uncertainty: npt.ArrayLike, correct: npt.ArrayLike) -> float:
    """What is recorded of lm-polygraph: members of a tie are taken as they come in the input."""
    sorted_correct = np.asarray(correct)[np.argsort(uncertainty, kind="stable")]
    return float(np.mean(np.cumsum(sorted_correct) / np.arange(1, sorted_correct.size + 1)))


@pytest.mark.parametrize(("key", "share"), [("prr_exact", 1.0), ("prr50_exact", 0.5)])
def test_rejection_ratios_and_their_parts_are_as_recorded(
    plain: dict[str, Any], key: str, share: float
) -> None:
    uncertainty, correct = arrays(plain)
    points, expected = int(share * correct.size), plain[key]
    assert quality_area(uncertainty, correct, points=points) == pytest.approx(expected["area"])
    assert quality_area(-correct, correct, points=points) == pytest.approx(expected["oracle"])
    constant = np.zeros(correct.size)
    assert quality_area(constant, correct, points=points) == pytest.approx(expected["random"])
    found = prediction_rejection_ratio(uncertainty, correct, max_rejection=share)
    assert found == pytest.approx(expected["prr"], rel=CLOSE)


def test_areas_under_the_risk_are_as_recorded(plain: dict[str, Any]) -> None:
    uncertainty, correct = arrays(plain)
    wrong = 1.0 - correct
    assert aurc(uncertainty, wrong) == pytest.approx(plain["aurc"], rel=CLOSE)
    assert aurc(uncertainty, wrong) == pytest.approx(plain["aurc_lm_polygraph"], rel=CLOSE)
    assert aurc(wrong, wrong) == pytest.approx(plain["aurc_optimal"], rel=CLOSE)
    assert excess_aurc(uncertainty, wrong) == pytest.approx(plain["e_aurc"], rel=CLOSE)


def test_risks_at_coverages_are_as_recorded(plain: dict[str, Any]) -> None:
    uncertainty, correct = arrays(plain)
    assert len(plain["risk_at_coverage"]) == 4
    for coverage, risk in plain["risk_at_coverage"].items():
        found = risk_at_coverage(uncertainty, 1.0 - correct, float(coverage))
        assert found == pytest.approx(risk, abs=CLOSE)


def test_generalised_risk_agrees_with_the_recorded_auroc(
    plain: dict[str, Any], tied: dict[str, Any]
) -> None:
    for case, auroc in ((plain, plain["auroc_own"]), (tied, tied["auroc_error"])):
        uncertainty, correct = arrays(case)
        error = float(np.mean(correct == 0.0))
        expected = (1.0 - auroc) * error * (1.0 - error) + error**2 / 2.0
        assert augrc(uncertainty, 1.0 - correct) == pytest.approx(expected, rel=CLOSE)


def test_tie_averaged_numbers_are_as_recorded(tied: dict[str, Any]) -> None:
    uncertainty, correct = arrays(tied)
    points, expected = correct.size, tied["prr_tie_averaged"]
    assert quality_area(uncertainty, correct, points=points) == pytest.approx(expected["area"])
    assert quality_area(-correct, correct, points=points) == pytest.approx(expected["oracle"])
    assert correct.mean() == expected["random"]
    ratio = prediction_rejection_ratio(uncertainty, correct)
    assert ratio == pytest.approx(expected["prr"], rel=CLOSE)
    area = aurc(uncertainty, 1.0 - correct)
    assert area == pytest.approx(tied["aurc_tie_averaged"], rel=CLOSE)


def test_lm_polygraph_depends_on_the_order_of_the_input_and_this_does_not(
    tied: dict[str, Any],
) -> None:
    uncertainty, correct = arrays(tied)
    places = np.array(tied["permutation"])
    moved, moved_correct = uncertainty[places], correct[places]

    given, permuted = (
        tied["lm_polygraph_area_given_order"],
        tied["lm_polygraph_area_permuted_input"],
    )
    assert area_in_input_order(uncertainty, correct) == pytest.approx(given)
    assert area_in_input_order(moved, moved_correct) == pytest.approx(permuted)
    assert given - permuted > 0.18
    assert tied["lm_aurc_given_order"] == pytest.approx(1.0 - given)
    assert tied["lm_aurc_permuted"] == pytest.approx(1.0 - permuted)

    ratio = prediction_rejection_ratio(uncertainty, correct)
    assert prediction_rejection_ratio(moved, moved_correct) == ratio
    area = aurc(moved, 1.0 - moved_correct)
    assert area == aurc(uncertainty, 1.0 - correct)
    assert area is not None
    assert tied["lm_aurc_given_order"] < area < tied["lm_aurc_permuted"]


@pytest.mark.parametrize(
    ("key", "exact", "share"),
    [("prr_lm_polygraph", "prr_exact", 1.0), ("prr50_lm_polygraph", "prr50_exact", 0.5)],
)
def test_lm_polygraph_draws_a_random_baseline_that_is_known_exactly(
    plain: dict[str, Any], key: str, exact: str, share: float
) -> None:
    uncertainty, correct = arrays(plain)
    theirs, ours = plain[key], plain[exact]
    drawn, mean = theirs["random_1000_shuffles_seed42"], correct.mean()
    assert theirs["area"] == pytest.approx(ours["area"])
    assert theirs["oracle"] == pytest.approx(ours["oracle"])
    assert drawn < mean
    with_drawn = (theirs["area"] - drawn) / (theirs["oracle"] - drawn)
    assert theirs["normalized"] == pytest.approx(with_drawn)
    found = prediction_rejection_ratio(uncertainty, correct, max_rejection=share)
    assert found is not None
    assert theirs["normalized"] - found > 0.005


def test_lm_polygraph_turns_the_auroc_around_when_the_target_is_correctness(
    plain: dict[str, Any],
) -> None:
    uncertainty, correct = arrays(plain)
    auroc = float(roc_auc_score(1.0 - correct, uncertainty))
    assert auroc == pytest.approx(plain["auroc_own"])
    turned = plain["lm_polygraph_ROCAUC_with_target_correct"]
    assert turned == pytest.approx(1.0 - auroc)
    assert turned == pytest.approx(float(roc_auc_score(correct, uncertainty)))


def test_a_constant_score_is_worth_nothing_whatever_the_order_of_the_input(
    tied: dict[str, Any],
) -> None:
    # lm-polygraph reported 0.145 for constant scores of a set that is not recorded; on this one
    # taking ties as they come gives anything between the worst and the best ratio
    _, correct = arrays(tied)
    constant, random = np.full(correct.size, 0.5), correct.mean()
    best, worst = np.sort(correct)[::-1], np.sort(correct)
    oracle = area_in_input_order(constant, best)
    ratios = [
        (area_in_input_order(constant, order) - random) / (oracle - random)
        for order in (best, correct, worst)
    ]
    assert ratios[0] == pytest.approx(1.0)
    assert ratios[1] == pytest.approx(0.43, abs=0.005)
    assert ratios[2] == pytest.approx(-1.0)
    for order in (best, correct, worst):
        assert prediction_rejection_ratio(constant, order) == pytest.approx(0.0, abs=CLOSE)


def test_an_all_correct_set_has_no_ratio_and_no_risk() -> None:
    # lm-polygraph turns a constant target into 0.5 and prints it as a normalised ratio and a risk
    uncertainty, correct = np.linspace(0.0, 1.0, 10), np.ones(10)
    assert prediction_rejection_ratio(uncertainty, correct) is None
    assert aurc(uncertainty, 1.0 - correct) == 0.0
    assert excess_aurc(uncertainty, 1.0 - correct) == 0.0


def test_lm_polygraph_itself_still_has_these_faults(
    plain: dict[str, Any], tied: dict[str, Any]
) -> None:
    reason = "lm-polygraph is not installed: its recorded numbers are tested instead"
    areas = pytest.importorskip("lm_polygraph.ue_metrics.pred_rej_area", reason=reason)
    area = areas.PredictionRejectionArea()
    assert area(plain["uncertainty"], plain["correct"]) == pytest.approx(
        plain["prr_lm_polygraph"]["area"]
    )
    uncertainty, correct = arrays(tied)
    places = tied["permutation"]
    assert area(uncertainty, correct) == pytest.approx(tied["lm_polygraph_area_given_order"])
    assert area(uncertainty[places], correct[places]) == pytest.approx(
        tied["lm_polygraph_area_permuted_input"]
    )
    assert area(uncertainty, np.ones(uncertainty.size)) == pytest.approx(0.5)
