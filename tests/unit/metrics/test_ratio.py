from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from statsmodels.stats.proportion import confint_proportions_2indep

from medtrust.core.errors import ShapeError
from medtrust.metrics.comparison import difference
from medtrust.metrics.intervals import rate
from medtrust.metrics.ratio import ratio

counts = st.tuples(st.integers(0, 30), st.integers(1, 30)).map(lambda pair: tuple(sorted(pair)))


def outcomes(hits_of_all: tuple[int, ...]) -> np.ndarray:
    return np.arange(hits_of_all[1]) < hits_of_all[0]


@pytest.mark.parametrize(
    ("first", "second"), [((56, 70), (48, 80)), ((9, 40), (30, 50)), ((3, 20), (19, 20))]
)
def test_ends_are_where_the_recovered_difference_touches_zero(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    one, two = rate(outcomes(first)), rate(outcomes(second))
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert two.value is not None
    assert two.low is not None
    assert two.high is not None
    p, q = one.value, two.value
    below, above = (p - one.low, two.high - q), (one.high - p, q - two.low)
    interval = ratio(outcomes(first), outcomes(second))
    low = brentq(lambda r: p - r * q - math.hypot(below[0], r * below[1]), 0.0, p / q)
    high = brentq(lambda r: p - r * q + math.hypot(above[0], r * above[1]), p / q, 1e3)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)
    assert interval.value == pytest.approx(p / q)
    assert interval.method == "ratio-of-wilson"


def test_ends_are_close_to_the_score_interval_of_statsmodels() -> None:
    first, second = (120, 400), (90, 500)
    expected = confint_proportions_2indep(*first, *second, compare="ratio", method="score")
    interval = ratio(outcomes(first), outcomes(second))
    assert (interval.low, interval.high) == pytest.approx(expected, rel=0.01)


@given(counts, counts)
def test_one_lies_inside_exactly_when_zero_lies_inside_the_difference(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    there = ratio(outcomes(first), outcomes(second))
    if there.value is None or there.low is None or there.high is None:
        assert second[0] == 0
        return
    assert 0.0 <= there.low <= there.value <= there.high
    gap = difference(outcomes(first), outcomes(second))
    assert gap.low is not None
    assert gap.high is not None
    if min(abs(gap.low), abs(gap.high)) > 1e-9:
        assert (there.low <= 1.0 <= there.high) == (gap.low <= 0.0 <= gap.high)


@given(counts, counts)
def test_ratio_turns_upside_down_with_the_order_of_groups(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    there, back = (
        ratio(outcomes(first), outcomes(second)),
        ratio(outcomes(second), outcomes(first)),
    )
    if there.value is None or back.value is None:
        return
    assert there.low is not None
    assert there.high is not None
    assert (back.low, back.value, back.high) == pytest.approx(
        (1.0 / there.high, 1.0 / there.value, 1.0 / there.low)
    )


def test_patients_on_both_sides_make_the_ratio_surer() -> None:
    rng = np.random.default_rng(4)
    ease = (rng.random(50) < 0.6)[:, None]
    one = np.where(ease, 0.9, 0.2) > rng.random((50, 6))
    two = np.where(ease, 0.9, 0.2) > rng.random((50, 6))
    codes = np.repeat(np.arange(50), 6)
    shared = ratio(one.ravel(), two.ravel(), clusters_first=codes, clusters_second=codes)
    apart = ratio(one.ravel(), two.ravel(), clusters_first=codes, clusters_second=codes + 50)
    assert shared.low is not None
    assert shared.high is not None
    assert apart.low is not None
    assert apart.high is not None
    assert shared.high - shared.low < 0.7 * (apart.high - apart.low)
    assert (shared.n_clusters, apart.n_clusters) == (50, 100)
    assert shared.method == "ratio-of-wilson-effective-n"


def test_identical_sides_still_have_a_width() -> None:
    values, codes = np.tile([True, False, True, False], 10), np.repeat(np.arange(20), 2)
    interval = ratio(values, values, clusters_first=codes, clusters_second=codes)
    assert interval.value == 1.0
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low < 1.0 < interval.high


def test_a_first_rate_of_zero_has_an_upper_end() -> None:
    interval = ratio(np.zeros(40, dtype=bool), outcomes((20, 40)))
    assert (interval.value, interval.low) == (0.0, 0.0)
    assert interval.high is not None
    assert 0.05 < interval.high < 0.4


def test_a_ratio_without_value_or_interval_says_why() -> None:
    nothing = ratio(outcomes((3, 9)), np.zeros(12, dtype=bool))
    assert (nothing.value, nothing.low, nothing.n) == (None, None, 21)
    assert nothing.note == "the second rate is 0: no ratio"
    empty = ratio(np.zeros(0, dtype=bool), np.array([True]))
    assert (empty.value, empty.note) == (None, "no samples")
    one = ratio(
        np.array([True, False]),
        np.array([True, False]),
        clusters_first=np.array([1, 1]),
        clusters_second=np.array([2, 3]),
    )
    assert (one.value, one.low, one.high) == (1.0, None, None)
    assert "one cluster" in one.note


def test_ratio_wants_clusters_of_both_groups() -> None:
    with pytest.raises(ShapeError, match="neither"):
        ratio(np.array([True]), np.array([True]), clusters_second=np.array([1]))
