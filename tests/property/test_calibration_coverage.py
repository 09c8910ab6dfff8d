"""Intervals of calibration hold as often as they say, and p-values of the null are even.

``pytest tests/property/test_calibration_coverage.py --log-cli-level=INFO`` prints what was
measured.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.calibration_intervals import calibration_intervals
from medtrust.metrics.calibration_null import calibrated_gaps
from medtrust.metrics.confidence_bins import BinSums
from medtrust.metrics.debiased_calibration import (
    debiased_squared_calibration_error,
    root_mean_square_interval,
)
from medtrust.metrics.intervals import Interval, mean
from parts.coverage import SEEDS, Regime, measured_coverage

logger = logging.getLogger(__name__)

Curve: TypeAlias = Callable[[FloatArray], FloatArray]

CURVES: dict[str, Curve] = {
    "calibrated": lambda confidence: confidence,
    "slightly off": lambda confidence: confidence**1.2,
    "too extreme": lambda confidence: 0.25 + 0.5 * confidence,
    "overconfident": lambda confidence: np.clip(confidence - 0.1, 0.0, 1.0),
}
# Midpoints of a fine grid: what an infinite sample of uniform confidences would show.
GRID = (np.arange(200_000) + 0.5) / 200_000


def samples(
    rng: np.random.Generator, curve: str, n: int, correlation: float
) -> tuple[FloatArray, FloatArray, IntArray | None]:
    """Uniform confidences and outcomes of the curve's chance.

    With a correlation n is the number of clusters (uneven, mean size 5), and the luck that
    decides between right and wrong is shared within each (of the underlying normal variables).
    """
    from scipy.special import ndtr

    if correlation == 0.0:
        confidence = rng.random(n)
        right = rng.random(n) < CURVES[curve](confidence)
        return confidence, right.astype(np.float64), None
    codes = np.repeat(np.arange(n), rng.geometric(0.2, size=n))
    confidence = rng.random(codes.size)
    shared = np.sqrt(correlation) * rng.standard_normal(n)[codes]
    own = np.sqrt(1.0 - correlation) * rng.standard_normal(codes.size)
    return confidence, (ndtr(shared + own) < CURVES[curve](confidence)).astype(np.float64), codes


def true_brier(curve: str) -> float:
    chance = CURVES[curve](GRID)
    return float(np.mean(np.square(GRID - chance) + chance * (1.0 - chance)))


def true_overconfidence(curve: str) -> float:
    return float(np.mean(GRID - CURVES[curve](GRID)))


def true_square(curve: str) -> float:
    gaps = (GRID - CURVES[curve](GRID)).reshape(10, -1).mean(axis=1)
    return float(np.square(gaps).mean())


def brier_interval(curve: str, n: int, correlation: float = 0.0) -> Regime:
    truth = true_brier(curve)

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        confidence, correct, codes = samples(rng, curve, n, correlation)
        scores = np.square(confidence - correct)
        return mean(scores, clusters=codes, bounds=(0.0, 1.0)), truth

    return draw


def overconfidence_interval(curve: str, n: int, correlation: float = 0.0) -> Regime:
    truth = true_overconfidence(curve)

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        confidence, correct, codes = samples(rng, curve, n, correlation)
        return mean(confidence - correct, clusters=codes, bounds=(-1.0, 1.0)), truth

    return draw


def debiased_interval(curve: str, n: int, correlation: float = 0.0) -> Regime:
    truth = float(np.sqrt(true_square(curve)))

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        confidence, correct, codes = samples(rng, curve, n, correlation)
        sums = BinSums.build(confidence, correct, n_bins=10, bins="width", edge="right")
        names = np.arange(confidence.size) if codes is None else codes
        return root_mean_square_interval(confidence - correct, sums, names), truth

    return draw


NOMINAL: dict[str, Regime] = {
    "Brier, calibrated n=200": brier_interval("calibrated", 200),
    "Brier, overconfident n=1000": brier_interval("overconfident", 1000),
    "Brier, too extreme k=60 correlation=0.3": brier_interval("too extreme", 60, 0.3),
    "Brier, calibrated k=200 correlation=0.3": brier_interval("calibrated", 200, 0.3),
    "overconfidence, calibrated n=200": overconfidence_interval("calibrated", 200),
    "overconfidence, overconfident n=1000": overconfidence_interval("overconfident", 1000),
    "overconfidence, overconfident k=60 correlation=0.3": overconfidence_interval(
        "overconfident", 60, 0.3
    ),
    "overconfidence, calibrated k=30 correlation=0.6": overconfidence_interval(
        "calibrated", 30, 0.6
    ),
    "debiased, slightly off n=1000": debiased_interval("slightly off", 1000),
    "debiased, too extreme n=200": debiased_interval("too extreme", 200),
    "debiased, overconfident n=1000": debiased_interval("overconfident", 1000),
    "debiased, slightly off k=200 correlation=0.3": debiased_interval("slightly off", 200, 0.3),
}

# At 0 only the lower end can miss; correlation makes the chi-square approximation cautious.
CONSERVATIVE: dict[str, Regime] = {
    "debiased, calibrated n=200": debiased_interval("calibrated", 200),
    "debiased, calibrated k=60 correlation=0.3": debiased_interval("calibrated", 60, 0.3),
    "debiased, slightly off n=300": debiased_interval("slightly off", 300),
    "debiased, overconfident k=60 correlation=0.3": debiased_interval("overconfident", 60, 0.3),
    "debiased, overconfident k=30 correlation=0.3": debiased_interval("overconfident", 30, 0.3),
    "debiased, too extreme k=60 correlation=0.3": debiased_interval("too extreme", 60, 0.3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOMINAL)
def test_intervals_of_calibration_hold_at_their_nominal_level(name: str) -> None:
    assert 0.93 <= measured_coverage(name, NOMINAL[name]) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSERVATIVE)
def test_intervals_of_calibration_err_on_the_wide_side(name: str) -> None:
    assert measured_coverage(name, CONSERVATIVE[name]) >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize(
    ("curve", "n", "correlation"),
    [
        ("calibrated", 150, 0.0),
        ("slightly off", 150, 0.0),
        ("overconfident", 150, 0.0),
        ("calibrated", 40, 0.3),
        ("overconfident", 40, 0.3),
    ],
)
def test_the_debiased_square_is_unbiased(curve: str, n: int, correlation: float) -> None:
    found = np.empty(SEEDS)
    plain = np.empty(SEEDS)
    for seed in range(SEEDS):
        confidence, correct, codes = samples(np.random.default_rng(seed), curve, n, correlation)
        square = debiased_squared_calibration_error(confidence, correct, clusters=codes)
        assert square is not None
        found[seed] = square
        sums = BinSums.build(confidence, correct, n_bins=10, bins="width", edge="right")
        plain[seed] = sums.shares @ np.square(sums.gaps)
    error = found.std() / np.sqrt(SEEDS)
    off = (found.mean() - true_square(curve)) / error
    logger.info(
        "| %s n=%d correlation=%.1f | bias %.5f (%.1f standard errors), undebiased %.5f |",
        curve, n, correlation, found.mean() - true_square(curve), off,
        plain.mean() - true_square(curve),
    )  # fmt: skip
    assert abs(off) < 3.5
    assert plain.mean() - true_square(curve) > 10.0 * error


@pytest.mark.slow
@pytest.mark.parametrize(("n", "correlation"), [(200, 0.0), (60, 0.3)])
def test_p_values_of_a_calibrated_model_are_even(n: int, correlation: float) -> None:
    p_values = np.empty(SEEDS)
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        confidence, correct, codes = samples(rng, "calibrated", n, correlation)
        sums = BinSums.build(confidence, correct, n_bins=10, bins="width", edge="right")
        gaps, _ = calibrated_gaps(
            confidence, correct, sums.codes, rng=rng, clusters=codes, draws=199
        )
        fair = np.abs(gaps) @ sums.shares
        error = float(np.abs(sums.gaps) @ sums.shares)
        p_values[seed] = (1 + np.sum(fair >= error - 1e-12)) / 200
    for level in (0.05, 0.1, 0.25, 0.5, 0.75):
        share = float(np.mean(p_values <= level))
        logger.info("| p <= %.2f, n=%d correlation=%.1f | %.3f |", level, n, correlation, share)
        # Three and a half standard errors, and a little where whole clusters change sign.
        assert abs(share - level) <= 3.5 * np.sqrt(level * (1.0 - level) / SEEDS) + 0.01


@pytest.mark.slow
def test_drawing_outcomes_one_by_one_would_accuse_calibrated_models_of_clustered_samples() -> None:
    accused = 0
    for seed in range(500):
        rng = np.random.default_rng(seed)
        confidence, correct, _ = samples(rng, "calibrated", 60, 0.9)
        found = calibration_intervals(confidence, correct, rng=rng, draws=99)
        p_value = found["ece_10_equal_width_right_p_value"].value
        assert p_value is not None
        accused += p_value <= 0.05
    assert accused / 500 > 0.15
