"""Intervals of pair metrics hold about 95 % of the time on MediConfusion's own components.

176 pairs lie in 60 components of shared images, and three of these hold 63 pairs. Planted set
accuracy and confusion, answers within a component alike or not, 2,000 fixed seeds. ``pytest
tests/property/test_pair_coverage.py --log-cli-level=INFO`` prints what was measured.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pytest

from medtrust.data.components import components
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.bootstrap import cluster_totals, resampled_totals
from medtrust.metrics.clusters import effective_size
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.pair_counts import identity_residual
from medtrust.metrics.paired import paired_difference
from medtrust.metrics.pairs import (
    below_random,
    confusion,
    individual_accuracy,
    precision,
    set_accuracy,
)

SEEDS: Final = 2_000
COMPONENTS: Final = np.array(
    [25, 20, 18, 8, 6, 5, 5, 5, 5, 4, 4, 3, 3, 3, 3, 3, 3] + [2] * 10 + [1] * 33
)
"""Pairs in each component of shared images of MediConfusion's data/dataset.json @40a8b41."""

CODES: Final = np.repeat(np.arange(COMPONENTS.size), COMPONENTS)
ALIKE: Final = 0.3
"""Correlation of the normal scores of two pairs of one component, where they are alike."""

Point: TypeAlias = tuple[float, float]
POINTS: Final[tuple[Point, ...]] = ((0.15, 0.80), (0.25, 0.50), (0.05, 0.90), (0.45, 0.30))
"""Planted set accuracy and confusion."""

METRICS: Final = ("set_accuracy", "individual_accuracy", "confusion", "precision")
logger = logging.getLogger(__name__)


def test_the_components_are_those_of_the_published_pairs(shared: Path) -> None:
    data = json.loads((shared / "data/mediconfusion/data/dataset.json").read_text("utf-8"))
    images = [(pair["im_1"], pair["im_2"]) for pair in data.values()]
    sizes = sorted(Counter(components(images)).values(), reverse=True)
    assert sizes == COMPONENTS.tolist()


def scores(rng: np.random.Generator, alike: float) -> FloatArray:
    """One uniform number per pair, those of a component correlated, shape (pairs,)."""
    from scipy.special import ndtr

    shared_part = rng.normal(size=COMPONENTS.size)[CODES]
    normal = np.sqrt(alike) * shared_part + np.sqrt(1.0 - alike) * rng.normal(size=CODES.size)
    return np.asarray(ndtr(normal))


def answers(rng: np.random.Generator, point: Point, alike: float) -> tuple[BoolArray, IntArray]:
    """Marks and answers, shape (pairs, 2): both right, none right or confused, by the score."""
    both, confused = point
    score = scores(rng, alike)
    gold = rng.integers(0, 2, CODES.size)
    golds = np.stack([gold, 1 - gold], axis=1)
    same = np.repeat(rng.integers(0, 2, CODES.size)[:, None], 2, axis=1)
    said = np.where((score < both)[:, None], golds, 1 - golds)
    said = np.where((score > 1.0 - confused)[:, None], same, said)
    return said == golds, said


@dataclass(frozen=True, slots=True)
class Coverage:
    """In per cent of the seeds.

    Attributes:
        held: How often the interval held the planted value.
        above: How often it lay above it, whole.
        below: How often it lay below it, whole.
    """

    held: float
    above: float
    below: float


def coverage_of(name: str, intervals: list[Interval], truth: float) -> Coverage:
    ends = [(found.low, found.high) for found in intervals]
    above = sum(low is not None and low > truth for low, _ in ends)
    below = sum(high is not None and high < truth for _, high in ends)
    assert all(low is not None and high is not None for low, high in ends)
    shares = [100.0 * count / len(ends) for count in (len(ends) - above - below, above, below)]
    logger.info("| %s | %.1f %% | above %.1f | below %.1f |", name, *shares)
    return Coverage(*shares)


@cache
def covered(point: Point, alike: float, *, clustered: bool = True) -> dict[str, Coverage]:
    """Coverage of all four metrics at a planted point."""
    found: dict[str, list[Interval]] = {metric: [] for metric in METRICS}
    codes = CODES if clustered else None
    for seed in range(SEEDS):
        correct, said = answers(np.random.default_rng(seed), point, alike)
        assert identity_residual(correct, said) == 0.0
        found["set_accuracy"].append(set_accuracy(correct, clusters=codes))
        found["individual_accuracy"].append(individual_accuracy(correct, clusters=codes))
        found["confusion"].append(confusion(said, clusters=codes))
        found["precision"].append(precision(correct, said, clusters=codes))
    both, confused = point
    truths = (both, both + confused / 2.0, confused, both / (1.0 - confused))
    return {
        metric: coverage_of(f"{metric} {point} alike={alike} {clustered=}", found[metric], truth)
        for metric, truth in zip(METRICS, truths, strict=True)
    }


# Wider than they had to be. Few components hold a pair of the rare kind, and from so few nobody can
# see how alike the pairs of a component are; the effective number of pairs then leans to its worst
# case, all pairs of a component alike. Precision has only 35 or 18 of the pairs for all of it.
RARE: Final = {
    ("set_accuracy", (0.15, 0.80)),
    ("set_accuracy", (0.05, 0.90)),
    ("individual_accuracy", (0.05, 0.90)),
    ("confusion", (0.05, 0.90)),
    ("precision", (0.15, 0.80)),
    ("precision", (0.05, 0.90)),
}


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("point", POINTS)
def test_rates_hold_at_their_level_where_pairs_of_a_component_are_alike(
    metric: str, point: Point
) -> None:
    found = covered(point, ALIKE)[metric]
    if (metric, point) in RARE:
        assert 96.5 <= found.held <= 99.5
    else:
        assert 93.0 <= found.held <= 97.0


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("point", POINTS)
def test_rates_of_independent_pairs_err_on_the_wide_side(metric: str, point: Point) -> None:
    """That answers are not alike has to be learnt from the answers, and costs width."""
    assert 96.5 <= covered(point, 0.0)[metric].held <= 99.5


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("point", POINTS)
def test_rates_of_pairs_known_to_be_independent_hold_at_their_level(
    metric: str, point: Point
) -> None:
    assert 93.0 <= covered(point, 0.0, clustered=False)[metric].held <= 97.0


@pytest.mark.slow
def test_what_makes_intervals_of_independent_pairs_wide_is_not_knowing_that_they_are() -> None:
    """The design effect is seen through few components, and one under 1 is not believed."""
    effects, losses = [], []
    for seed in range(SEEDS):
        correct, _ = answers(np.random.default_rng(seed), (0.25, 0.50), 0.0)
        size = effective_size(correct.min(axis=1).astype(np.float64), CODES)
        assert size is not None
        effects.append(size.design_effect)
        losses.append(CODES.size / size.n)
    logger.info(
        "design effect %.2f, pairs per effective pair %.2f", *map(np.mean, (effects, losses))
    )
    assert min(effects) >= 1.0
    assert 1.1 <= np.mean(effects) <= 1.3
    assert 1.3 <= np.mean(losses) <= 1.6


CHANGES: Final = {
    "set accuracy .45 to .20": (0.45, 0.6, 0.02 / 0.55),
    "set accuracy .15 to .25": (0.15, 0.2, 0.13 / 0.85),
    "confusion .3 to .6": (0.3, 0.1, 0.33 / 0.7),
    "confusion .5 to 1": (0.5, 0.0, 1.0),
    "set accuracy .25 stays": (0.25, 0.3, 0.1),
    "confusion .8 stays": (0.8, 0.05, 0.2),
}
"""Share in the clean arm, chance that it is lost in the other, chance that others are won."""

BALANCED: Final = {"set accuracy .25 stays", "confusion .8 stays"}
"""Losses and gains of a component cancel each other, so that it varies less than its pairs would;
less than independent pairs would is not believed, and few pairs changed at all."""


def change(rng: np.random.Generator, name: str, alike: float) -> Interval:
    """Pairs that count in the clean arm are lost in the other with a chance, others won."""
    before, lost, won = CHANGES[name]
    old, flips = scores(rng, alike) < before, scores(rng, alike)
    new = np.where(old, flips >= lost, flips < won)
    return paired_difference(old, new, clusters=CODES, rng=rng, draws=1).interval


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("alike", [0.0, ALIKE])
def test_changes_against_the_clean_arm_hold(name: str, alike: float) -> None:
    before, lost, won = CHANGES[name]
    intervals = [change(np.random.default_rng(seed), name, alike) for seed in range(SEEDS)]
    truth = (1.0 - before) * won - before * lost
    found = coverage_of(f"{name} {alike=}", intervals, truth)
    if alike and name not in BALANCED:
        assert 93.0 <= found.held <= 97.0
    else:
        assert 96.5 <= found.held <= 99.7


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.0, 0.1, ALIKE, 0.6])
def test_a_guesser_is_seldom_called_worse_than_guessing(alike: float) -> None:
    called, by_binomial = 0, 0
    for seed in range(SEEDS):
        correct, _ = answers(np.random.default_rng(seed), (0.25, 0.50), alike)
        found = below_random(correct, CODES)
        called += found.below is True
        assert found.p_if_independent is not None
        by_binomial += found.p_if_independent <= 0.025
    shares = [100.0 * count / SEEDS for count in (called, by_binomial)]
    logger.info("| called below guessing, alike=%s | %.2f %% | binomial %.2f %% |", alike, *shares)
    assert shares[0] <= 3.5
    if alike >= ALIKE:
        # independent pairs are taken for granted: wrong three to seven times as often as allowed
        assert shares[1] >= 7.5


def percentile_bootstrap(outcomes: BoolArray, rng: np.random.Generator) -> Interval:
    """Components drawn anew, 2.5 and 97.5 % of the shares drawn: the control that fails."""
    table = np.stack([outcomes.astype(np.float64), np.ones(outcomes.size)], axis=1)
    drawn = resampled_totals(cluster_totals(table, CODES), draws=400, rng=rng)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return Interval(
        float(outcomes.mean()), float(low), float(high), 0.95, "percentile", outcomes.size, 60
    )


@pytest.mark.slow
@pytest.mark.parametrize("point", [(0.15, 0.80), (0.05, 0.90)])
def test_a_percentile_bootstrap_over_components_holds_too_seldom(point: Point) -> None:
    """85 to 90 % where pairs of a component are very much alike; our intervals hold there."""
    drawn: dict[str, list[Interval]] = {"both": [], "same": []}
    ours: dict[str, list[Interval]] = {"both": [], "same": []}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        correct, said = answers(rng, point, 0.6)
        outcomes = {"both": correct.all(axis=1), "same": said[:, 0] == said[:, 1]}
        for name, outcome in outcomes.items():
            drawn[name].append(percentile_bootstrap(outcome, rng))
            ours[name].append(rate(outcome, clusters=CODES))
    for name, truth in zip(("both", "same"), point, strict=True):
        fails = coverage_of(f"percentile bootstrap, {name} {point}", drawn[name], truth)
        holds = coverage_of(f"effective n, {name} {point}", ours[name], truth)
        assert fails.held <= 91.0
        assert holds.held >= 95.0
        # it misses on the side of the rare kind: models look worse than they are
        assert max(fails.above, fails.below) >= 7.0
