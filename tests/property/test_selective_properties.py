"""Selective prediction: ranges, invariances and identities, with many ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

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

answers = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)
graded = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), min_size=2, max_size=40)
shares = st.floats(0.01, 1.0)


def columns(rows: list[tuple[int, bool]]) -> tuple[FloatArray, FloatArray]:
    return np.array([float(row[0]) for row in rows]), np.array([float(row[1]) for row in rows])


def numbers(uncertainty: FloatArray, wrong: FloatArray, share: float) -> list[float | None]:
    return [
        aurc(uncertainty, wrong),
        excess_aurc(uncertainty, wrong),
        augrc(uncertainty, wrong),
        prediction_rejection_ratio(uncertainty, 1.0 - wrong, max_rejection=share),
        coverage_at_risk(uncertainty, wrong, share),
        risk_at_coverage(uncertainty, wrong, share),
    ]


@given(answers, shares)
def test_the_order_of_the_input_changes_nothing_not_even_the_last_bit(
    rows: list[tuple[int, bool]], share: float
) -> None:
    uncertainty, wrong = columns(rows)
    places = np.random.default_rng(len(rows)).permutation(len(rows))
    assert numbers(uncertainty, wrong, share) == numbers(uncertainty[places], wrong[places], share)


@given(graded, shares)
def test_the_order_of_graded_answers_changes_nothing(
    rows: list[tuple[int, int]], share: float
) -> None:
    uncertainty = np.array([row[0] for row in rows]) / 3.0
    quality = np.array([row[1] for row in rows]) / 20.0
    places = np.random.default_rng(len(rows)).permutation(len(rows))
    one = prediction_rejection_ratio(uncertainty, quality, max_rejection=share)
    two = prediction_rejection_ratio(uncertainty[places], quality[places], max_rejection=share)
    assert (one is None) == (two is None)
    if one is not None:
        assert two == pytest.approx(one, abs=1e-9)
        assert one <= 1.0 + 1e-9


@given(answers, shares)
def test_only_the_ranks_of_uncertainty_count(rows: list[tuple[int, bool]], share: float) -> None:
    uncertainty, wrong = columns(rows)
    stretched = np.exp(3.0 * uncertainty) - 7.0
    assert numbers(uncertainty, wrong, share) == numbers(stretched, wrong, share)


@given(answers, shares)
def test_numbers_stay_within_their_ranges(rows: list[tuple[int, bool]], share: float) -> None:
    area, excess, joint, ratio, coverage, risk = numbers(*columns(rows), share)
    for value, high in ((area, 1.0), (excess, 1.0), (joint, 0.5), (coverage, 1.0), (risk, 1.0)):
        assert value is not None
        assert 0.0 <= value <= high + 1e-12
    assert ratio is None or ratio <= 1.0 + 1e-9
    assert area is not None
    assert excess is not None
    assert excess <= area + 1e-12


@given(answers)
def test_the_curve_ends_at_the_error_rate_and_its_joint_risk_never_falls(
    rows: list[tuple[int, bool]],
) -> None:
    uncertainty, wrong = columns(rows)
    curve = risk_coverage_curve(uncertainty, wrong)
    assert curve.risk[-1] == pytest.approx(wrong.mean())
    assert curve.coverage[-1] == 1.0
    assert (np.diff(curve.generalised_risk) >= -1e-12).all()
    np.testing.assert_allclose(curve.risk * curve.coverage, curve.generalised_risk, atol=1e-12)


@given(answers)
def test_the_generalised_area_is_the_auroc_in_other_words(rows: list[tuple[int, bool]]) -> None:
    uncertainty, wrong = columns(rows)
    error = float(wrong.mean())
    expected = error**2 / 2.0
    if 0.0 < error < 1.0:
        missed = 1.0 - float(roc_auc_score(wrong, uncertainty))
        expected += missed * error * (1.0 - error)
    assert augrc(uncertainty, wrong) == pytest.approx(expected, abs=1e-12)


@given(answers)
def test_the_ratio_and_the_excess_area_tell_the_same(rows: list[tuple[int, bool]]) -> None:
    uncertainty, wrong = columns(rows)
    ratio = prediction_rejection_ratio(uncertainty, 1.0 - wrong)
    excess, best = excess_aurc(uncertainty, wrong), aurc(wrong, wrong)
    assert excess is not None
    assert best is not None
    if ratio is None:
        assert len(rows) == 1 or wrong.min() == wrong.max()
    else:
        assert 1.0 - ratio == pytest.approx(excess / (wrong.mean() - best), abs=1e-9)


@given(answers, st.floats(0.0, 1.0))
def test_the_reported_coverage_keeps_its_risk(rows: list[tuple[int, bool]], bound: float) -> None:
    uncertainty, wrong = columns(rows)
    coverage = coverage_at_risk(uncertainty, wrong, bound)
    assert coverage is not None
    if coverage > 0.0:
        realised = risk_at_coverage(uncertainty, wrong, coverage)
        assert realised is not None
        assert realised <= bound + 1e-9
        accepted = round(coverage * len(rows))
        threshold = np.sort(uncertainty)[accepted - 1]
        assert np.sum(uncertainty <= threshold) == accepted
