"""Thresholds with a guarantee: exact bounds, whole tie groups, a sequence that stops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from medtrust.core.errors import ShapeError
from medtrust.metrics.clopper_pearson import (
    chance_of_at_most,
    clopper_pearson,
    fewest_cases,
    most_errors,
    upper_bound,
)
from medtrust.metrics.risk_control import (
    cases_needed,
    control_risk,
    count_below,
    plan_thresholds,
    threshold_grid,
)


@pytest.mark.parametrize(
    ("alpha", "delta", "n"), [(0.05, 0.05, 59), (0.1, 0.05, 29), (0.2, 0.05, 14), (0.5, 0.5, 1)]
)
def test_fewest_cases_is_the_smallest_that_can_show_it(alpha: float, delta: float, n: int) -> None:
    assert fewest_cases(alpha, delta) == n
    assert (1.0 - alpha) ** n <= delta < (1.0 - alpha) ** (n - 1)


@pytest.mark.parametrize(("errors", "n"), [(0, 10), (3, 10), (10, 10), (7, 200)])
def test_exact_intervals_are_those_of_scipy(errors: int, n: int) -> None:
    theirs = binomtest(errors, n).proportion_ci(confidence_level=0.9, method="exact")
    ours = clopper_pearson(errors, n, level=0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert float(upper_bound(errors, n, delta=0.05)) == pytest.approx(theirs.high, abs=1e-12)


def test_no_cases_have_no_rate() -> None:
    assert clopper_pearson(0, 0).value is None
    assert float(upper_bound(0, 0, delta=0.05)) == 1.0


def test_most_errors_is_where_the_bound_crosses_alpha() -> None:
    sizes = np.arange(400)
    found = most_errors(sizes, alpha=0.1, delta=0.05)
    for n, k in zip(sizes.tolist(), found.tolist(), strict=True):
        assert k < 0 or float(upper_bound(k, n, delta=0.05)) <= 0.1
        assert k == n or float(upper_bound(k + 1, n, delta=0.05)) > 0.1


def test_binomial_chances_are_those_of_scipy() -> None:
    errors = np.arange(-1, 12)
    expected = binom.cdf(errors, 10, 0.3)
    assert chance_of_at_most(errors, 10, 0.3) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("errors", "n", "delta"), [(3, 2, 0.05), (-1, 2, 0.05), (0.5, 2, 0.05), (0, 2, 1.0)]
)
def test_odd_counts_are_refused(errors: float, n: int, delta: float) -> None:
    with pytest.raises(ShapeError):
        upper_bound(errors, n, delta=delta)


def test_a_grid_lies_between_the_values_and_keeps_ties_together() -> None:
    values = np.repeat([0.0, 0.5, 1.0], [6, 3, 1])
    grid = threshold_grid(values)
    assert grid[:2].tolist() == [0.25, 0.75]
    assert 1.0 < grid[2] < 1.0 + 1e-8
    answered, _ = count_below(values, np.zeros(10), grid)
    assert answered.tolist() == [6, 9, 10]


def test_a_grid_has_no_more_thresholds_than_asked_and_ends_with_everything() -> None:
    values = np.random.default_rng(0).random(1000)
    grid = threshold_grid(values, most=20)
    assert grid.size == 20
    answered, _ = count_below(values, np.zeros(1000), grid)
    assert answered.tolist() == list(range(50, 1001, 50))
    assert threshold_grid([]).size == 0


def test_the_last_threshold_before_the_first_failure_is_kept() -> None:
    # 100 right, then 5 wrong of 10 (fails), then 900 right: the sequence does not jump the gap
    uncertainty = np.concatenate([np.full(100, 1.0), np.full(10, 2.0), np.full(900, 3.0)])
    wrong = np.concatenate([np.zeros(100), np.tile([0.0, 1.0], 5), np.zeros(900)])
    found = control_risk(uncertainty, wrong, thresholds=[1.5, 2.5, 3.5], alpha=0.05, delta=0.05)
    assert found.threshold == 1.5
    assert (found.answered, found.errors, found.n) == (100, 0, 1010)
    assert found.bound == pytest.approx(1.0 - 0.05 ** (1 / 100))
    assert found.coverage == pytest.approx(100 / 1010)
    last = control_risk(uncertainty, wrong, thresholds=[3.5], alpha=0.05, delta=0.05)
    assert last.threshold == 3.5


def test_fifty_nine_right_answers_are_just_enough() -> None:
    def found(n: int) -> float | None:
        return control_risk(
            np.zeros(n), np.zeros(n), thresholds=[0.5], alpha=0.05, delta=0.05
        ).threshold

    assert found(59) == 0.5
    assert found(58) is None


def test_cases_without_a_number_are_escalated_and_lower_the_coverage() -> None:
    found = control_risk(
        np.zeros(80), np.zeros(80), thresholds=[0.5], alpha=0.05, delta=0.05, without=20
    )
    assert (found.n, found.answered, found.coverage) == (100, 80, 0.8)


def test_a_missing_value_is_never_taken_for_a_number() -> None:
    with pytest.raises(ShapeError, match="NaN"):
        control_risk([0.1, np.nan], [0, 1], thresholds=[0.5], alpha=0.05, delta=0.05)


def test_thresholds_must_ascend() -> None:
    with pytest.raises(ShapeError, match="ascend"):
        control_risk([0.1], [0], thresholds=[0.5, 0.5], alpha=0.05, delta=0.05)


def test_too_few_cases_and_too_many_errors_are_told_apart() -> None:
    few = control_risk(np.zeros(20), np.zeros(20), thresholds=[0.5], alpha=0.05, delta=0.05)
    assert "at least 59" in few.reason
    bad = control_risk(np.zeros(99), np.ones(99), thresholds=[0.5], alpha=0.05, delta=0.05)
    assert "99 were wrong" in bad.reason
    assert bad.threshold is None


def test_a_plan_starts_where_passing_is_likely_and_goes_on_to_everything() -> None:
    rng = np.random.default_rng(1)
    uncertainty = rng.random(2000)
    wrong = (rng.random(2000) < 0.3 * uncertainty**2).astype(float)
    plan = plan_thresholds(uncertainty, wrong, n_calibration=2000, alpha=0.05, delta=0.05)
    assert 0.03 < plan.thresholds[0] < 0.6
    assert plan.thresholds[-1] > uncertainty.max()
    assert 0.4 < plan.expected_coverage < 0.75


def test_a_plan_for_too_few_cases_tests_nothing() -> None:
    plan = plan_thresholds([0.1, 0.2], [0, 0], n_calibration=40, alpha=0.05, delta=0.05)
    assert plan.thresholds.size == 0
    assert "59" in plan.reason
    nothing = plan_thresholds([], [], n_calibration=400, alpha=0.05, delta=0.05, without=9)
    assert nothing.thresholds.size == 0


def test_a_useful_uncertainty_is_expected_to_cover_more_than_a_useless_one() -> None:
    rng = np.random.default_rng(2)
    good = rng.random(500)
    wrong = (rng.random(500) < 0.4 * good**2).astype(float)
    covered = [
        plan_thresholds(values, wrong, n_calibration=1000, alpha=0.05, delta=0.05).expected_coverage
        for values in (good, rng.random(500), 1.0 - good)
    ]
    assert covered[0] > 0.3
    assert max(covered[1:]) < 0.1


def test_cases_needed_says_how_many_or_that_none_would_do() -> None:
    assert cases_needed(np.arange(30), np.zeros(30), alpha=0.05, delta=0.05) == 59
    assert cases_needed(np.arange(90), np.ones(90), alpha=0.05, delta=0.05) is None
    assert cases_needed([], [], alpha=0.05, delta=0.05) is None
    some = cases_needed(np.zeros(100), np.eye(100)[0], alpha=0.05, delta=0.05)
    assert some is not None
    assert 93 < some < 200


def test_the_order_of_cases_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    uncertainty = rng.integers(0, 5, size=300) / 5
    wrong = (rng.random(300) < 0.02).astype(float)
    order = rng.permutation(300)
    thresholds = threshold_grid(uncertainty)

    def found(u: np.ndarray, w: np.ndarray) -> object:
        return control_risk(u, w, thresholds=thresholds, alpha=0.05, delta=0.05)

    assert found(uncertainty, wrong) == found(uncertainty[order], wrong[order])
