from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from medtrust.metrics.adjusted_odds import (
    CONSTANT,
    FEW_CLUSTERS,
    ONE_OUTCOME,
    SEPARATED,
    adjusted_odds_ratio,
)
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.logistic import expit


def world(
    slope: float, between: float, *, n: int = 1_200, seed: int = 0
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Three modalities that differ in both uncertainty and collapse; slope within each."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(n // 3), 3)
    modality = rng.integers(0, 3, size=n)
    within = rng.normal(size=n)
    outcome = rng.random(n) < expit(-0.5 + slope * within + between * (modality - 1.0))
    return within + between * modality, outcome.astype(np.float64), modality, codes


def test_a_slope_within_modalities_is_found() -> None:
    score, outcome, modality, codes = world(0.8, 1.5)
    found = adjusted_odds_ratio(score, outcome, effects=[modality], clusters=codes)
    assert found.standard_deviation == pytest.approx(score.std())
    assert found.odds_ratio.low is not None
    assert found.odds_ratio.high is not None
    truth = math.exp(0.8 * score.std())
    assert found.odds_ratio.low < truth < found.odds_ratio.high
    assert found.p_value is not None
    assert found.p_value < 0.001


def test_uncertainty_that_only_knows_the_modality_is_told_apart() -> None:
    score, outcome, modality, codes = world(0.0, 1.5)
    plain = adjusted_odds_ratio(score, outcome, clusters=codes)
    adjusted = adjusted_odds_ratio(score, outcome, effects=[modality], clusters=codes)
    assert plain.odds_ratio.low is not None
    assert plain.odds_ratio.low > 1.5
    assert adjusted.odds_ratio.low is not None
    assert adjusted.odds_ratio.high is not None
    assert adjusted.odds_ratio.low < 1.0 < adjusted.odds_ratio.high


def test_ratio_ends_and_p_agree_with_statsmodels() -> None:
    score, outcome, modality, codes = world(0.3, 0.5, n=300)
    found = adjusted_odds_ratio(score, outcome, effects=[modality], clusters=codes)
    standard = (score - score.mean()) / score.std()
    design = np.column_stack([standard, np.ones(300), modality == 1, modality == 2])
    model = sm.GLM(outcome, design.astype(np.float64), family=sm.families.Binomial())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": codes}, tol=1e-12)
    half = stats.t.ppf(0.975, 99) * fit.bse[0]
    assert found.odds_ratio.value == pytest.approx(math.exp(fit.params[0]), rel=1e-5)
    assert found.odds_ratio.low == pytest.approx(math.exp(fit.params[0] - half), rel=1e-4)
    expected = 2 * stats.t.sf(abs(fit.params[0] / fit.bse[0]), 99)
    assert found.p_value == pytest.approx(expected, rel=1e-3)


def test_groups_of_one_outcome_are_left_out_and_counted() -> None:
    score, outcome, modality, _ = world(0.8, 0.0, n=600)
    outcome[modality == 2] = 1.0
    found = adjusted_odds_ratio(score, outcome, effects=[modality])
    kept = modality != 2
    alone = adjusted_odds_ratio(score[kept], outcome[kept], effects=[modality[kept]])
    assert found.n_left_out == int((~kept).sum())
    assert found.odds_ratio == alone.odds_ratio


@pytest.mark.parametrize(
    ("score", "outcome", "note"),
    [
        (np.arange(30.0), np.zeros(30), ONE_OUTCOME),
        (np.full(30, 0.3), np.arange(30) % 2, CONSTANT),
        (np.arange(30.0), np.arange(30) > 14, SEPARATED),
        (np.zeros(0), np.zeros(0), "no samples"),
    ],
)
def test_what_is_undefined_says_why(score: FloatArray, outcome: FloatArray, note: str) -> None:
    found = adjusted_odds_ratio(score, outcome)
    assert (found.odds_ratio.value, found.odds_ratio.note) == (None, note)
    assert found.p_value is None


def test_few_clusters_have_no_interval() -> None:
    score, outcome, _, codes = world(0.8, 0.0, n=300)
    found = adjusted_odds_ratio(score, outcome, clusters=codes % 10)
    assert found.odds_ratio.value is not None
    assert (found.odds_ratio.low, found.odds_ratio.note) == (None, FEW_CLUSTERS)
    assert found.p_value is None
