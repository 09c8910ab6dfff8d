"""Intervals of AUROCs at their edges, differences, covariances and resampled draws."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import BoolArray, FloatArray
from medtrust.metrics.bootstrap import cluster_weights
from medtrust.metrics.intervals import wilson
from medtrust.metrics.ranking import auroc, auroc_influence
from medtrust.metrics.ranking_intervals import (
    auroc_covariance,
    auroc_difference,
    auroc_interval,
    paired_auroc_draws,
)


def three_scores(n: int, seed: int = 0) -> tuple[FloatArray, BoolArray]:
    rng = np.random.default_rng(seed)
    wrong = rng.random(n) < 0.3
    scores = rng.standard_normal((3, n)) + np.array([[0.2], [0.8], [1.4]]) * wrong
    scores[2] = np.round(scores[2])
    return scores, wrong


def test_the_interval_is_symmetric_on_the_logit_scale() -> None:
    scores, wrong = three_scores(400)
    result = auroc_interval(scores[1], wrong)
    assert result.value is not None
    assert result.low is not None
    assert result.high is not None
    assert 0.0 < result.low < result.value < result.high < 1.0
    low, middle, high = (np.log(x / (1 - x)) for x in (result.low, result.value, result.high))
    assert middle - low == pytest.approx(high - middle)
    assert (result.method, result.n, result.n_clusters) == ("delong-logit-t", 400, 400)


def test_a_higher_level_makes_a_wider_interval() -> None:
    scores, wrong = three_scores(100)
    narrow, wide = (auroc_interval(scores[1], wrong, level=level) for level in (0.8, 0.99))
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < narrow.low


def test_repeating_items_within_clusters_adds_no_certainty() -> None:
    scores, wrong = three_scores(120)
    once = auroc_interval(scores[1], wrong)
    codes = np.repeat(np.arange(120), 4)
    again = auroc_interval(np.repeat(scores[1], 4), np.repeat(wrong, 4), clusters=codes)
    assert (again.low, again.high) == pytest.approx((once.low, once.high))
    assert (again.method, again.n, again.n_clusters) == ("obuchowski-logit-t", 480, 120)


@pytest.mark.parametrize("perfect", [0.0, 1.0])
def test_perfect_separation_still_has_a_width_set_by_the_scarcer_class(perfect: float) -> None:
    wrong = np.arange(100) < 12
    score = np.where(wrong == (perfect == 1.0), 1.0, 0.0)
    result = auroc_interval(score, wrong)
    assert result.value == perfect
    assert (result.low, result.high) == wilson(perfect, 12.0, level=0.95)
    assert result.method == "wilson-on-the-scarcer-class"


def test_one_lost_pair_does_not_make_the_interval_jump() -> None:
    wrong = np.arange(200) < 40
    score = wrong * 1.0 + np.linspace(0.0, 0.5, 200)
    ends = [auroc_interval(score, wrong)]
    score[0], score[199] = 0.9, 0.95
    ends.append(auroc_interval(score, wrong))
    perfect, nearly = ends
    assert nearly.value == 1.0 - 1.0 / (40 * 160)
    assert perfect.low is not None
    assert nearly.low is not None
    assert nearly.high is not None
    assert nearly.low == pytest.approx(perfect.low, abs=0.05)
    assert nearly.high < 1.0


@pytest.mark.parametrize(
    ("n", "n_wrong", "note"),
    [
        (0, 0, "no samples"),
        (30, 0, "needs both classes: no AUROC"),
        (30, 30, "needs both classes: no AUROC"),
        (19, 9, "fewer than 20 clusters: no interval"),
        (30, 4, "a class in fewer than 5 effective clusters: no interval"),
        (30, 26, "a class in fewer than 5 effective clusters: no interval"),
    ],
)
def test_too_little_gives_no_interval_but_a_reason(n: int, n_wrong: int, note: str) -> None:
    score = np.random.default_rng(0).standard_normal(n)
    result = auroc_interval(score, np.arange(n) < n_wrong)
    assert (result.low, result.high, result.note) == (None, None, note)
    assert (result.value is None) == (n_wrong in {0, n})


def test_errors_of_one_patient_are_one_cluster_of_errors() -> None:
    codes = np.repeat(np.arange(30), 4)
    score = np.random.default_rng(0).standard_normal(120)
    result = auroc_interval(score, codes < 4, clusters=codes)
    assert result.low is None
    assert result.note == "a class in fewer than 5 effective clusters: no interval"


def test_a_patient_with_most_errors_counts_for_little_more_than_one() -> None:
    codes = np.concatenate([np.zeros(60, dtype=np.int64), np.arange(1, 91)])
    wrong = (codes == 0) | (codes % 10 == 0)
    result = auroc_interval(np.random.default_rng(0).standard_normal(150), wrong, clusters=codes)
    assert np.unique(codes[wrong]).size == 10
    assert result.note == "a class in fewer than 5 effective clusters: no interval"


def test_a_constant_score_has_a_half_and_no_interval() -> None:
    result = auroc_interval(np.ones(60), np.arange(60) < 20)
    assert (result.value, result.low) == (0.5, None)
    assert result.note == "all items score alike: 0.5 by definition, no interval"


def test_clusters_that_balance_each_other_out_give_no_interval() -> None:
    codes = np.repeat(np.arange(30), 4)
    result = auroc_interval(np.tile([0, 1, 1, 2], 30), np.tile([0, 1, 0, 1], 30), clusters=codes)
    assert result.low is None
    assert result.note == "clusters balance each other out exactly: no interval"


def test_the_difference_has_the_standard_error_of_the_influences() -> None:
    scores, wrong = three_scores(2_000)
    result = auroc_difference(scores[1], scores[0], wrong)
    first, second = auroc(scores[1], wrong), auroc(scores[0], wrong)
    assert first is not None
    assert second is not None
    assert result.interval.value == pytest.approx(first - second)
    apart = auroc_influence(scores[1], wrong) - auroc_influence(scores[0], wrong)
    half = 1.96 * np.sqrt(np.square(apart).sum())
    assert result.interval.low == pytest.approx(first - second - half, abs=3e-4)
    assert result.interval.high == pytest.approx(first - second + half, abs=3e-4)


def test_swapping_the_two_mirrors_the_difference_and_keeps_p() -> None:
    scores, wrong = three_scores(150)
    one = auroc_difference(scores[1], scores[2], wrong)
    other = auroc_difference(scores[2], scores[1], wrong)
    assert one.interval.low is not None
    assert other.interval.high is not None
    assert one.interval.low == pytest.approx(-other.interval.high)
    assert one.p_value == pytest.approx(other.p_value)


def test_p_is_where_the_interval_just_reaches_zero() -> None:
    scores, wrong = three_scores(150)
    p_value = auroc_difference(scores[1], scores[2], wrong).p_value
    assert p_value is not None
    touching = auroc_difference(scores[1], scores[2], wrong, level=1.0 - p_value).interval
    assert touching.high == pytest.approx(0.0, abs=1e-9)


def test_arms_with_their_own_errors_are_compared_on_the_same_items() -> None:
    scores, wrong = three_scores(300)
    others = np.roll(wrong, 1)
    result = auroc_difference(scores[1], scores[0], wrong, second_positive=others)
    first, second = auroc(scores[1], wrong), auroc(scores[0], others)
    assert first is not None
    assert second is not None
    assert result.interval.value == pytest.approx(first - second)
    assert result.p_value is not None


def test_subsets_joined_by_item_codes_are_the_same_as_whole_sets() -> None:
    scores, wrong = three_scores(200)
    items, mixed = np.arange(200), np.random.default_rng(1).permutation(200)
    whole = auroc_difference(scores[1], scores[0], wrong)
    joined = auroc_difference(
        scores[1], scores[0][mixed], wrong,
        second_positive=wrong[mixed], clusters=items, second_clusters=items[mixed],
    )  # fmt: skip
    assert joined.interval.low == pytest.approx(whole.interval.low)
    assert joined.p_value == pytest.approx(whole.p_value)


def test_subsets_without_common_clusters_are_independent() -> None:
    scores, wrong = three_scores(200)
    result = auroc_difference(
        scores[1], scores[0][:150], wrong,
        second_positive=wrong[:150], clusters=np.arange(200), second_clusters=np.arange(150) + 200,
    )  # fmt: skip
    variance = sum(
        np.square(auroc_influence(score, labels)).sum()
        for score, labels in ((scores[1], wrong), (scores[0][:150], wrong[:150]))
    )
    assert result.interval.high is not None
    assert result.interval.value is not None
    half = result.interval.high - result.interval.value
    assert half == pytest.approx(2.0 * np.sqrt(variance), rel=0.05)
    assert (result.interval.n, result.interval.n_clusters) == (350, 350)


def test_second_clusters_need_first_ones() -> None:
    scores, wrong = three_scores(40)
    with pytest.raises(ShapeError, match="need clusters to be joined with"):
        auroc_difference(scores[0], scores[1], wrong, second_clusters=np.arange(40))
    with pytest.raises(ShapeError, match="differ in length"):
        auroc_difference(scores[0], scores[1][:30], wrong, second_positive=wrong[:30])


def test_equal_rankings_leave_nothing_to_compare() -> None:
    scores, wrong = three_scores(100)
    for second in (np.exp(scores[1]), scores[1]):
        result = auroc_difference(scores[1], second, wrong)
        assert (result.interval.value, result.interval.low, result.p_value) == (0.0, None, None)
        assert result.interval.note == "both rank the items alike: nothing to compare"


def test_a_score_can_be_compared_with_a_constant_one() -> None:
    scores, wrong = three_scores(300)
    result = auroc_difference(scores[1], np.zeros(300), wrong)
    assert result.interval.low is not None
    assert result.interval.low > 0.0
    assert result.p_value is not None
    assert result.p_value < 0.001


def test_a_perfect_score_beats_another_without_pretending_to_be_certain() -> None:
    scores, wrong = three_scores(300)
    result = auroc_difference(wrong.astype(float), scores[1], wrong)
    lone = np.sqrt(np.square(auroc_influence(scores[1], wrong)).sum())
    assert result.interval.low is not None
    assert result.interval.high is not None
    assert result.interval.high - result.interval.low > 2.0 * 1.96 * lone
    both = auroc_difference(wrong * 1.0, wrong + 0.01 * scores[2], wrong)
    assert both.interval.value == 0.0
    assert both.interval.low is not None
    assert both.interval.low < 0.0
    assert both.p_value == 1.0


def test_too_little_gives_no_difference_but_a_reason() -> None:
    scores, wrong = three_scores(100)
    few = auroc_difference(scores[0], scores[1], np.arange(100) < 4)
    assert (few.interval.low, few.p_value, few.p_method) == (None, None, "")
    assert few.interval.note == "a class in fewer than 5 effective clusters: no interval"
    none = auroc_difference(scores[0], scores[1], wrong, second_positive=np.zeros(100))
    assert (none.interval.value, none.interval.note) == (None, "needs both classes: no AUROC")
    codes = np.arange(100) // 10
    patients = auroc_difference(scores[0], scores[1], wrong, clusters=codes)
    assert patients.interval.note == "fewer than 20 clusters: no interval"


def test_the_covariance_matrix_holds_variances_and_what_items_share() -> None:
    scores, wrong = three_scores(500)
    influences = np.array([auroc_influence(row, wrong) for row in scores])
    half = auroc_influence(scores[0, :250], wrong[:250])
    influences = np.vstack([influences, np.concatenate([half, np.full(250, np.nan)])])
    matrix = auroc_covariance(influences)
    assert matrix.shape == (4, 4)
    assert np.array_equal(matrix, matrix.T)
    assert matrix[0, 0] == pytest.approx(np.square(influences[0]).sum())
    assert matrix[3, 3] == pytest.approx(np.square(half).sum())
    assert matrix[0, 3] == pytest.approx(float(influences[0, :250] @ half))
    assert np.linalg.eigvalsh(matrix).min() >= -1e-15


def test_the_covariance_matrix_is_that_of_bootstrap_draws() -> None:
    rng = np.random.default_rng(5)
    wrong, shared = rng.random(800) < 0.4, rng.standard_normal(800)
    scores = 0.8 * shared + 0.6 * rng.standard_normal((3, 800)) + 0.8 * wrong
    codes = np.arange(800) // 2
    influences = [auroc_influence(row, wrong, clusters=codes) for row in scores]
    matrix = auroc_covariance(influences, codes)
    drawn = paired_auroc_draws(
        scores, wrong, clusters=codes, rng=np.random.default_rng(0), draws=4_000
    )
    assert np.cov(drawn.T) == pytest.approx(matrix, rel=0.1)


def test_covariances_refuse_what_is_no_table() -> None:
    with pytest.raises(ShapeError, match=r"shape \(m, n\)"):
        auroc_covariance(np.zeros(3))
    with pytest.raises(ShapeError, match="differ in length"):
        auroc_covariance(np.zeros((2, 3)), np.arange(4))


@pytest.mark.parametrize("size", [1, 3])
def test_draws_are_weighted_aurocs_of_scikit_learn_in_the_same_resamples(size: int) -> None:
    scores, wrong = three_scores(120)
    codes = np.arange(120) // size
    drawn = paired_auroc_draws(
        scores, wrong, clusters=codes, rng=np.random.default_rng(9), draws=30
    )
    blocks = cluster_weights(120 // size, draws=30, rng=np.random.default_rng(9))
    weights = np.concatenate(list(blocks))[:, codes]
    expected = [
        [roc_auc_score(wrong, score, sample_weight=weight) for score in scores]
        for weight in weights
    ]
    assert drawn == pytest.approx(np.array(expected), abs=1e-12)


def test_draws_of_equal_rankings_are_equal_and_of_a_constant_score_exactly_a_half() -> None:
    scores, wrong = three_scores(100)
    table = np.array([scores[0], np.exp(scores[0]), np.zeros(100), -scores[0]])
    drawn = paired_auroc_draws(table, wrong, rng=np.random.default_rng(0), draws=500)
    assert drawn.shape == (500, 4)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    assert (drawn[:, 2] == 0.5).all()
    assert drawn[:, 3] == pytest.approx(1.0 - drawn[:, 0])


def test_draws_of_one_class_are_nan_and_not_a_number_made_up() -> None:
    drawn = paired_auroc_draws(
        [[0.1, 0.2, 0.3, 0.9]], [0, 0, 0, 1], rng=np.random.default_rng(0), draws=200
    )
    undefined = np.isnan(drawn[:, 0])
    assert 0.2 < undefined.mean() < 0.45
    assert (drawn[~undefined, 0] == 1.0).all()


def test_draws_do_not_depend_on_how_many_fit_into_a_block() -> None:
    scores, wrong = three_scores(3_000)
    drawn = paired_auroc_draws(scores, wrong, rng=np.random.default_rng(2), draws=700)
    assert drawn.shape == (700, 3)
    assert np.isfinite(drawn).all()
    means = [auroc(row, wrong) for row in scores]
    assert drawn.mean(axis=0) == pytest.approx(means, abs=0.003)


def test_draws_refuse_scores_that_are_no_table() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError, match=r"shape \(m, n\)"):
        paired_auroc_draws([0.1, 0.2], [0, 1], rng=rng)
    with pytest.raises(ShapeError, match="differ in length"):
        paired_auroc_draws([[0.1, 0.2]], [0, 1, 1], rng=rng)
    assert paired_auroc_draws(np.zeros((0, 5)), np.zeros(5), rng=rng, draws=7).shape == (7, 0)
