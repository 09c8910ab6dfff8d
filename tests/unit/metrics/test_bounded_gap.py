from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.core.errors import ShapeError
from medtrust.metrics.bounded_gap import BoundedGap, bounded_gap

NAN = float("nan")
score = st.floats(0.0, 1.0)
score_or_none = st.one_of(score, st.just(NAN))
rows = st.lists(
    st.tuples(score_or_none, score_or_none, score, score, st.integers(0, 4)),
    min_size=1,
    max_size=30,
)


def gap(before: list[float], after: list[float]) -> BoundedGap:
    return bounded_gap(before, after, rng=np.random.default_rng(0), draws=50)


def test_bounds_put_the_worst_scores_where_none_are() -> None:
    found = gap([0.2, 0.4, NAN, NAN], [0.5, NAN, 0.3, NAN])
    # changes at least 0.3, -0.4, -0.7, -1 and at most 0.3, 0.6, 0.3, 1
    assert found.low == pytest.approx((0.3 - 0.4 - 0.7 - 1.0) / 4)
    assert found.high == pytest.approx((0.3 + 0.6 + 0.3 + 1.0) / 4)
    assert found.paired.interval.value == pytest.approx(0.3)
    assert found.unpaired == pytest.approx(0.4 - 0.3)
    assert found.paired.interval.n == found.n_both == 1
    assert (found.n_only_before, found.n_only_after, found.n_neither) == (1, 1, 1)


def test_refusing_the_worst_answers_fools_the_difference_of_means_only() -> None:
    found = gap([0.0, 0.1, 0.9, 0.8], [0.0, 0.1, NAN, NAN])
    assert found.unpaired == pytest.approx(-0.4)
    assert found.paired.interval.value == 0.0


def test_other_limits_widen_the_bounds() -> None:
    found = bounded_gap(
        [1.0, NAN], [10.0, 4.0], lowest=1.0, highest=10.0, rng=np.random.default_rng(0)
    )
    assert (found.low, found.high) == pytest.approx(((9.0 - 6.0) / 2, (9.0 + 3.0) / 2))


def test_an_interval_ends_where_no_change_can_lie() -> None:
    found = gap([0.0, 0.1], [0.9, 0.2]).paired.interval
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == (-1.0, 1.0)
    wide = bounded_gap([1.0, 2.0], [9.0, 3.0], lowest=1.0, highest=10.0,
                       rng=np.random.default_rng(0)).paired.interval  # fmt: skip
    assert (wide.low, wide.high) == (-9.0, 9.0)


def test_without_samples_there_is_nothing_to_say() -> None:
    found = gap([], [])
    assert (found.low, found.high, found.unpaired, found.n_neither) == (None, None, None, 0)
    assert found.paired.interval.note == "no samples"


def test_nothing_scored_on_a_side_leaves_bounds_only() -> None:
    found = gap([NAN, NAN], [0.2, 0.4])
    assert (found.low, found.high) == pytest.approx((-0.7, 0.3))
    assert found.unpaired is None
    assert (found.paired.interval.value, found.paired.p_value) == (None, None)


def test_clusters_of_what_was_scored_both_times_are_counted() -> None:
    found = bounded_gap(
        [0.1, 0.2, 0.3, 0.5],
        [0.4, 0.1, NAN, 0.4],
        clusters=np.array([3, 3, 5, 8]),
        rng=np.random.default_rng(0),
    )
    assert (found.paired.interval.n, found.paired.interval.n_clusters) == (3, 2)


@pytest.mark.parametrize(("changed", "warned"), [(19, True), (20, False)])
def test_an_interval_of_few_changes_warns_that_it_is_narrow(changed: int, *, warned: bool) -> None:
    before = np.full(200, 0.1)
    after = before + np.where(np.arange(200) < 2 * changed, 0.3, 0.0)
    found = bounded_gap(
        before, after, clusters=np.arange(200) // 2, rng=np.random.default_rng(0), draws=50
    )
    assert found.paired.interval.low is not None
    note = f"scores of only {changed} clusters changed: the interval is likely too narrow"
    assert found.paired.interval.note == (note if warned else "")


def test_outcomes_of_zero_and_one_need_no_such_warning() -> None:
    found = gap([0.0] * 50, [1.0] + [0.0] * 49)
    assert found.paired.interval.method == "bonett-price"
    assert found.paired.interval.note == ""


@given(rows)
def test_any_scores_in_place_of_the_missing_ones_keep_the_gap_within_the_bounds(
    table: list[tuple[float, float, float, float, int]],
) -> None:
    before, after, old, new, _ = (np.array(column) for column in zip(*table, strict=True))
    found = gap(list(before), list(after))
    filled = np.where(np.isnan(after), new, after) - np.where(np.isnan(before), old, before)
    assert found.low is not None
    assert found.high is not None
    assert -1.0 <= found.low <= filled.mean() + 1e-12
    assert filled.mean() - 1e-12 <= found.high <= 1.0
    missing = np.isnan(before).sum() + np.isnan(after).sum()
    assert found.high - found.low == pytest.approx(missing / before.size)


@given(rows)
def test_all_gaps_are_one_number_when_nothing_is_missing(
    table: list[tuple[float, float, float, float, int]],
) -> None:
    _, _, old, new, _ = zip(*table, strict=True)
    found = gap(list(old), list(new))
    assert found.low == found.high
    assert found.low == pytest.approx(found.paired.interval.value, abs=1e-12)
    assert found.low == pytest.approx(found.unpaired, abs=1e-12)
    assert found.n_both == len(old)


@given(rows)
def test_order_of_samples_and_names_of_clusters_do_not_matter(
    table: list[tuple[float, float, float, float, int]],
) -> None:
    before, after, _, _, codes = (np.array(column) for column in zip(*table, strict=True))
    order = np.random.default_rng(int(codes.sum())).permutation(before.size)
    rng = np.random.default_rng(0)
    there = bounded_gap(before, after, clusters=codes, rng=rng, draws=50)
    back = bounded_gap(before[order], after[order], clusters=9 - codes[order], rng=rng, draws=50)
    assert numbers(back) == pytest.approx(numbers(there), abs=1e-12, nan_ok=True)


@given(rows)
def test_swapping_before_and_after_turns_every_sign(
    table: list[tuple[float, float, float, float, int]],
) -> None:
    before, after, _, _, _ = (list(column) for column in zip(*table, strict=True))
    there, back = gap(before, after), gap(after, before)
    low, high, *others = numbers(there)
    ends = there.paired.interval
    turned = numbers(back)
    assert turned[:2] == pytest.approx([-high, -low], abs=1e-12)
    assert turned[2:4] == pytest.approx([-value for value in others[:2]], abs=1e-12, nan_ok=True)
    assert (there.n_only_before, there.n_only_after) == (back.n_only_after, back.n_only_before)
    if ends.low is not None and back.paired.interval.high is not None:
        assert back.paired.interval.high == pytest.approx(-ends.low, abs=1e-12)


def numbers(found: BoundedGap) -> list[float]:
    """Bounds, unpaired and paired difference with its ends; NaN for None."""
    ends = found.paired.interval
    listed = (found.low, found.high, found.unpaired, ends.value, ends.low, ends.high)
    return [NAN if number is None else number for number in listed]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([0.5, 1.5], [0.5, 0.5], "before holds a score outside"),
        ([0.5, 0.5], [0.5, -0.1], "after holds a score outside"),
        ([0.5, float("inf")], [0.5, 0.5], "outside"),
        ([0.5], [0.5, 0.5], "differ in length"),
        ([[0.5]], [0.5], "one dimension"),
        (["high"], [0.5], "must be numbers"),
    ],
)
def test_scores_that_cannot_be_are_named(
    before: list[float], after: list[float], message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        gap(before, after)


def test_limits_must_be_in_order() -> None:
    with pytest.raises(ShapeError, match="below"):
        bounded_gap([0.5], [0.5], lowest=1.0, highest=1.0, rng=np.random.default_rng(0))
