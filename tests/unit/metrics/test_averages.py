from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.averages import unweighted_mean
from medtrust.metrics.intervals import Interval, rate

PART = Interval(0.6, 0.5, 0.8, 0.95, "wilson", 100, 40)


def test_mean_counts_every_part_once_and_its_distances_add_up_in_squares() -> None:
    other = Interval(0.2, 0.17, 0.24, 0.95, "wilson", 900, 900)
    found = unweighted_mean([PART, other])
    assert found.value == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - math.hypot(0.1, 0.03) / 2)
    assert found.high == pytest.approx(0.4 + math.hypot(0.2, 0.04) / 2)
    assert (found.n, found.n_clusters, found.level) == (1000, 940, 0.95)


def test_mean_of_one_part_is_that_part() -> None:
    found = unweighted_mean([PART])
    assert (found.value, found.low, found.high) == pytest.approx((0.6, 0.5, 0.8))


def test_the_published_factuality_average_of_seven_data_sets_is_their_plain_mean() -> None:
    # CARES, table 15, LLaVA-Med; the printed average is 40.39
    published = [0.6661, 0.4632, 0.3850, 0.3555, 0.3470, 0.3633, 0.2474]
    found = unweighted_mean([replace(PART, value=value) for value in published])
    assert found.value is not None
    assert round(100 * found.value, 2) == 40.39


def test_the_mean_lies_within_the_range_that_its_parts_allow() -> None:
    perfect, none = rate(np.ones(50)), rate(np.zeros(30))
    assert (one := unweighted_mean([perfect, perfect])).high == 1.0
    assert (zero := unweighted_mean([none, none])).low == 0.0
    assert one.low is not None
    assert zero.high is not None
    assert one.low > 0.9
    assert zero.high < 0.15


def test_a_missing_value_leaves_no_mean_and_says_how_many_are_missing() -> None:
    nothing = Interval(None, None, None, 0.95, "wilson", 0, 0, "no samples")
    found = unweighted_mean([PART, nothing, PART, nothing])
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 200)
    assert found.note == "2 of 4 parts have no value: no mean"


def test_a_missing_interval_leaves_the_value_alone() -> None:
    found = unweighted_mean([PART, replace(PART, low=None, high=None)])
    assert found.value == pytest.approx(0.6)
    assert (found.low, found.high) == (None, None)
    assert found.note == "1 of 2 parts have no interval: no interval"


def test_no_parts_are_no_samples() -> None:
    assert unweighted_mean([]).note == "no samples"


def test_intervals_of_different_levels_cannot_be_averaged() -> None:
    with pytest.raises(ShapeError, match=r"0\.95, 0\.9"):
        unweighted_mean([PART, replace(PART, level=0.9)])
