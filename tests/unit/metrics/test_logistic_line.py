from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from medtrust.metrics.logistic_line import logistic_line, slope_through_zero


@pytest.mark.parametrize("seed", range(30))
def test_the_line_is_where_the_loss_is_flat_whatever_the_tails_of_the_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 300))
    x = rng.standard_t(0.7, size=n)
    x = (x - x.mean()) / x.std()
    outcome = x > 0.0 if seed % 3 == 0 else rng.random(n) < expit(3.0 * x)
    target = np.where(outcome, 1.0 - 1.0 / (n + 2), 1.0 / (n + 2))
    slope, intercept = logistic_line(x, target)
    off = expit(slope * x + intercept) - target
    assert abs(off.sum()) < 1e-7 * n
    assert abs((off * x).sum()) < 1e-7 * n


def test_hard_outcomes_that_overlap_agree_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x = rng.standard_normal(500)
    x = (x - x.mean()) / x.std()
    outcome = (rng.random(500) < expit(1.2 * x - 0.4)).astype(np.float64)
    theirs = LogisticRegression(C=1e10, tol=1e-10, max_iter=1_000).fit(x[:, None], outcome)
    slope, intercept = logistic_line(x, outcome)
    assert slope == pytest.approx(float(theirs.coef_[0, 0]), rel=1e-4)
    assert intercept == pytest.approx(float(theirs.intercept_[0]), rel=1e-4)


def test_the_slope_through_zero_is_where_the_loss_is_flat_or_at_a_bound() -> None:
    rng = np.random.default_rng(1)
    x = 2.0 * rng.standard_normal(300)
    outcome = (rng.random(300) < expit(0.6 * x)).astype(np.float64)
    slope = slope_through_zero(x, outcome, (0.01, 100.0))
    assert 0.3 < slope < 1.0
    assert abs(x @ (expit(slope * x) - outcome)) < 1e-6
    assert slope_through_zero(x, 1.0 - outcome, (0.01, 100.0)) == 0.01
    assert slope_through_zero(x, (x > 0.0).astype(np.float64), (0.01, 100.0)) == 100.0
    assert slope_through_zero(np.zeros(3), np.array([0.0, 1.0, 1.0]), (0.01, 100.0)) == 1.0
