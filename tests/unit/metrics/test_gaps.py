from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics import gap_null
from medtrust.metrics.gaps import group_gap, standardised_gap


def test_gap_is_the_largest_minus_the_smallest_rate() -> None:
    groups = np.repeat([3, 5, 8], 40)
    outcomes = np.concatenate([np.arange(40) < hits for hits in (30, 20, 36)])
    table = group_gap(outcomes, groups, rng=np.random.default_rng(0), draws=500)
    assert table.gap == pytest.approx(0.4)
    assert (table.worst_group, table.best_group) == (5, 8)
    assert [row.interval.value for row in table.rows] == [0.75, 0.5, 0.9]
    assert table.p_value is not None
    assert table.p_value < 0.01
    assert table.gap is not None
    assert table.noise_floor is not None
    assert table.debiased_gap is not None
    assert 0.0 < table.debiased_gap < table.gap


def test_simultaneous_intervals_are_wider_than_the_groups_own() -> None:
    groups = np.repeat([0, 1, 2], 50)
    outcomes = np.tile([1.0, 0.0, 1.0, 1.0, 0.0], 30)
    for row in group_gap(outcomes, groups, rng=np.random.default_rng(0), draws=50).rows:
        assert row.interval.low is not None
        assert row.simultaneous.low is not None
        assert row.simultaneous.low < row.interval.low
        assert row.simultaneous.level == pytest.approx(0.95 ** (1 / 3))


def test_small_groups_are_listed_but_not_compared() -> None:
    groups = np.repeat([0, 1, 2], [50, 50, 29])
    outcomes = np.concatenate([np.arange(100) % 2 == 0, np.zeros(29, dtype=bool)])
    table = group_gap(outcomes, groups, rng=np.random.default_rng(0), draws=50)
    assert table.gap == 0.0
    assert table.worst_group is None
    assert table.rows[2].note == "too few to say (n < 30)"
    assert table.rows[2].compared is None
    assert table.rows[2].interval.value == 0.0


def test_unknown_groups_are_left_out_and_counted() -> None:
    groups = np.repeat([-1, 0, 1], 40)
    table = group_gap(np.arange(120) % 2, groups, rng=np.random.default_rng(0), draws=50)
    assert table.n_unknown == 40
    assert [row.group for row in table.rows] == [0, 1]


def test_one_group_has_no_gap() -> None:
    table = group_gap(np.arange(60) % 2, np.zeros(60, dtype=int), rng=np.random.default_rng(0))
    assert (table.gap, table.noise_floor, table.p_value) == (None, None, None)
    assert "fewer than two groups" in table.note


def test_a_group_of_one_patient_is_too_few_to_say() -> None:
    clusters = np.concatenate([np.zeros(50), np.arange(1, 51), np.arange(51, 101)]).astype(int)
    groups = np.repeat([0, 1, 2], 50)
    table = group_gap(
        np.arange(150) % 2, groups, clusters=clusters, rng=np.random.default_rng(0), draws=50
    )
    assert table.rows[0].note == "too few to say (one cluster)"
    assert table.gap is not None


def test_a_constant_answer_is_unfair_only_until_standardised() -> None:
    # 75 % against 60 % positives: always saying yes looks like a gap of 15 points
    groups = np.repeat([0, 1], 400)
    labels = np.concatenate([np.arange(400) < 300, np.arange(400) < 240]).astype(np.int64)
    outcomes = labels == 1
    raw = group_gap(outcomes, groups, rng=np.random.default_rng(0), draws=300)
    fair = standardised_gap(outcomes, groups, labels, rng=np.random.default_rng(0), draws=300)
    assert raw.gap == pytest.approx(0.15)
    assert raw.p_value is not None
    assert raw.p_value < 0.01
    assert fair.gap == pytest.approx(0.0, abs=1e-12)
    assert fair.p_value == 1.0
    assert fair.worst_group is None


def test_standardised_rates_weigh_labels_by_their_overall_share() -> None:
    # 60 % of all samples have label 1
    groups = np.repeat([0, 1], 100)
    labels = np.concatenate([np.arange(100) < 80, np.arange(100) < 40]).astype(np.int64)
    outcomes = np.concatenate(
        [np.arange(80) < 40, np.arange(20) < 20, np.arange(40) < 30, np.arange(60) < 30]
    )
    table = standardised_gap(outcomes, groups, labels, rng=np.random.default_rng(0), draws=50)
    expected = [0.6 * 40 / 80 + 0.4 * 1.0, 0.6 * 30 / 40 + 0.4 * 30 / 60]
    assert [row.compared for row in table.rows] == pytest.approx(expected)


def test_a_group_without_some_label_cannot_be_standardised() -> None:
    groups = np.repeat([0, 1, 2], 40)
    labels = np.concatenate([np.arange(80) % 2, np.zeros(40)]).astype(np.int64)
    table = standardised_gap(
        np.arange(120) % 3 == 0, groups, labels, rng=np.random.default_rng(0), draws=50
    )
    assert table.rows[2].note == "label 1 does not occur in this group"
    assert table.rows[2].compared is None
    assert table.gap is not None


def test_dealing_kinds_and_permuting_clusters_give_the_same_noise_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    groups, outcomes = rng.integers(0, 4, size=600), rng.random(600) < 0.7
    dealt = group_gap(outcomes, groups, rng=np.random.default_rng(2), draws=8_000)
    monkeypatch.setattr(gap_null, "TYPES_TIMES_GROUPS", 0)
    permuted = group_gap(outcomes, groups, rng=np.random.default_rng(3), draws=8_000)
    assert dealt.noise_floor == pytest.approx(permuted.noise_floor, rel=0.03)
    assert dealt.p_value == pytest.approx(permuted.p_value, abs=0.03)


def test_clusters_raise_the_noise_floor() -> None:
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(60), 20)
    outcomes = np.repeat(rng.random(60) < 0.6, 20)
    groups = clusters % 3
    alone = group_gap(outcomes, groups, rng=rng, draws=500)
    clustered = group_gap(outcomes, groups, clusters=clusters, rng=rng, draws=500)
    assert alone.noise_floor is not None
    assert clustered.noise_floor is not None
    assert clustered.noise_floor > 3.0 * alone.noise_floor
    assert clustered.null_model == "permutation"


def test_patients_in_several_groups_use_the_wild_null() -> None:
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(80), 10)
    groups = rng.integers(0, 2, size=800)
    outcomes = rng.random(800) < rng.beta(2.0, 1.0, size=80)[clusters]
    table = group_gap(outcomes, groups, clusters=clusters, rng=rng, draws=500)
    assert table.null_model == "wild-cluster"
    planted = np.where(groups == 1, outcomes & (rng.random(800) < 0.7), outcomes)
    found = group_gap(planted, groups, clusters=clusters, rng=rng, draws=500)
    assert found.p_value == 1 / 501


def test_a_fair_model_is_called_unfair_about_as_often_as_the_level_says() -> None:
    p_values = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        clusters = np.repeat(np.arange(60), 4)
        outcomes = rng.random(240) < rng.beta(2.0, 1.0, size=60)[clusters]
        table = group_gap(
            outcomes, rng.integers(0, 3, 60)[clusters], clusters=clusters, rng=rng, draws=99
        )
        assert table.p_value is not None
        p_values.append(table.p_value)
    assert np.mean(np.array(p_values) <= 0.05) < 0.085
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.05)


def test_judge_scores_get_mean_intervals() -> None:
    rng = np.random.default_rng(6)
    scores = np.concatenate([rng.normal(7.0, 1.0, 50), rng.normal(5.0, 1.0, 50)])
    table = group_gap(scores, np.repeat([0, 1], 50), rng=rng, draws=200)
    assert table.rows[0].interval.method == "t"
    assert table.gap == pytest.approx(2.0, abs=0.6)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ShapeError, match="length"):
        group_gap(np.ones(3), np.zeros(2, dtype=int), rng=np.random.default_rng(0))
