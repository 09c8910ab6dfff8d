"""Selective prediction against its definition: every order of the ties, one by one."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.selective import (
    augrc,
    aurc,
    coverage_at_risk,
    excess_aurc,
    prediction_rejection_ratio,
    risk_at_coverage,
    risk_coverage_curve,
)

TIED = np.array([0.3, 0.1, 0.3, 0.3, 0.1, 0.9, 0.3])
WRONG = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0])
GRADED = np.array([0.9, 1.0, 0.2, 0.35, 0.5, 0.0, 0.75])


def risks_in_given_order(losses: FloatArray) -> FloatArray:
    """Mean loss of the first k, for every k: the definition, without ties."""
    risks: FloatArray = np.cumsum(losses) / np.arange(1, losses.size + 1)
    return risks


def orders_by_certainty(uncertainty: FloatArray) -> list[tuple[int, ...]]:
    """Every order of the items in which uncertainty never falls."""
    return [
        order
        for order in permutations(range(uncertainty.size))
        if (np.diff(uncertainty[list(order)]) >= 0.0).all()
    ]


def mean_risks(uncertainty: FloatArray, losses: FloatArray) -> FloatArray:
    """Risks averaged over all ways to break the ties."""
    orders = orders_by_certainty(uncertainty)
    risks = np.array([risks_in_given_order(losses[list(order)]) for order in orders])
    return np.asarray(risks.mean(axis=0), dtype=np.float64)


def test_the_curve_is_the_mean_over_every_order_of_the_ties() -> None:
    curve = risk_coverage_curve(TIED, WRONG)
    expected = mean_risks(TIED, WRONG)
    np.testing.assert_allclose(curve.risk, expected, rtol=1e-12)
    np.testing.assert_allclose(curve.coverage, np.arange(1, 8) / 7)
    np.testing.assert_allclose(curve.generalised_risk, expected * curve.coverage, rtol=1e-12)


def test_areas_are_the_mean_over_every_order_of_the_ties() -> None:
    expected = mean_risks(TIED, WRONG)
    oracle = mean_risks(WRONG, WRONG)
    joint = np.concatenate(([0.0], expected * np.arange(1, 8) / 7))
    assert aurc(TIED, WRONG) == pytest.approx(expected.mean(), rel=1e-12)
    assert excess_aurc(TIED, WRONG) == pytest.approx(expected.mean() - oracle.mean(), rel=1e-12)
    assert augrc(TIED, WRONG) == pytest.approx(np.trapezoid(joint, dx=1 / 7), rel=1e-12)


@pytest.mark.parametrize(("max_rejection", "points"), [(1.0, 7), (0.5, 3), (0.3, 2)])
def test_the_rejection_ratio_of_graded_quality_is_the_mean_over_every_order(
    max_rejection: float, points: int
) -> None:
    areas = [
        1.0 - mean_risks(order, 1.0 - GRADED)[-points:].mean() for order in (TIED, 1.0 - GRADED)
    ]
    expected = (areas[0] - GRADED.mean()) / (areas[1] - GRADED.mean())
    found = prediction_rejection_ratio(TIED, GRADED, max_rejection=max_rejection)
    assert found == pytest.approx(expected, rel=1e-12)


def test_large_ties_agree_with_the_mean_over_many_random_orders() -> None:
    rng = np.random.default_rng(11)
    uncertainty = rng.integers(0, 4, size=200).astype(np.float64)
    wrong = (rng.random(200) < 0.15 + 0.2 * uncertainty).astype(np.float64)
    broken = [wrong[np.lexsort((rng.random(200), uncertainty))] for _ in range(4_000)]
    risks = np.mean([risks_in_given_order(losses) for losses in broken], axis=0)
    np.testing.assert_allclose(risk_coverage_curve(uncertainty, wrong).risk, risks, atol=0.03)
    assert aurc(uncertainty, wrong) == pytest.approx(risks.mean(), abs=1.5e-3)
    assert risk_at_coverage(uncertainty, wrong, 0.3) == pytest.approx(risks[59], abs=3e-3)


def test_a_constant_uncertainty_is_worth_as_much_as_chance() -> None:
    same = np.full(WRONG.size, 0.4)
    assert prediction_rejection_ratio(same, GRADED) == pytest.approx(0.0, abs=1e-12)
    assert prediction_rejection_ratio(same, 1.0 - WRONG, max_rejection=0.5) == pytest.approx(0.0)
    assert aurc(same, WRONG) == pytest.approx(WRONG.mean())
    assert augrc(same, WRONG) == pytest.approx(WRONG.mean() / 2)


def test_the_oracle_reaches_one_and_loses_nothing() -> None:
    assert prediction_rejection_ratio(1.0 - GRADED, GRADED) == pytest.approx(1.0)
    assert excess_aurc(WRONG, WRONG) == 0.0
    assert augrc(WRONG, WRONG) == pytest.approx(WRONG.mean() ** 2 / 2)


@pytest.mark.parametrize("quality", [0.0, 0.37, 1.0])
def test_a_rejection_ratio_without_better_and_worse_answers_is_undefined(quality: float) -> None:
    assert prediction_rejection_ratio(TIED, np.full(TIED.size, quality)) is None


def test_a_rejection_ratio_that_may_reject_nothing_is_undefined() -> None:
    assert prediction_rejection_ratio(TIED, GRADED, max_rejection=0.1) is None
    assert prediction_rejection_ratio(TIED, GRADED, max_rejection=0.2) is None


def test_shares_of_n_that_rounding_puts_below_a_whole_number_count_as_whole() -> None:
    rng = np.random.default_rng(5)
    order, quality = rng.random(100), rng.random(100)
    assert 0.29 * 100 < 29
    found = prediction_rejection_ratio(order, quality, max_rejection=0.29)
    assert found == pytest.approx(prediction_rejection_ratio(order, quality, max_rejection=0.2999))


def test_right_answers_only_have_no_risk() -> None:
    right = np.zeros(TIED.size)
    assert aurc(TIED, right) == 0.0
    assert augrc(TIED, right) == 0.0
    assert coverage_at_risk(TIED, right, 0.0) == 1.0
    assert risk_at_coverage(TIED, right, 0.5) == 0.0


def test_no_samples_give_none_and_an_empty_curve() -> None:
    nothing = np.zeros(0)
    assert risk_coverage_curve(nothing, nothing).risk.shape == (0,)
    for found in (
        aurc(nothing, nothing),
        excess_aurc(nothing, nothing),
        augrc(nothing, nothing),
        prediction_rejection_ratio(nothing, nothing),
        coverage_at_risk(nothing, nothing, 0.1),
        risk_at_coverage(nothing, nothing, 0.1),
    ):
        assert found is None


def test_a_threshold_accepts_whole_ties_only() -> None:
    uncertainty = np.array([0.1, 0.5, 0.5, 0.5, 0.9])
    wrong = np.array([0, 0, 0, 1, 1])
    # of the middle tie two of three could be taken without exceeding 1/4 in expectation
    assert coverage_at_risk(uncertainty, wrong, 0.24) == pytest.approx(0.2)
    assert coverage_at_risk(uncertainty, wrong, 0.25) == pytest.approx(0.8)
    assert coverage_at_risk(uncertainty, wrong, 0.4) == 1.0


def test_coverage_is_zero_where_no_threshold_keeps_the_bound() -> None:
    assert coverage_at_risk(np.array([0.1, 0.1, 0.4]), np.array([1, 0, 0]), 0.3) == 0.0


def test_coverage_looks_past_an_early_error() -> None:
    uncertainty, wrong = np.arange(20.0), np.zeros(20)
    wrong[0] = 1.0
    assert coverage_at_risk(uncertainty, wrong, 0.05) == 1.0


def test_a_bound_on_the_risk_is_kept_in_spite_of_rounding() -> None:
    wrong = np.zeros(100)
    wrong[71:] = 1.0
    assert 0.29 * 100 < 29
    assert coverage_at_risk(np.arange(100.0), wrong, 0.29) == 1.0


def test_risk_at_a_coverage_is_interpolated_within_a_tie_and_between_answers() -> None:
    uncertainty, wrong = np.array([0.1, 0.5, 0.5, 0.5]), np.array([0, 1, 1, 0])
    assert risk_at_coverage(uncertainty, wrong, 0.5) == pytest.approx((2 / 3) / 2)
    assert risk_at_coverage(uncertainty, wrong, 0.375) == pytest.approx((1 / 3) / 1.5)
    assert risk_at_coverage(uncertainty, wrong, 0.05) == 0.0
    assert risk_at_coverage(uncertainty, wrong, 1.0) == 0.5


def test_a_missing_uncertainty_is_refused_and_never_the_most_certain() -> None:
    holed = np.array([0.1, np.nan, 0.3])
    with pytest.raises(ShapeError, match="NaN"):
        aurc(holed, np.array([0, 1, 0]))
    with pytest.raises(ShapeError, match="NaN"):
        prediction_rejection_ratio(np.array([0.1, np.inf]), np.array([0.0, 1.0]))


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="length"):
        augrc(TIED, WRONG[:-1])
    with pytest.raises(ShapeError, match="0 and 1"):
        risk_coverage_curve(TIED, GRADED)
    with pytest.raises(ShapeError, match="quality"):
        prediction_rejection_ratio(TIED, GRADED * 2.0)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_shares_out_of_range_are_refused(share: float) -> None:
    with pytest.raises(ShapeError, match="max_rejection"):
        prediction_rejection_ratio(TIED, GRADED, max_rejection=share)
    with pytest.raises(ShapeError, match="coverage"):
        risk_at_coverage(TIED, WRONG, share)


def test_a_risk_out_of_range_is_refused() -> None:
    with pytest.raises(ShapeError, match="risk"):
        coverage_at_risk(TIED, WRONG, 1.2)
