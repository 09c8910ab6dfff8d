from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.fragility import ALL_COLLAPSED, NOTHING_COLLAPSED
from medtrust.metrics.fragility_null import (
    ALL_FLIPPED,
    NO_DISCORDANCE,
    NOTHING_FLIPPED,
    OTHERS,
    NullComparison,
    against_null,
)
from medtrust.metrics.perturbation import NOTHING_WAS_RIGHT
from medtrust.metrics.ranking import auroc
from medtrust.metrics.ranking_intervals import (
    RANKED_ALIKE,
    TOO_FEW_OF_A_CLASS,
    auroc_difference,
    auroc_interval,
)
from parts.fragile_world import Arm, FragileWorld

HARD = Arm(-0.5, 1.5)


def compared(world: FragileWorld, **options: float) -> NullComparison:
    return against_null(
        world.uncertainty,
        world.right,
        world.after,
        world.nulls,
        clusters=world.clusters,
        **options,
    )


def drawn(seed: int = 0, **options: Arm | int) -> FragileWorld:
    sizes = {"clusters": 400, "size": 2, **options}
    return FragileWorld.draw(np.random.default_rng(seed), **sizes)  # type: ignore[arg-type]


def test_with_one_null_arm_it_is_the_difference_of_two_aurocs() -> None:
    world = drawn(null_arms=1)
    found = compared(world)
    kept = world.right
    expected = auroc_difference(
        world.uncertainty[kept],
        world.uncertainty[kept],
        ~world.after[kept],
        second_positive=~world.nulls[0][kept],
        clusters=world.clusters[kept],
    )
    assert found.difference == expected
    assert found.null == found.arms[0]
    assert found.conditional == auroc_interval(
        world.uncertainty[kept], ~world.after[kept], clusters=world.clusters[kept]
    )


def test_a_planted_fragility_beyond_the_null_is_found() -> None:
    world = drawn()
    found, truth = compared(world), world.truth()
    for interval, value in [
        (found.conditional, truth.conditional),
        (found.null, truth.null),
        (found.difference.interval, truth.difference),
        (found.discordant, truth.discordant),
    ]:
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low < value < interval.high
    assert found.difference.p_value is not None
    assert found.difference.p_value < 0.01
    assert found.discordant.low is not None
    assert found.discordant.low > 0.5


def test_items_that_are_hard_for_any_reason_show_no_difference() -> None:
    world = drawn(arm=HARD, null=HARD)
    found = compared(world)
    assert found.conditional.low is not None
    assert found.conditional.low > 0.6
    interval = found.difference.interval
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 0.0 < interval.high
    assert found.difference.p_value is not None
    assert found.difference.p_value > 0.05


def test_strength_alone_moves_the_auroc_but_not_the_discordant_one() -> None:
    """The same hardness under a strong and a weak perturbation, in a very large sample."""
    world = drawn(clusters=60_000, arm=Arm(0.0, 1.5), null=Arm(-3.0, 1.5), null_arms=1)
    found, truth = compared(world), world.truth()
    assert truth.difference == pytest.approx(-0.017, abs=0.004)
    assert found.difference.interval.high is not None
    assert found.difference.interval.high < 0.0
    assert truth.discordant == pytest.approx(0.5, abs=1e-9)
    assert found.discordant.low is not None
    assert found.discordant.high is not None
    assert found.discordant.low < 0.5 < found.discordant.high


def test_hardness_that_uncertainty_sees_dimly_is_still_no_fragility_of_its_own() -> None:
    rng = np.random.default_rng(5)
    hardness = rng.normal(scale=1.5, size=100_000)
    uncertainty = hardness + rng.normal(scale=1.5, size=100_000)
    right = np.ones(100_000)
    after = rng.random(100_000) > 1.0 / (1.0 + np.exp(0.5 - hardness))
    null = rng.random(100_000) > 1.0 / (1.0 + np.exp(2.5 - hardness))
    found = against_null(uncertainty, right, after, [null], level=0.999)
    assert found.conditional.low is not None
    assert found.conditional.low > 0.7
    assert found.discordant.low is not None
    assert found.discordant.high is not None
    assert 0.48 < found.discordant.low < 0.5 < found.discordant.high < 0.53


def test_the_null_is_the_mean_of_its_arms() -> None:
    world = drawn(null_arms=3)
    found = compared(world)
    kept = world.right
    each = [float(auroc(world.uncertainty[kept], ~null[kept]) or 0.0) for null in world.nulls]
    assert [arm.value for arm in found.arms] == pytest.approx(each)
    assert found.null.value == pytest.approx(np.mean(each))
    assert found.conditional.value is not None
    expected = found.conditional.value - np.mean(each)
    assert found.difference.interval.value == pytest.approx(expected)


def test_more_null_arms_make_the_null_better_known() -> None:
    one, many = compared(drawn(null_arms=1)), compared(drawn(null_arms=6))
    widths = [
        part.interval.high - part.interval.low
        for part in (one.difference, many.difference)
        if part.interval.high is not None and part.interval.low is not None
    ]
    assert widths[1] < widths[0]


def arms(n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Uncertainty, all right, and every third collapsed."""
    return np.random.default_rng(1).normal(size=n), np.ones(n), (np.arange(n) % 3 > 0) * 1.0


@pytest.mark.parametrize(
    ("null", "note"), [(np.ones(60), NOTHING_FLIPPED), (np.zeros(60), ALL_FLIPPED)]
)
def test_a_null_that_flips_nothing_or_everything_is_undefined(null: np.ndarray, note: str) -> None:
    score, right, after = arms()
    found = against_null(score, right, after, [null])
    assert found.conditional.low is not None
    assert (found.null.value, found.null.note) == (None, note)
    assert (found.difference.interval.value, found.difference.interval.note) == (None, note)
    assert found.difference.p_value is None
    assert found.null_rates[0].value == 1.0 - null[0]
    assert (found.discordant.value, found.discordant.note) == (None, NO_DISCORDANCE)


@pytest.mark.parametrize("flipped", [0, 3])
def test_null_arms_of_too_few_flips_are_left_out_and_counted(flipped: int) -> None:
    world = drawn(null_arms=1)
    scarce = world.right.copy()
    scarce[np.flatnonzero(world.right & world.after)[:flipped]] = False
    both = against_null(
        world.uncertainty,
        world.right,
        world.after,
        [scarce, world.nulls[0]],
        clusters=world.clusters,
    )
    alone = compared(world)
    assert both.null.value == alone.null.value
    assert both.difference.interval.low == alone.difference.interval.low
    assert both.null.note == f"1 of 2 null arms: {OTHERS}"
    assert both.arms[0].note == (TOO_FEW_OF_A_CLASS if flipped else NOTHING_FLIPPED)
    assert both.discordant.note == f"1 of 2 null arms: {OTHERS}"


@pytest.mark.parametrize(
    ("right", "after", "note"),
    [
        (np.ones(60), np.ones(60), NOTHING_COLLAPSED),
        (np.ones(60), np.zeros(60), ALL_COLLAPSED),
        (np.zeros(60), np.zeros(60), NOTHING_WAS_RIGHT),
    ],
)
def test_without_both_collapsed_and_held_there_is_nothing_to_compare(
    right: np.ndarray, after: np.ndarray, note: str
) -> None:
    found = against_null(arms()[0], right, after, [arms()[2]])
    assert (found.conditional.value, found.conditional.note) == (None, note)
    assert (found.difference.interval.value, found.difference.interval.note) == (None, note)


def test_few_flips_give_a_value_but_no_interval() -> None:
    score, right, after = arms()
    found = against_null(score, right, after, [np.arange(60) > 2])
    assert found.difference.interval.value is not None
    assert found.difference.interval.low is None
    assert found.difference.interval.note == TOO_FEW_OF_A_CLASS
    assert found.difference.p_value is None


def test_a_null_that_flips_exactly_what_collapses_leaves_nothing_to_compare() -> None:
    score, right, after = arms()
    found = against_null(score, right, after, [after])
    assert found.difference.interval.value == 0.0
    assert found.difference.interval.note == RANKED_ALIKE
    assert found.discordant.value is None


def test_a_null_arm_is_required() -> None:
    score, right, after = arms()
    with pytest.raises(ShapeError, match="at least one arm"):
        against_null(score, right, after, [])
