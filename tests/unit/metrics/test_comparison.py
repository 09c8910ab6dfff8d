from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from medtrust.core.errors import ShapeError
from medtrust.metrics.comparison import difference


@pytest.mark.parametrize(
    ("first", "second"), [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((0, 10), (0, 20))]
)
def test_difference_agrees_with_statsmodels_newcombe(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    interval = difference(
        np.arange(first[1]) < first[0],
        np.arange(second[1]) < second[0],
    )
    expected = confint_proportions_2indep(*first, *second, compare="diff", method="newcomb")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-10)
    assert interval.value == pytest.approx(first[0] / first[1] - second[0] / second[1])


def test_difference_reproduces_newcombes_published_example() -> None:
    # Newcombe 1998, table II, method 10, contrast (a): 56/70 - 48/80
    interval = difference(np.arange(70) < 56, np.arange(80) < 48)
    assert interval.low == pytest.approx(0.0524, abs=5e-5)
    assert interval.high == pytest.approx(0.3339, abs=5e-5)


def test_difference_changes_sign_with_the_order_of_groups() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.random(90) < 0.8, rng.random(60) < 0.6
    codes_one, codes_two = np.arange(90) // 3, 100 + np.arange(60) // 4
    there = difference(one, two, clusters_first=codes_one, clusters_second=codes_two)
    back = difference(two, one, clusters_first=codes_two, clusters_second=codes_one)
    assert there.low is not None
    assert there.high is not None
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    assert there.n_clusters == 45


def test_patients_on_both_sides_make_the_difference_surer() -> None:
    rng = np.random.default_rng(4)
    ease = (rng.random(50) < 0.6)[:, None]
    one = np.where(ease, 0.9, 0.2) > rng.random((50, 6))
    two = np.where(ease, 0.9, 0.2) > rng.random((50, 6))
    codes = np.repeat(np.arange(50), 6)
    shared = difference(one.ravel(), two.ravel(), clusters_first=codes, clusters_second=codes)
    apart = difference(one.ravel(), two.ravel(), clusters_first=codes, clusters_second=codes + 50)
    assert shared.low is not None
    assert shared.high is not None
    assert apart.low is not None
    assert apart.high is not None
    assert shared.high - shared.low < 0.7 * (apart.high - apart.low)
    assert (shared.n_clusters, apart.n_clusters) == (50, 100)


def test_identical_sides_still_have_a_width() -> None:
    outcomes = np.tile([True, False, True, False], 10)
    codes = np.repeat(np.arange(20), 2)
    interval = difference(outcomes, outcomes, clusters_first=codes, clusters_second=codes)
    assert interval.value == 0.0
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 0.0 < interval.high


def test_difference_without_an_interval_says_why() -> None:
    empty = difference(np.zeros(0, dtype=bool), np.array([True]))
    assert (empty.value, empty.note) == (None, "no samples")
    one = difference(
        np.array([True, False]),
        np.array([True, False]),
        clusters_first=np.array([1, 1]),
        clusters_second=np.array([2, 3]),
    )
    assert (one.value, one.low, one.high) == (0.0, None, None)
    assert "one cluster" in one.note


def test_difference_wants_clusters_of_both_groups() -> None:
    with pytest.raises(ShapeError, match="neither"):
        difference(np.array([True]), np.array([False]), clusters_first=np.array([1]))
