"""Numbers of weighted ties against the plain functions on data with repeated answers."""

from __future__ import annotations

import numpy as np
import pytest

from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.selective import (
    augrc,
    aurc,
    excess_aurc,
    prediction_rejection_ratio,
    risk_at_coverage,
)
from medtrust.metrics.selective_draws import (
    harmonic_numbers,
    statistics_of_draws,
    weighted_ties,
)

REJECTIONS = (1.0, 0.5, 0.3)
COVERAGES = (0.05, 0.5, 0.83, 1.0)


def plain(uncertainty: FloatArray, wrong: FloatArray) -> list[float]:
    """One row of `statistics_of_draws`, from the functions that see single answers."""
    found = [aurc(uncertainty, wrong), excess_aurc(uncertainty, wrong), augrc(uncertainty, wrong)]
    found += [
        prediction_rejection_ratio(uncertainty, 1.0 - wrong, max_rejection=share)
        for share in REJECTIONS
    ]
    found += [risk_at_coverage(uncertainty, wrong, share) for share in COVERAGES]
    return [np.nan if value is None else value for value in found]


@pytest.mark.parametrize("ties", [1, 4, 30])
def test_draws_agree_with_data_in_which_answers_are_repeated(ties: int) -> None:
    rng = np.random.default_rng(ties)
    answers = rng.integers(0, 4, size=(ties, 50)).astype(np.float64)
    answers[0] = np.maximum(answers[0], 1.0)
    errors = rng.binomial(answers.astype(np.int64), 0.4).astype(np.float64)
    found = statistics_of_draws(answers, errors, rejections=REJECTIONS, coverages=COVERAGES)
    assert found.shape == (50, 10)
    for draw in range(50):
        members = answers[:, draw].astype(np.int64)
        uncertainty = np.repeat(np.arange(float(ties)), members)
        place = np.arange(uncertainty.size) - np.repeat(np.cumsum(members) - members, members)
        wrong = (place < errors[uncertainty.astype(np.int64), draw]).astype(np.float64)
        np.testing.assert_allclose(found[draw], plain(uncertainty, wrong), atol=1e-10)


def test_draws_of_one_outcome_have_no_ratio() -> None:
    answers = np.array([[3.0, 3.0], [2.0, 2.0]])
    errors = np.array([[0.0, 3.0], [0.0, 2.0]])
    found = statistics_of_draws(answers, errors, rejections=(1.0, 0.5), coverages=(0.8,))
    assert np.isnan(found[:, 3:5]).all()
    np.testing.assert_allclose(found[:, 0], [0.0, 1.0])
    np.testing.assert_allclose(found[:, 5], [0.0, 1.0])


def test_sums_of_risks_stop_within_a_tie() -> None:
    ties = weighted_ties(np.array([[2.0], [4.0]]), np.array([[1.0], [1.0]]))
    expected = np.cumsum([0.5, 0.5, 1.25 / 3, 1.5 / 4, 1.75 / 5, 2.0 / 6])
    for accepted in range(1, 7):
        found = ties.risks_up_to(np.array([accepted]))
        assert found[0] == pytest.approx(expected[accepted - 1])
    assert ties.risks_up_to(np.array([0]))[0] == 0.0


def test_harmonic_numbers_start_at_zero() -> None:
    np.testing.assert_allclose(harmonic_numbers(3), [0.0, 1.0, 1.5, 11 / 6])
    np.testing.assert_allclose(harmonic_numbers(0), [0.0])
