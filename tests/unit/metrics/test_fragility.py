from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from medtrust.core.errors import ShapeError
from medtrust.metrics.fragility import (
    ALL_COLLAPSED,
    NO_RESAMPLING,
    NOTHING_COLLAPSED,
    Fragility,
    fragility,
)
from medtrust.metrics.intervals import Interval
from medtrust.metrics.perturbation import NOTHING_WAS_RIGHT, collapse
from parts.fragile_world import FragileWorld


def planted(seed: int = 0) -> FragileWorld:
    return FragileWorld.draw(np.random.default_rng(seed), clusters=300, size=2)


def test_every_part_is_that_of_the_items_right_before() -> None:
    world = planted()
    found = fragility(world.uncertainty, world.right, world.after, clusters=world.clusters)
    score, fallen = world.uncertainty[world.right], ~world.after[world.right]
    assert found.base_rate == collapse(world.right, world.after, clusters=world.clusters)
    assert found.conditional.value == pytest.approx(roc_auc_score(fallen, score))
    assert found.average_precision.value == pytest.approx(average_precision_score(fallen, score))
    assert found.conditional.n == int(world.right.sum())
    assert found.unconditional.n == world.right.size
    assert found.unconditional.value == pytest.approx(
        roc_auc_score(~world.after, world.uncertainty)
    )


def test_a_planted_fragility_is_found_inside_the_interval() -> None:
    world = planted()
    found = fragility(world.uncertainty, world.right, world.after, clusters=world.clusters)
    assert found.conditional.low is not None
    assert found.conditional.high is not None
    assert 0.6 < found.conditional.low < world.truth().conditional < found.conditional.high


def test_items_wrong_both_times_inflate_only_the_unconditional_auroc() -> None:
    rng = np.random.default_rng(4)
    uncertainty = rng.normal(size=3_000)
    right = rng.random(3_000) < 1.0 / (1.0 + np.exp(2.0 * uncertainty))
    after = right & (rng.random(3_000) < 0.6)
    found = fragility(uncertainty, right, after)
    assert found.conditional.low is not None
    assert found.conditional.high is not None
    assert found.conditional.low < 0.5 < found.conditional.high
    assert found.unconditional.low is not None
    assert found.unconditional.low > 0.6


def test_uncertainty_in_perfect_order_rejects_perfectly() -> None:
    right = np.ones(60)
    after = (np.arange(60) < 40).astype(np.float64)
    found = fragility(np.arange(60.0), right, after, rng=np.random.default_rng(0))
    assert found.conditional.value == 1.0
    assert found.prediction_rejection_ratio.value == pytest.approx(1.0)
    assert found.average_precision.value == 1.0


def test_the_rejection_ratio_has_an_interval_when_there_is_a_generator() -> None:
    world = planted()
    silent = fragility(world.uncertainty, world.right, world.after, clusters=world.clusters)
    found = fragility(
        world.uncertainty,
        world.right,
        world.after,
        clusters=world.clusters,
        rng=np.random.default_rng(0),
    ).prediction_rejection_ratio
    assert silent.prediction_rejection_ratio.note == NO_RESAMPLING
    assert silent.prediction_rejection_ratio.value == pytest.approx(found.value)
    assert silent.prediction_rejection_ratio.n_clusters == found.n_clusters
    assert found.low is not None
    assert found.high is not None
    assert 0.0 < found.low < found.high < 1.0


@pytest.mark.parametrize(
    ("right", "after", "note", "rate"),
    [
        (1, 1, NOTHING_COLLAPSED, 0.0),
        (1, 0, ALL_COLLAPSED, 1.0),
        (0, 0, NOTHING_WAS_RIGHT, None),
    ],
)
def test_what_is_undefined_says_why(right: int, after: int, note: str, rate: float | None) -> None:
    found = fragility(np.arange(40.0), np.full(40, right), np.full(40, after))
    assert found.base_rate.value == rate
    for part in conditional_parts(found):
        assert (part.value, part.low, part.note) == (None, None, note)


def conditional_parts(found: Fragility) -> list[Interval]:
    return [found.conditional, found.average_precision, found.prediction_rejection_ratio]


def test_unrefined_input_is_refused() -> None:
    with pytest.raises(ShapeError, match="NaN"):
        fragility([np.nan, 0.1], [1, 1], [1, 0])
    with pytest.raises(ShapeError, match="differ in length"):
        fragility([0.2, 0.1], [1, 1], [1])
