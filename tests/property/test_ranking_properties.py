"""What holds of AUROC and average precision for any scores: ranges, order, ties, weights."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.metrics.ranking import auroc, auroc_influence, average_precision
from medtrust.metrics.ranking_intervals import auroc_interval

ITEMS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=40)


@given(ITEMS)
def test_values_lie_in_their_ranges_or_are_undefined(items: list[tuple[int, bool]]) -> None:
    score, wrong = [row[0] for row in items], [row[1] for row in items]
    value, precision = auroc(score, wrong), average_precision(score, wrong)
    assert (value is None) == (len(set(wrong)) == 1)
    assert value is None or 0.0 <= value <= 1.0
    assert (precision is None) == (not any(wrong))
    assert precision is None or 0.0 < precision <= 1.0 + 1e-12


@given(ITEMS, st.randoms())
def test_the_order_of_items_leaves_no_trace(
    items: list[tuple[int, bool]], random: np.random.Generator
) -> None:
    mixed = items.copy()
    random.shuffle(mixed)
    columns = [([row[0] for row in rows], [row[1] for row in rows]) for rows in (items, mixed)]
    assert auroc(*columns[0]) == auroc(*columns[1])
    assert average_precision(*columns[0]) == average_precision(*columns[1])


@given(ITEMS)
def test_only_the_ranking_counts(items: list[tuple[int, bool]]) -> None:
    score, wrong = np.array([row[0] for row in items]), [row[1] for row in items]
    assert auroc(score, wrong) == auroc(np.exp(score) * 7.0 - 100.0, wrong)
    assert average_precision(score, wrong) == average_precision(np.exp(score), wrong)


@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), min_size=2, max_size=6))
def test_ties_are_the_mean_over_all_ways_to_break_them(items: list[tuple[int, bool]]) -> None:
    score, wrong = np.array([row[0] for row in items]), [row[1] for row in items]
    value = auroc(score, wrong)
    if value is None:
        return
    broken = [auroc(score + 0.01 * np.array(way), wrong) for way in permutations(range(len(items)))]
    assert value == pytest.approx(np.mean(np.array(broken, dtype=float)))


@given(ITEMS, st.integers(2, 5))
def test_influences_cancel_and_the_interval_holds_the_value(
    items: list[tuple[int, bool]], size: int
) -> None:
    score, wrong = [row[0] for row in items], [row[1] for row in items]
    clusters = np.arange(len(items)) // size
    assert auroc_influence(score, wrong, clusters=clusters).sum() == pytest.approx(0.0, abs=1e-12)
    result = auroc_interval(score, wrong)
    if result.low is not None and result.high is not None and result.value is not None:
        assert 0.0 <= result.low <= result.value <= result.high <= 1.0
        assert result.high > result.low
    else:
        assert result.note
