from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.intervals import rate
from medtrust.metrics.quadrants import (
    DANGEROUS,
    FRAGILE,
    IDEAL,
    LEFT_OUT,
    NOTHING_READ,
    QUADRANTS,
    WORST,
    quadrant_codes,
    quadrants,
)


def test_the_four_quadrants_by_hand() -> None:
    clean = [0, 0, 0, 0]
    variants = [[0, 0], [0, 1], [0, 0], [1, 0]]
    blank = [2, 2, 0, 0]
    codes = quadrant_codes(clean, variants, blank)
    assert codes.tolist() == [IDEAL, FRAGILE, DANGEROUS, WORST]


def test_an_unread_answer_is_another_answer_and_no_clean_answer_is_left_out() -> None:
    codes = quadrant_codes([1, 1, -1], [[-1], [1], [-1]], [1, -1, -1])
    assert codes.tolist() == [WORST, IDEAL, LEFT_OUT]


def world(n: int = 2_000) -> tuple[np.ndarray, ...]:
    """Half of the items ignore the image; those are more certain, and as often right."""
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 4, size=n)
    ignores = np.arange(n) % 2 == 0
    blank = np.where(ignores, clean, (clean + 1) % 4)
    wavers = rng.random(n) < 0.2
    variants = np.column_stack([clean, np.where(wavers, (clean + 2) % 4, clean)])
    uncertainty = rng.normal(size=n) - ignores
    correct = rng.random(n) < np.where(ignores, 0.9, 0.7)
    return clean, variants, blank, correct, uncertainty


def test_shares_accuracy_and_uncertainty_of_each_quadrant() -> None:
    clean, variants, blank, correct, uncertainty = world()
    found = quadrants(clean, variants, blank, correct=correct, uncertainty=uncertainty)
    shares = [group.share.value for group in found.groups.values()]
    assert list(found.groups) == list(QUADRANTS)
    assert shares == pytest.approx([0.4, 0.1, 0.4, 0.1], abs=0.02)
    assert sum(share for share in shares if share is not None) == pytest.approx(1.0)
    dangerous = found.groups["dangerous"]
    assert dangerous.accuracy is not None
    assert dangerous.accuracy.value == pytest.approx(0.9, abs=0.03)
    assert dangerous.uncertainty is not None
    assert dangerous.uncertainty.value == pytest.approx(-1.0, abs=0.1)
    assert found.consistent.value == pytest.approx(0.8, abs=0.02)
    assert found.reliant.value == 0.5


def test_a_confident_model_that_ignores_the_image_passes_uncertainty() -> None:
    clean, variants, blank, _, uncertainty = world()
    found = quadrants(clean, variants, blank, uncertainty=uncertainty).separation
    assert found is not None
    assert found.high is not None
    assert found.high < 0.5


def test_the_four_intervals_hold_together() -> None:
    clean, variants, blank, *_ = world()
    clusters = np.arange(2_000) // 4
    found = quadrants(clean, variants, blank, clusters=clusters)
    ideal = found.groups["ideal"].share
    alone = rate(found.codes == IDEAL, clusters=clusters, level=0.9875)
    assert (ideal.low, ideal.high, ideal.level) == (alone.low, alone.high, 0.95)
    assert ideal.method == "wilson-effective-n-bonferroni-4"


def test_bonferroni_intervals_miss_any_of_four_shares_in_few_of_many_samples() -> None:
    truth, missed = np.array([0.4, 0.1, 0.35, 0.15]), 0
    for seed in range(400):
        codes = np.random.default_rng(seed).choice(4, size=150, p=truth)
        clean, changed = np.zeros(150, dtype=np.int64), np.ones(150, dtype=np.int64)
        variants = np.where(np.isin(codes, [FRAGILE, WORST]), changed, clean)[:, None]
        blank = np.where(np.isin(codes, [IDEAL, FRAGILE]), changed, clean)
        found = quadrants(clean, variants, blank)
        assert found.codes.tolist() == codes.tolist()
        ends = [(group.share.low, group.share.high) for group in found.groups.values()]
        missed += any(
            low is None or high is None or not low <= share <= high
            for (low, high), share in zip(ends, truth, strict=True)
        )
    assert missed / 400 <= 0.07


def test_items_without_a_clean_answer_are_counted_not_judged() -> None:
    found = quadrants([-1, 0, 0], [[0], [0], [0]], [0, 0, 1])
    assert found.n_left_out == 1
    assert found.consistent.n == 2
    assert found.codes.tolist() == [LEFT_OUT, DANGEROUS, IDEAL]
    assert found.separation is None
    assert found.groups["ideal"].accuracy is None


def test_nothing_read_says_so() -> None:
    found = quadrants([-1, -1], [[0], [0]], [0, 0], uncertainty=[0.1, 0.2])
    assert (found.consistent.value, found.consistent.note) == (None, NOTHING_READ)
    assert found.separation is not None
    assert found.separation.value is None


def test_shapes_are_checked() -> None:
    with pytest.raises(ShapeError, match="p >= 1"):
        quadrant_codes([0], np.zeros((1, 0)), [0])
    with pytest.raises(ShapeError, match="p >= 1"):
        quadrant_codes([0, 1], [0, 1], [0, 1])
    with pytest.raises(ShapeError, match="differ in length"):
        quadrants([0, 1], [[0], [1]], [0])
