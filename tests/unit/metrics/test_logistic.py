from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from medtrust.core.errors import ShapeError
from medtrust.metrics.logistic import expit, fit_logistic, robust_covariance


def data(n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(n // 3), 3)
    columns = rng.normal(size=(n, 2)) + rng.normal(size=n // 3)[codes][:, None]
    design = np.column_stack([np.ones(n), columns])
    outcome = (rng.random(n) < expit(design @ np.array([-0.5, 1.0, -0.4]))).astype(np.float64)
    return design, outcome, codes


def test_the_fit_is_the_maximum_likelihood_of_statsmodels() -> None:
    design, outcome, _ = data()
    fit = fit_logistic(design, outcome)
    assert fit is not None
    expected = sm.Logit(outcome, design).fit(disp=0)
    assert fit.coefficients == pytest.approx(expected.params, abs=1e-6)
    assert np.linalg.inv(fit.information) == pytest.approx(expected.cov_params(), abs=1e-6)


def test_the_robust_covariance_is_that_of_statsmodels() -> None:
    design, outcome, codes = data()
    fit = fit_logistic(design, outcome)
    assert fit is not None
    model = sm.GLM(outcome, design, family=sm.families.Binomial())
    expected = model.fit(cov_type="cluster", cov_kwds={"groups": codes}, tol=1e-12)
    found = robust_covariance(design, outcome, fit, codes)
    assert found is not None
    # statsmodels scales by k/(k-1) and (n-1)/(n-q) as well
    assert found == pytest.approx(expected.cov_params(), rel=1e-4)


def test_the_penalty_is_that_of_scikit_learn() -> None:
    design, outcome, _ = data()
    fit = fit_logistic(design, outcome, penalty=np.array([0.0, 2.0, 2.0]))
    assert fit is not None
    expected = LogisticRegression(C=0.5, tol=1e-10, max_iter=1_000).fit(design[:, 1:], outcome)
    assert fit.coefficients[1:] == pytest.approx(expected.coef_[0], abs=1e-5)
    assert fit.coefficients[0] == pytest.approx(expected.intercept_[0], abs=1e-5)


def test_separated_outcomes_have_no_finite_fit_but_a_penalised_one() -> None:
    x = np.linspace(-1.0, 1.0, 40)
    design, outcome = np.column_stack([np.ones(40), x]), (x > 0).astype(np.float64)
    assert fit_logistic(design, outcome) is None
    fit = fit_logistic(design, outcome, penalty=np.array([0.0, 1.0]))
    assert fit is not None
    assert fit.coefficients[1] > 0.0


def test_columns_that_determine_each_other_have_no_fit() -> None:
    design, outcome, _ = data()
    assert fit_logistic(np.column_stack([design, design[:, 1]]), outcome) is None


def test_one_cluster_has_no_robust_covariance() -> None:
    design, outcome, codes = data()
    fit = fit_logistic(design, outcome)
    assert fit is not None
    assert robust_covariance(design, outcome, fit, np.zeros_like(codes)) is None


def test_shapes_are_checked() -> None:
    with pytest.raises(ShapeError):
        fit_logistic(np.ones((4, 1)), np.ones(3))
    with pytest.raises(ShapeError):
        fit_logistic(np.ones((4, 1)), np.ones(4), penalty=np.array([-1.0]))
