"""The intervals of the CARES metrics hold about 95 % of the time, over 2,000 fixed seeds.

The tables look like those of the suite: images with a few questions each, answers about one image
alike or not, an effect planted or not. ``pytest tests/property/test_cares_interval_coverage.py
--log-cli-level=INFO`` prints what was measured.
"""

from __future__ import annotations

import logging

import numpy as np
import pytest

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.averages import unweighted_mean
from medtrust.metrics.bounded_gap import bounded_gap
from medtrust.metrics.comparison import difference
from medtrust.metrics.gaps import GapTable, group_gap
from medtrust.metrics.intervals import Interval, rate, wilson
from medtrust.metrics.paired import paired_difference
from medtrust.metrics.ratio import ratio
from medtrust.metrics.slope import slope
from parts.coverage import SEEDS, Regime, measured_coverage

# Images per decade of age in HAM10000, 0 to 9, 10 to 19, ... 90 to 99; two questions on each.
IMAGES_BY_DECADE = np.array([23, 13, 42, 108, 230, 244, 157, 127, 54, 2])
logger = logging.getLogger(__name__)


def questions(rng: np.random.Generator, images: int) -> IntArray:
    """The image of each question; images have 2 to 7 questions, as in IU-Xray."""
    each = rng.choice([2, 3, 4, 5, 6, 7], size=images, p=[0.02, 0.13, 0.34, 0.48, 0.02, 0.01])
    return np.repeat(np.arange(images), each)


def outcomes(
    rng: np.random.Generator, share: float, correlation: float, images: IntArray
) -> BoolArray:
    """True with the given chance; two outcomes on one image correlate as asked."""
    chance = np.full(int(images[-1]) + 1, share)
    if correlation > 0.0:
        strength = (1.0 - correlation) / correlation
        chance = rng.beta(share * strength, (1.0 - share) * strength, size=chance.size)
    return np.asarray(rng.random(images.size) < chance[images])


def confidence(
    measure: str, sure_when_right: float, sure_when_wrong: float, correlation: float
) -> Regime:
    """Accuracy 0.66; the model says it is sure more often when it is right, or just as often."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, 60)
        correct = outcomes(rng, 0.66, correlation, images)
        confident = np.where(
            correct,
            outcomes(rng, sure_when_right, correlation, images),
            outcomes(rng, sure_when_wrong, correlation, images),
        )
        if measure == "uncertainty accuracy":
            truth = 0.66 * sure_when_right + 0.34 * (1.0 - sure_when_wrong)
            return rate(confident == correct, clusters=images), truth
        return rate(confident & ~correct, clusters=images), 0.34 * sure_when_wrong

    return draw


def accuracy_change(drop: float, correlation: float) -> Regime:
    """A condition that turns some wrong answers right, and more right ones wrong."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, 80)
        before = outcomes(rng, 0.6, correlation, images)
        lost = outcomes(rng, (drop + 0.4 * 0.15) / 0.6, correlation, images)
        won = outcomes(rng, 0.15, correlation, images)
        after = np.where(before, ~lost, won)
        found = paired_difference(before, after, clusters=images, rng=rng, draws=1)
        return found.interval, -drop

    return draw


def toxicity_gap(planted: float, correlation: float) -> Regime:
    """Most answers have no toxicity at all; every fifth answer is refused, whatever it says."""

    def scores(rng: np.random.Generator, share: float, images: IntArray) -> FloatArray:
        toxic = outcomes(rng, share, correlation, images)
        found = np.where(toxic, rng.beta(2.0, 3.0, size=images.size), 0.0)
        return np.where(rng.random(images.size) < 0.2, np.nan, found)

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, 100)
        before, after = scores(rng, 0.3, images), scores(rng, 0.3 + planted / 0.4, images)
        found = bounded_gap(before, after, clusters=images, rng=rng, draws=1)
        return found.paired.interval, planted

    return draw


def two_groups(compare: str, first: float, second: float, spread: float) -> Regime:
    """Both groups have questions about the same images, which are easy or hard for both."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, 60), questions(rng, 60)
        ease = rng.uniform(-spread, spread, size=60)
        one, two = (
            rng.random(codes.size) < share + ease[codes]
            for share, codes in zip((first, second), images, strict=True)
        )
        function, truth = (
            (difference, first - second) if compare == "difference" else (ratio, first / second)
        )
        return function(one, two, clusters_first=images[0], clusters_second=images[1]), truth

    return draw


def leaderboard_average(shares: tuple[float, ...], correlation: float) -> Regime:
    """Four data sets of 30, 60, 120 and 240 images."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        parts = []
        for share, size in zip(shares, (30, 60, 120, 240), strict=True):
            images = questions(rng, size)
            parts.append(rate(outcomes(rng, share, correlation, images), clusters=images))
        return unweighted_mean(parts), float(np.mean(shares))

    return draw


def judge_length_slope(per_doubling: float, shared: float, growth: float) -> Regime:
    """Judge scores in steps of 0.1; answers on one image have alike lengths and alike scores.

    Scores scatter more with every doubling, by the factor given.
    """

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, 60)
        doublings = shared * rng.normal(size=60)[images] + rng.normal(size=images.size)
        noise = shared * rng.uniform(-0.2, 0.2, size=60)[images]
        noise = noise + rng.integers(-2, 3, size=images.size) / 10.0
        scores = 0.5 + per_doubling * doublings + noise * growth**doublings
        return slope(5.0 + doublings, scores, clusters=images), per_doubling

    return draw


def abstention(share: float, images_in_all: int, correlation: float) -> Regime:
    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, images_in_all)
        return rate(outcomes(rng, share, correlation, images), clusters=images), share

    return draw


# 93 to 97 %: the tables that the suite makes.
NOMINAL: dict[str, Regime] = {
    "uncertainty accuracy, sure at random, icc=0": confidence(
        "uncertainty accuracy", 0.7, 0.7, 0.0
    ),
    "uncertainty accuracy, sure at random, icc=0.3": confidence(
        "uncertainty accuracy", 0.7, 0.7, 0.3
    ),
    "uncertainty accuracy, sure when right, icc=0": confidence(
        "uncertainty accuracy", 0.9, 0.5, 0.0
    ),
    "uncertainty accuracy, sure when right, icc=0.3": confidence(
        "uncertainty accuracy", 0.9, 0.5, 0.3
    ),
    "over-confident ratio, sure at random, icc=0": confidence("over-confident", 0.7, 0.7, 0.0),
    "over-confident ratio, sure at random, icc=0.3": confidence("over-confident", 0.7, 0.7, 0.3),
    "over-confident ratio, sure when right, icc=0.3": confidence("over-confident", 0.9, 0.5, 0.3),
    "accuracy change 0, icc=0": accuracy_change(0.0, 0.0),
    "accuracy change 0, icc=0.3": accuracy_change(0.0, 0.3),
    "accuracy change -0.1, icc=0": accuracy_change(0.1, 0.0),
    "accuracy change -0.1, icc=0.3": accuracy_change(0.1, 0.3),
    "toxicity gap 0, icc=0": toxicity_gap(0.0, 0.0),
    "toxicity gap 0, icc=0.3": toxicity_gap(0.0, 0.3),
    "toxicity gap 0.15, icc=0": toxicity_gap(0.15, 0.0),
    "toxicity gap 0.15, icc=0.3": toxicity_gap(0.15, 0.3),
    "group difference 0, icc=0": two_groups("difference", 0.6, 0.6, 0.0),
    "group difference 0, images easy or hard": two_groups("difference", 0.6, 0.6, 0.3),
    "group difference 0.15, images easy or hard": two_groups("difference", 0.7, 0.55, 0.3),
    "group ratio 1, icc=0": two_groups("ratio", 0.3, 0.3, 0.0),
    "group ratio 1, images easy or hard": two_groups("ratio", 0.3, 0.3, 0.2),
    "group ratio 1.75, images easy or hard": two_groups("ratio", 0.7, 0.4, 0.3),
    "average of 4 data sets, icc=0": leaderboard_average((0.67, 0.25, 0.36, 0.5), 0.0),
    "average of 4 data sets, icc=0.3": leaderboard_average((0.67, 0.25, 0.36, 0.5), 0.3),
    "average of 4 data sets, one at 0.97, icc=0.3": leaderboard_average(
        (0.67, 0.25, 0.36, 0.97), 0.3
    ),
    "judge slope 0, icc=0": judge_length_slope(0.0, 0.0, 1.0),
    "judge slope 0, images differ": judge_length_slope(0.0, 1.0, 1.0),
    "judge slope 0.04, scatter grows": judge_length_slope(0.04, 0.0, 1.3),
    "judge slope 0.04, images differ, scatter grows": judge_length_slope(0.04, 1.0, 1.3),
}

# Near 0 and 1 few images hold a refusal, and from few such images nobody can see how alike the
# answers on one image are. The effective n then leans to the worst case, all answers on an image
# alike; where they are not, the interval is wider than it had to be and holds too often.
CONSERVATIVE: dict[str, Regime] = {
    "abstention 0.01, icc=0": abstention(0.01, 120, 0.0),
    "abstention 0.01, icc=0.3": abstention(0.01, 120, 0.3),
    "abstention 0.03, icc=0": abstention(0.03, 120, 0.0),
    "abstention 0.03, icc=0.3": abstention(0.03, 120, 0.3),
    "abstention 0.97, icc=0": abstention(0.97, 120, 0.0),
    "abstention 0.97, icc=0.3": abstention(0.97, 120, 0.3),
    "abstention 0.99, icc=0.3": abstention(0.99, 120, 0.3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOMINAL)
def test_intervals_of_cares_metrics_hold_at_their_level(name: str) -> None:
    assert 0.93 <= measured_coverage(name, NOMINAL[name]) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSERVATIVE)
def test_rates_near_the_ends_err_on_the_wide_side(name: str) -> None:
    assert measured_coverage(name, CONSERVATIVE[name]) >= 0.93


@pytest.mark.slow
def test_intervals_that_ignore_images_fail_the_same_test() -> None:
    def ignoring(rng: np.random.Generator) -> tuple[Interval, float]:
        images = questions(rng, 60)
        return rate(outcomes(rng, 0.66, 0.5, images)), 0.66

    assert measured_coverage("images ignored", ignoring) < 0.85


@pytest.mark.slow
def test_gaps_of_what_was_scored_are_wrong_when_the_worst_answers_are_refused() -> None:
    covered, bounded = 0, 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        before, after = rng.beta(2.0, 3.0, size=(2, 200))
        seen = np.where(rng.random(200) < after, np.nan, after)
        found = bounded_gap(before, seen, rng=rng, draws=1)
        ends = found.paired.interval
        assert ends.low is not None
        assert ends.high is not None
        assert found.low is not None
        assert found.high is not None
        covered += ends.low <= 0.0 <= ends.high
        bounded += found.low <= 0.0 <= found.high
    logger.info("| paired toxicity gap, refused for toxicity | %.1f %% |", 100 * covered / SEEDS)
    logger.info("| bounds of that gap | %.1f %% |", 100 * bounded / SEEDS)
    assert covered / SEEDS < 0.5
    assert bounded == SEEDS


def test_independent_rates_fall_short_only_where_few_cases_are_expected() -> None:
    """Wilson's known weak spots, by exact binomial sums: one refusal where a fifth was expected.

    On images with one question each (OL3I) a rate is held too seldom at a few spots: in 84 % of
    samples where just under 0.18 cases are expected, 90 % at 0.54, 92 % at 1.0, 92.8 % at 1.6. All
    those misses are lower ends a little too high; the upper end, which says how rare abstention
    surely is, holds everywhere. Several questions per image take this away, because the effective
    n then leans to the wide side.
    """
    from scipy.stats import binom

    n = 1_000
    ends = np.array([wilson(hits / n, n, level=0.95) for hits in range(n + 1)])
    lower, upper, hits = ends[:, 0], ends[:, 1], np.arange(n + 1)

    def chance(expected: float, holds: BoolArray) -> float:
        return float(binom.pmf(hits, n, expected / n)[holds].sum())

    covered = {
        expected: chance(expected, (lower <= expected / n) & (expected / n <= upper))
        for expected in np.arange(0.01, 20.0, 0.01)
    }
    assert min(covered.values()) == pytest.approx(0.84, abs=0.005)
    assert min(value for expected, value in covered.items() if expected >= 1.6) >= 0.928
    assert np.mean([value for expected, value in covered.items() if expected >= 1.6]) >= 0.945
    assert min(chance(expected, expected / n <= upper) for expected in covered) >= 0.974


def decades(
    rng: np.random.Generator,
    accuracy: float,
    correlation: float,
    *,
    minimum_n: int,
    draws: int,
    loss_from_sixty_on: float = 0.0,
) -> GapTable:
    """Accuracy by decade of age on HAM10000's images; the same for all ages if nothing is lost."""
    decade = np.repeat(np.arange(10), IMAGES_BY_DECADE)
    images = np.repeat(np.arange(decade.size), 2)
    correct = outcomes(rng, accuracy, correlation, images)
    groups = decade[images]
    correct &= ~((groups >= 6) & (rng.random(images.size) < loss_from_sixty_on))
    return group_gap(correct, groups, rng=rng, clusters=images, draws=draws, minimum_n=minimum_n)


@pytest.mark.slow
@pytest.mark.parametrize(("minimum_n", "correlation"), [(5, 0.0), (5, 0.3), (30, 0.3)])
def test_a_fair_model_is_called_unfair_about_as_often_as_it_should(
    minimum_n: int, correlation: float
) -> None:
    p_values = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        found = decades(rng, 0.35, correlation, minimum_n=minimum_n, draws=99).p_value
        assert found is not None
        p_values.append(found)
    rejected = float(np.mean(np.array(p_values) <= 0.05))
    middle = float(np.mean(np.array(p_values) <= 0.5))
    name = f"fair decades called unfair, icc={correlation}, n >= {minimum_n}"
    logger.info("| %s | %.1f %% at 5 %%, %.1f %% at 50 %% |", name, 100 * rejected, 100 * middle)
    assert 0.03 <= rejected <= 0.07
    assert 0.46 <= middle <= 0.54


@pytest.mark.slow
def test_a_model_that_serves_the_elderly_worse_is_found() -> None:
    # 21 points over eight decades; half as many are found in a third of the tables only, because
    # the largest gap of many small groups is mostly noise. Two wide age bands find those too.
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        table = decades(rng, 0.35, 0.3, minimum_n=30, draws=99, loss_from_sixty_on=0.6)
        assert table.p_value is not None
        found.append(table.p_value <= 0.05)
    logger.info("| 21 points lost from 60 on, found | %.1f %% |", 100 * np.mean(found))
    assert np.mean(found) > 0.8


@pytest.mark.parametrize(
    ("accuracy", "minimum_n", "points"),
    [(0.5, 5, 16.0), (0.35, 5, 15.2), (0.35, 30, 11.9), (0.35, 1, 28.2)],
)
def test_a_fair_model_shows_the_published_spread_between_decades(
    accuracy: float, minimum_n: int, points: float
) -> None:
    """16 points: accuracy 0.5, decades 0 to 80, independent answers (the 90s have 2 images)."""
    floors = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = decades(rng, accuracy, 0.0, minimum_n=minimum_n, draws=1_000)
        assert found.noise_floor is not None
        floors.append(100.0 * found.noise_floor)
    logger.info("accuracy %s, n >= %s: %.2f points", accuracy, minimum_n, np.mean(floors))
    assert np.mean(floors) == pytest.approx(points, abs=0.5)
