"""Fragility and its difference from the null must be found about 95 % of the time.

``pytest tests/property/test_fragility_coverage.py --log-cli-level=INFO`` prints the measured table.
The worlds and their exact truths: `parts.fragile_world`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pytest

from medtrust.metrics.adjusted_odds import adjusted_odds_ratio
from medtrust.metrics.fragility_null import NullComparison, against_null
from medtrust.metrics.intervals import Interval
from medtrust.metrics.logistic import expit
from medtrust.metrics.precision_interval import average_precision_interval
from medtrust.metrics.uncertainty_shift import standardised_difference
from parts.coverage import SEEDS, Regime, measured_coverage
from parts.fragile_world import COLLAPSE, SHUFFLE, Arm, FragileWorld, Truth, truth

logger = logging.getLogger(__name__)

# The same log odds in every arm: items are hard, and that is all.
HARD = Arm(-0.5, 1.5)


def compared(world: FragileWorld) -> NullComparison:
    return against_null(
        world.uncertainty, world.right, world.after, world.nulls, clusters=world.clusters
    )


def against(
    clusters: int,
    size: int,
    pick: Callable[[NullComparison, Truth], tuple[Interval, float]],
    *,
    arm: Arm = COLLAPSE,
    null: Arm = SHUFFLE,
    null_arms: int = 2,
) -> Regime:
    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        world = FragileWorld.draw(
            rng, clusters=clusters, size=size, arm=arm, null=null, null_arms=null_arms
        )
        return pick(compared(world), truth(arm, null))

    return draw


def difference(found: NullComparison, known: Truth) -> tuple[Interval, float]:
    return found.difference.interval, known.difference


def discordant(found: NullComparison, known: Truth) -> tuple[Interval, float]:
    return found.discordant, known.discordant


def d_z(clusters: int, size: int, mean: float) -> Regime:
    """Skewed differences with a cluster effect."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = np.repeat(np.arange(clusters), size)
        shared = rng.normal(size=clusters)[codes] * 0.5
        change = mean + shared + rng.gamma(4.0, 0.5, size=codes.size) - 2.0
        return standardised_difference(change, clusters=codes), mean / np.sqrt(1.25)

    return draw


def odds(clusters: int, size: int) -> Regime:
    """Three modalities of different collapse; 0.7 log odds per unit within them."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = np.repeat(np.arange(clusters), size)
        modality = rng.integers(0, 3, size=codes.size)
        score = rng.normal(size=clusters)[codes] + rng.normal(size=codes.size) + modality
        outcome = rng.random(codes.size) < expit(-1.5 + 0.7 * score + 0.5 * modality)
        found = adjusted_odds_ratio(score, outcome, effects=[modality], clusters=codes)
        assert found.standard_deviation is not None
        return found.odds_ratio, float(np.exp(0.7 * found.standard_deviation))

    return draw


def precision(clusters: int, size: int) -> Regime:
    """Average precision of `COLLAPSE`, whose truth is added up over a grid."""
    grid = np.linspace(-8.0, 8.0, 8_001)
    weight = np.exp(-np.square(grid) / 2.0) * expit(1.0 - grid)
    falls = weight * expit(COLLAPSE.strength + COLLAPSE.slope * grid)
    above, every = np.cumsum(falls[::-1])[::-1], np.cumsum(weight[::-1])[::-1]
    expected = float(np.sum(falls * above / every) / falls.sum())

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        world = FragileWorld.draw(rng, clusters=clusters, size=size)
        kept = world.right
        found = average_precision_interval(
            world.uncertainty[kept], ~world.after[kept], clusters=world.clusters[kept]
        )
        return found, expected

    return draw


NOMINAL: dict[str, Regime] = {
    "difference n=400, one null arm": against(400, 1, difference, null_arms=1),
    "difference k=60 of 5": against(60, 5, difference),
    "difference k=80 of 3, four null arms": against(80, 3, difference, null_arms=4),
    "discordant 0.5 at other strength": against(
        200, 2, discordant, arm=Arm(0.0, 1.5), null=Arm(-1.2, 1.5)
    ),
    "standardised shift 0.5 k=60 of 5": d_z(60, 5, 0.5),
    "adjusted odds k=150 of 4": odds(150, 4),
    "average precision k=150 of 4": precision(150, 4),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOMINAL)
def test_intervals_of_fragility_hold_at_their_nominal_level(name: str) -> None:
    assert 0.93 <= measured_coverage(name, NOMINAL[name]) <= 0.97


@pytest.mark.slow
def test_hard_items_alone_are_called_fragile_about_as_often_as_the_level_says() -> None:
    rejected, covered = 0, 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        world = FragileWorld.draw(rng, clusters=120, size=2, arm=HARD, null=HARD)
        found = compared(world).difference
        assert found.p_value is not None
        assert found.interval.low is not None
        assert found.interval.high is not None
        rejected += found.p_value <= 0.05
        covered += found.interval.low <= 0.0 <= found.interval.high
    logger.info("| hard items only, false positives at 5 %% | %.1f %% |", 100 * rejected / SEEDS)
    assert 0.03 <= rejected / SEEDS <= 0.07
    assert 0.93 <= covered / SEEDS <= 0.97
