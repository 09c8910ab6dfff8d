"""Three worlds told apart: the method, the accuracy, or nothing drives the AUROC.

``pytest tests/property/test_study_worlds.py --log-cli-level=INFO`` prints the rates that stand in
docs/study.md.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import cache

import numpy as np
import pytest

from medtrust.metrics.random_effects import random_effects
from medtrust.metrics.two_way_effects import TwoWay, plain_shares, two_way_effects
from parts.study_worlds import METHODS, MODELS, World, draw

SEEDS = 100
ROWS = np.repeat(np.arange(MODELS), METHODS)
COLUMNS = np.tile(np.arange(METHODS), MODELS)
logger = logging.getLogger(__name__)


@cache
def worlds(world: World) -> tuple[list[TwoWay], list[dict[str, float]]]:
    """What is found in each seed, and what a plain analysis of variance finds."""
    found, plain = [], []
    for seed in range(SEEDS):
        table = draw(world, np.random.default_rng(seed))
        values, covariance = table.estimates()
        found.append(
            two_way_effects(
                values, covariance, rows=ROWS, columns=COLUMNS,
                covariate=1.0 - table.wrong.mean(axis=1),
            )
        )  # fmt: skip
        plain.append(plain_shares(values, rows=ROWS, columns=COLUMNS))
    return found, plain


def verdicts(world: World) -> Counter[tuple[str, ...]]:
    counted = Counter(
        tuple(name for name, p in one.tests().items() if p < 0.05) for one in worlds(world)[0]
    )
    logger.info("| %s | %s |", world, dict(counted))
    return counted


def test_where_the_method_drives_the_auroc_the_method_is_found_and_no_other() -> None:
    assert verdicts("method")["columns",] >= 0.93 * SEEDS


def test_where_the_accuracy_drives_the_auroc_the_accuracy_is_found_and_no_other() -> None:
    assert verdicts("accuracy")["covariate",] >= 0.93 * SEEDS


def test_where_nothing_drives_the_auroc_nothing_is_found() -> None:
    assert verdicts("nothing")[()] >= 0.93 * SEEDS


def test_where_nothing_differs_a_plain_analysis_of_variance_blames_the_model() -> None:
    shares = [one["rows"] for one in worlds("nothing")[1]]
    logger.info("plain share of the model where nothing differs: %.2f", np.mean(shares))
    assert np.mean(shares) > 0.6
    assert np.mean([one["rows"] > one["columns"] for one in worlds("nothing")[1]]) == 1.0


@pytest.mark.parametrize(("world", "slope"), [("accuracy", 0.3), ("method", 0.0), ("nothing", 0.0)])
def test_the_interval_of_the_slope_holds_the_true_one(world: World, slope: float) -> None:
    held = [
        one.rows.slope.low <= slope <= one.rows.slope.high
        for one in worlds(world)[0]
        if one.rows.slope is not None
        and one.rows.slope.low is not None
        and one.rows.slope.high is not None
    ]
    logger.info("slope in %s: %.3f", world, np.mean(held))
    assert len(held) == SEEDS
    assert np.mean(held) >= 0.9


def test_no_test_of_a_component_finds_more_than_its_level_where_nothing_differs() -> None:
    found = worlds("nothing")[0]
    rates = {
        "models": np.mean([one.rows.component.p_value < 0.05 for one in found]),  # type: ignore[operator]
        "slope": np.mean([one.rows.slope_p < 0.05 for one in found]),  # type: ignore[operator]
        "methods": np.mean([one.columns.component.p_value < 0.05 for one in found]),  # type: ignore[operator, union-attr]
        "interaction": np.mean([one.interaction.p_value < 0.05 for one in found]),  # type: ignore[operator, union-attr]
    }
    logger.info("sizes of tests: %s", rates)
    assert max(rates.values()) <= 0.11  # 0.05 and three standard errors of 100 seeds


@pytest.mark.parametrize("deviation", [0.0, 0.03, 0.1])
def test_intervals_of_mean_and_component_hold_the_truth(deviation: float) -> None:
    """Ten models whose errors of 0.04 correlate by 0.5, as those of shared items do."""
    errors = 0.04**2 * (0.5 * np.eye(10) + 0.5)
    held, seeds = Counter[str](), 1_000
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        true = rng.normal(0.7, deviation, 10)
        found = random_effects(rng.multivariate_normal(true, errors), errors)
        variance, mean = found.component.variance, found.mean
        assert variance.low is not None
        assert variance.high is not None
        assert mean.low is not None
        assert mean.high is not None
        held["component"] += variance.low <= deviation**2 <= variance.high
        held["mean"] += mean.low <= 0.7 <= mean.high
    logger.info("deviation %.2f: %s", deviation, {name: n / seeds for name, n in held.items()})
    assert held["mean"] >= 0.93 * seeds
    assert held["component"] >= 0.93 * seeds
    if deviation > 0.0:
        assert held["component"] <= 0.985 * seeds
