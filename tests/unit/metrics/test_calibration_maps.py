from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.calibration import log_losses
from medtrust.metrics.calibration_maps import MAPS, Isotonic, Platt, Temperature


def drawn(n: int = 400, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Overconfident probabilities: the true logit is half of the stated one, and a bit lower."""
    rng = np.random.default_rng(seed)
    logits = 2.0 * rng.standard_normal(n)
    happened = rng.random(n) < 1.0 / (1.0 + np.exp(0.3 - logits / 2.0))
    return 1.0 / (1.0 + np.exp(-logits)), happened.astype(np.float64)


@pytest.mark.parametrize("method", MAPS)
def test_one_kind_of_outcome_leaves_nothing_to_fit(method: str) -> None:
    assert MAPS[method].fit([0.1, 0.9], [1, 1]) is None
    assert MAPS[method].fit([0.1, 0.9], [0, 0]) is None
    assert MAPS[method].fit([], []) is None


@pytest.mark.parametrize("method", MAPS)
def test_missing_scores_are_refused(method: str) -> None:
    with pytest.raises(ShapeError, match="leave missing values out"):
        MAPS[method].fit([0.1, np.nan], [1, 0])
    fitted = MAPS[method].fit(*drawn())
    assert fitted is not None
    with pytest.raises(ShapeError, match="leave missing values out"):
        fitted.apply([np.nan])


@pytest.mark.parametrize("method", MAPS)
def test_calibration_lowers_the_log_loss_on_new_samples(method: str) -> None:
    fitted = MAPS[method].fit(*drawn(2_000, 1))
    assert fitted is not None
    score, outcome = drawn(2_000, 2)
    before = log_losses(score, outcome).mean()
    assert log_losses(fitted.apply(score), outcome).mean() < before - 0.03


def test_temperature_finds_the_planted_one() -> None:
    rng = np.random.default_rng(5)
    logits = 3.0 * rng.standard_normal(40_000)
    happened = rng.random(40_000) < 1.0 / (1.0 + np.exp(-logits / 2.5))
    fitted = Temperature.fit(1.0 / (1.0 + np.exp(-logits)), happened)
    assert fitted is not None
    assert fitted.temperature == pytest.approx(2.5, rel=0.05)


def test_temperature_treats_an_outcome_and_its_opposite_alike() -> None:
    score, outcome = drawn()
    one, two = Temperature.fit(score, outcome), Temperature.fit(1.0 - score, 1.0 - outcome)
    assert one is not None
    assert two is not None
    assert one.temperature == pytest.approx(two.temperature)
    np.testing.assert_allclose(one.apply(score), 1.0 - two.apply(1.0 - score))


def test_temperature_stops_at_its_bounds_when_the_loss_does_not() -> None:
    separable = Temperature.fit([0.4, 0.45, 0.55, 0.6], [0, 0, 1, 1])
    backwards = Temperature.fit([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0])
    assert separable == Temperature(0.01)
    assert backwards == Temperature(100.0)


def test_temperature_of_nothing_but_halves_is_one() -> None:
    assert Temperature.fit([0.5, 0.5], [0, 1]) == Temperature(1.0)


def test_temperature_bears_zero_and_one() -> None:
    fitted = Temperature.fit([0.0, 1.0, 1.0, 0.3], [0, 1, 0, 1])
    assert fitted is not None
    mapped = fitted.apply([0.0, 1.0])
    assert 0.0 < mapped[0] < mapped[1] < 1.0


def test_temperature_refuses_what_is_no_probability() -> None:
    with pytest.raises(ShapeError, match="score must lie in"):
        Temperature.fit([0.1, 1.7], [0, 1])
    with pytest.raises(ShapeError, match="score must lie in"):
        Temperature(2.0).apply([-0.1])


def test_platt_agrees_with_scikit_learn() -> None:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Score(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        """Passes its one feature on as the score."""

        classes_ = np.array([0, 1])

        def fit(self, features: NDArray[np.float64], labels: NDArray[np.int64]) -> Score:
            self.fitted_ = features.shape, labels.shape
            return self

        def decision_function(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
            return features[:, 0]

        def predict(self, features: NDArray[np.float64]) -> NDArray[np.bool_]:
            return features[:, 0] > 0.0

    rng = np.random.default_rng(7)
    score = 40.0 + 5.0 * rng.standard_normal(300)
    outcome = (rng.random(300) < 1.0 / (1.0 + np.exp((score - 38.0) / 4.0))).astype(np.int64)
    # With a frozen estimator all folds see one fixed score; one fold of all samples is ours.
    everything = [(np.arange(300), np.arange(300))]
    theirs = CalibratedClassifierCV(
        FrozenEstimator(Score().fit(score[:, None], outcome)), method="sigmoid", cv=everything
    ).fit(score[:, None], outcome)
    fitted = Platt.fit(score, outcome)
    assert fitted is not None
    assert fitted.slope < 0.0
    np.testing.assert_allclose(
        fitted.apply(score), theirs.predict_proba(score[:, None])[:, 1], atol=2e-4
    )


def test_platt_is_at_the_minimum_of_its_loss() -> None:
    score, outcome = drawn(200)
    fitted = Platt.fit(score, outcome)
    assert fitted is not None
    n_one = outcome.sum()
    target = np.where(outcome == 1.0, (n_one + 1) / (n_one + 2), 1 / (200 - n_one + 2))
    off = fitted.apply(score) - target
    assert abs(off.sum()) < 1e-8
    assert abs((off * score).sum()) < 1e-8


def test_platt_stays_finite_when_a_threshold_separates_all() -> None:
    fitted = Platt.fit(np.arange(10.0), np.arange(10) >= 5)
    assert fitted is not None
    mapped = fitted.apply(np.arange(10.0))
    assert (np.diff(mapped) > 0.0).all()
    assert 0.0 < mapped[0] < 0.3
    assert 0.7 < mapped[-1] < 1.0


def test_platt_of_a_constant_score_is_the_smoothed_rate() -> None:
    fitted = Platt.fit(np.full(8, 3.3), [1, 1, 1, 1, 1, 1, 0, 0])
    assert fitted is not None
    assert fitted.slope == 0.0
    smoothed = (6 * 7 / 8 + 2 * 1 / 4) / 8
    np.testing.assert_allclose(fitted.apply([3.3, -1e9, 1e300]), smoothed)


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1e9, 1e200])
def test_platt_does_not_depend_on_the_unit_of_the_score(unit: float) -> None:
    score, outcome = drawn()
    plain, scaled = Platt.fit(score, outcome), Platt.fit(score * unit, outcome)
    assert plain is not None
    assert scaled is not None
    np.testing.assert_allclose(scaled.apply(score * unit), plain.apply(score), rtol=1e-6)


def test_platt_of_scores_infinitely_far_off_is_certain() -> None:
    fitted = Platt(0.0, 1e-300, 2.0, 0.0)
    assert fitted.apply([1e300, -1e300]).tolist() == [1.0, 0.0]


def test_isotonic_agrees_with_scikit_learn() -> None:
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(3)
    score = np.round(rng.random(300), 2)
    outcome = (rng.random(300) < score**2).astype(np.float64)
    fitted = Isotonic.fit(score, outcome)
    assert fitted is not None
    theirs = IsotonicRegression(out_of_bounds="clip").fit(score, outcome)
    anywhere = np.linspace(-0.5, 1.5, 401)
    np.testing.assert_allclose(fitted.apply(anywhere), theirs.predict(anywhere), atol=1e-12)


def test_scikit_learn_answers_nothing_outside_the_scores_it_saw_unless_told() -> None:
    from sklearn.isotonic import IsotonicRegression

    score, outcome = np.array([0.2, 0.8]), np.array([0.0, 1.0])
    assert np.isnan(IsotonicRegression().fit(score, outcome).predict([0.1])).all()
    fitted = Isotonic.fit(score, outcome)
    assert fitted is not None
    assert fitted.apply([0.1, 0.9]).tolist() == [0.0, 1.0]


def test_isotonic_never_falls_even_where_the_score_points_the_wrong_way() -> None:
    fitted = Isotonic.fit([1.0, 2.0, 3.0, 4.0], [1, 1, 0, 0])
    assert fitted is not None
    assert fitted.apply([0.0, 2.5, 9.0]).tolist() == [0.5, 0.5, 0.5]
    constant = Isotonic.fit([2.0, 2.0, 2.0], [1, 0, 0])
    assert constant is not None
    assert constant.scores == (2.0,)
    assert constant.probabilities == pytest.approx((1 / 3,))
