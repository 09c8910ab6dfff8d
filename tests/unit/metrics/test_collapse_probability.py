from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.brier_skill import brier_skill
from medtrust.metrics.collapse_model import CollapseModel
from medtrust.metrics.collapse_probability import (
    Method,
    cluster_folds,
    collapse_probability,
)
from medtrust.metrics.logistic import expit
from medtrust.metrics.perturbation import NOTHING_WAS_RIGHT
from medtrust.metrics.recalibration import cross_fitted
from parts.fragile_world import COLLAPSE, Arm, FragileWorld


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def true_chance(uncertainty: FloatArray) -> FloatArray:
    return expit(COLLAPSE.strength + COLLAPSE.slope * uncertainty)


@pytest.mark.parametrize("method", ["platt", "isotonic", "ridge"])
def test_the_planted_chance_of_collapse_is_recovered(method: Method) -> None:
    world = FragileWorld.draw(rng(), clusters=1_500, size=2)
    found = collapse_probability(
        world.uncertainty,
        world.right,
        world.after,
        rng=rng(1),
        method=method,
        clusters=world.clusters,
    )
    assert found.probability is not None
    assert found.rows.tolist() == np.flatnonzero(world.right).tolist()
    off = found.probability - true_chance(world.uncertainty[world.right])
    assert float(np.abs(off).mean()) < 0.05
    assert found.skill.low is not None
    assert found.skill.low > 0.15
    assert found.in_the_large.low is not None
    assert found.in_the_large.high is not None
    assert found.in_the_large.low < 0.0 < found.in_the_large.high
    debiased = found.calibration_error["ece_debiased_10_equal_mass"]
    assert debiased is not None
    assert debiased < 0.05
    assert found.model is not None
    new = np.array([-1.0, 0.0, 1.0])
    assert found.model.apply(new) == pytest.approx(true_chance(new), abs=0.1)


def test_uncertainty_that_knows_nothing_has_no_skill() -> None:
    world = FragileWorld.draw(rng(), clusters=500, size=2, arm=Arm(-0.5, 0.0))
    found = collapse_probability(world.uncertainty, world.right, world.after, rng=rng(1))
    assert found.skill.value is not None
    assert found.skill.value < 0.005
    assert found.skill.high is not None
    assert found.skill.high < 0.02


def test_two_uncertainties_know_more_than_either() -> None:
    source = rng()
    both = source.normal(size=(2_000, 2))
    after = source.random(2_000) > expit(both.sum(axis=1))
    right = np.ones(2_000)
    skills = [
        collapse_probability(columns, right, after, rng=rng(1), method="ridge").skill.value
        for columns in (both[:, 0], both[:, 1], both)
    ]
    assert skills[0] is not None
    assert skills[1] is not None
    assert skills[2] is not None
    assert skills[2] > max(skills[0], skills[1]) + 0.05
    assert collapse_probability(both, right, after, rng=rng(1)).skill.value == skills[2]


def test_no_case_learns_from_its_own_cluster() -> None:
    """Clusters share an outcome that uncertainty names but does not predict elsewhere."""
    source = rng()
    codes = np.repeat(np.arange(60), 10)
    uncertainty = source.permutation(60).astype(np.float64)[codes]
    after = (source.random(60) < 0.5)[codes]
    right = np.ones(600)
    honest = collapse_probability(
        uncertainty, right, after, rng=rng(1), method="isotonic", clusters=codes
    )
    leaking = collapse_probability(uncertainty, right, after, rng=rng(1), method="isotonic")
    assert honest.skill.value is not None
    assert leaking.skill.value is not None
    assert honest.skill.value < 0.05
    assert leaking.skill.value > honest.skill.value


def test_for_one_estimator_it_is_the_house_recalibration() -> None:
    world = FragileWorld.draw(rng(), clusters=200, size=2)
    kept = world.right
    found = collapse_probability(
        world.uncertainty, world.right, world.after, rng=rng(4), clusters=world.clusters
    )
    expected = cross_fitted(
        world.uncertainty[kept],
        ~world.after[kept],
        method="platt",
        rng=rng(4),
        clusters=world.clusters[kept],
        folds=5,
    )
    assert expected is not None
    assert found.probability == pytest.approx(expected)


def test_parts_hold_whole_clusters_each_item_once() -> None:
    codes = np.repeat(np.arange(23), rng().integers(1, 9, size=23))
    parts = list(cluster_folds(codes, folds=5, rng=rng(2)))
    assert np.sum(parts, axis=0).tolist() == [1] * codes.size
    for cluster in range(23):
        assert sum(bool(part[codes == cluster].any()) for part in parts) == 1
    sizes = [int(part.sum()) for part in parts]
    assert max(sizes) - min(sizes) <= 8


def test_brier_skill_by_hand() -> None:
    happened = np.tile([1.0, 0.0], 20)
    chance = np.tile([0.75, 0.25], 20)
    found = brier_skill(chance, happened, clusters=np.arange(40), rng=rng())
    assert found.value == pytest.approx(1.0 - 0.0625 / 0.25)


@pytest.mark.parametrize(
    ("right", "after", "note"),
    [
        (0, 0, NOTHING_WAS_RIGHT),
        (1, 1, "collapses in fewer than two samples: no calibration on other samples"),
        (1, 0, "answers that held in fewer than two samples: no calibration on other samples"),
    ],
)
def test_what_cannot_be_learned_says_why(right: int, after: int, note: str) -> None:
    found = collapse_probability(np.arange(30.0), np.full(30, right), np.full(30, after), rng=rng())
    assert (found.probability, found.note, found.skill.note) == (None, note, note)
    assert found.model is None
    assert found.calibration_error == {}


def test_a_model_without_collapses_says_a_small_chance_not_zero() -> None:
    model = CollapseModel.fit(np.arange(9.0), np.zeros(9))
    assert model.apply([4.0, 100.0]) == pytest.approx([0.05, 0.05])


def test_separated_collapses_give_a_finite_model() -> None:
    model = CollapseModel.fit(np.arange(40.0), np.arange(40) > 19)
    chances = model.apply([0.0, 39.0])
    assert 0.0 < chances[0] < 0.1
    assert 0.9 < chances[1] < 1.0


def test_columns_are_checked() -> None:
    model = CollapseModel.fit(np.zeros((4, 2)), [0, 1, 0, 1])
    assert model.apply(np.ones((3, 2))) == pytest.approx([0.5] * 3)
    with pytest.raises(ShapeError, match="2 columns"):
        model.apply(np.ones(3))
    with pytest.raises(ShapeError, match="NaN"):
        model.apply([[np.nan, 0.0]])
    with pytest.raises(ShapeError, match="one estimator"):
        collapse_probability(
            np.ones((4, 2)), np.ones(4), [0, 1, 0, 1], rng=rng(), method="isotonic"
        )
    with pytest.raises(ShapeError, match="at least one answer"):
        CollapseModel.fit(np.zeros(0), np.zeros(0))
