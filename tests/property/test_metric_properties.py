from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.metrics.classification import (
    accuracy,
    balanced_accuracy,
    constant_baselines,
    macro_f1,
    majority_baseline,
)
from medtrust.metrics.comparison import difference
from medtrust.metrics.gaps import group_gap
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.multiplicity import benjamini_hochberg, holm
from medtrust.metrics.paired import mcnemar_exact, paired_difference

samples = st.lists(st.tuples(st.booleans(), st.integers(-3, 12)), min_size=1, max_size=60)
p_values = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30)
labelled = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), min_size=1, max_size=50)


def parts(rows: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def assert_sound(interval: Interval, low: float, high: float) -> None:
    assert interval.value is not None
    assert (interval.low is None) == (interval.high is None)
    if interval.low is None or interval.high is None:
        assert interval.note
        return
    assert low <= interval.low <= interval.value <= interval.high <= high
    assert interval.low < interval.high


@given(samples)
def test_rate_is_ordered_within_zero_and_one_and_never_of_zero_width(
    rows: list[tuple[bool, int]],
) -> None:
    outcomes, clusters = parts(rows)
    assert_sound(rate(outcomes), 0.0, 1.0)
    assert_sound(rate(outcomes, clusters=clusters), 0.0, 1.0)


@given(samples)
def test_rate_depends_on_neither_the_order_nor_the_names_of_clusters(
    rows: list[tuple[bool, int]],
) -> None:
    outcomes, clusters = parts(rows)
    shuffled = np.random.default_rng(len(rows)).permutation(len(rows))
    one = rate(outcomes, clusters=clusters)
    two = rate(outcomes[shuffled], clusters=(-5 * clusters + 2)[shuffled])
    np.testing.assert_allclose(
        np.array([one.low, one.high], dtype=float), np.array([two.low, two.high], dtype=float)
    )


@given(samples)
def test_failures_mirror_successes(rows: list[tuple[bool, int]]) -> None:
    outcomes, clusters = parts(rows)
    hits, misses = rate(outcomes, clusters=clusters), rate(~outcomes, clusters=clusters)
    if hits.low is not None and misses.high is not None:
        assert abs(hits.low - (1.0 - misses.high)) < 1e-9


@given(samples)
def test_clusters_never_make_a_rate_surer(rows: list[tuple[bool, int]]) -> None:
    outcomes, clusters = parts(rows)
    alone, clustered = rate(outcomes), rate(outcomes, clusters=clusters)
    if alone.low is None or alone.high is None or clustered.low is None or clustered.high is None:
        return
    assert clustered.low <= alone.low + 1e-12
    assert clustered.high >= alone.high - 1e-12


@given(
    st.lists(st.tuples(st.integers(1, 10), st.integers(0, 8)), min_size=1, max_size=50),
    st.floats(-3.0, 3.0),
)
def test_mean_moves_with_its_values(rows: list[tuple[int, int]], shift: float) -> None:
    scores = np.array([float(row[0]) for row in rows])
    clusters = np.array([row[1] for row in rows])
    one, two = mean(scores, clusters=clusters), mean(scores + shift, clusters=clusters)
    assert one.value is not None
    assert two.value is not None
    assert abs(two.value - one.value - shift) < 1e-9
    assert_sound(mean(scores, clusters=clusters, bounds=(1.0, 10.0)), 1.0, 10.0)


@given(samples, samples)
def test_difference_is_sound_whether_or_not_clusters_are_shared(
    first: list[tuple[bool, int]], second: list[tuple[bool, int]]
) -> None:
    (one, codes_one), (two, codes_two) = parts(first), parts(second)
    assert_sound(difference(one, two), -1.0, 1.0)
    for offset in (0, 100):
        interval = difference(
            one, two, clusters_first=codes_one, clusters_second=codes_two + offset
        )
        assert_sound(interval, -1.0, 1.0)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 30)), min_size=1, max_size=60)
)
def test_paired_difference_is_sound_and_antisymmetric(
    rows: list[tuple[bool, bool, int]],
) -> None:
    before, after = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    clusters = np.array([row[2] for row in rows])
    there = paired_difference(
        before, after, clusters=clusters, rng=np.random.default_rng(0), draws=99
    )
    back = paired_difference(
        after, before, clusters=clusters, rng=np.random.default_rng(0), draws=99
    )
    assert_sound(there.interval, -1.0, 1.0)
    assert there.p_value == back.p_value
    if there.p_value is not None:
        assert 0.0 < there.p_value <= 1.0
    if there.interval.low is not None and back.interval.high is not None:
        assert abs(there.interval.low + back.interval.high) < 1e-9
    exact = mcnemar_exact(before, after)
    assert exact is not None
    assert 0.0 < exact <= 1.0


@given(p_values)
def test_adjusted_p_values_never_shrink_and_keep_their_order(values: list[float]) -> None:
    raw = np.array(values)
    order = np.argsort(raw, kind="stable")
    strict, loose = holm(raw), benjamini_hochberg(raw)
    for adjusted in (strict, loose):
        assert (adjusted >= raw).all()
        assert (adjusted <= 1.0).all()
        assert (np.diff(adjusted[order]) >= -1e-12).all()
    assert (strict >= loose - 1e-12).all()


@given(labelled)
def test_classification_lies_in_range_and_balanced_data_need_no_balancing(
    rows: list[tuple[int, int]],
) -> None:
    gold, predicted = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    for value in (
        accuracy(gold, predicted),
        balanced_accuracy(gold, predicted),
        macro_f1(gold, predicted),
    ):
        assert value is not None
        assert 0.0 <= value <= 1.0
    assert abs(constant_baselines(gold).sum() - 1.0) < 1e-12
    best = majority_baseline(gold)
    assert best is not None
    most_common = np.full_like(gold, np.bincount(gold).argmax())
    assert accuracy(gold, most_common) == best
    assert balanced_accuracy(gold, most_common) == 1.0 / np.unique(gold).size
    # every wrong label once for each right one: the same share of each label, so no re-weighting
    evened = np.arange(4).repeat(5)
    answers = np.resize(predicted, 20)
    plain, balanced = accuracy(evened, answers), balanced_accuracy(evened, answers)
    assert plain is not None
    assert balanced is not None
    assert abs(plain - balanced) < 1e-12


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 15)), min_size=1, max_size=80
    )
)
def test_gap_tables_are_sound(rows: list[tuple[bool, int, int]]) -> None:
    outcomes = np.array([row[0] for row in rows])
    groups = np.array([row[1] for row in rows])
    clusters = np.array([row[2] for row in rows])
    table = group_gap(
        outcomes, groups, clusters=clusters, rng=np.random.default_rng(0), draws=40, minimum_n=2
    )
    if table.gap is None:
        assert table.note
        return
    assert table.p_value is not None
    assert table.noise_floor is not None
    assert table.debiased_gap is not None
    assert 0.0 <= table.debiased_gap <= table.gap <= 1.0
    assert table.noise_floor >= 0.0
    assert 0.0 < table.p_value <= 1.0
