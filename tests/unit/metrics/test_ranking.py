"""AUROC, average precision, influences and the cap, against hand counts and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import average_precision_score, roc_auc_score

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import BoolArray, FloatArray
from medtrust.metrics.ranking import (
    auroc,
    auroc_cap,
    auroc_influence,
    average_precision,
    placements,
)


def scored(seed: int, n: int, levels: int | None = None) -> tuple[FloatArray, BoolArray]:
    rng = np.random.default_rng(seed)
    wrong = rng.random(n) < 0.3
    score = rng.standard_normal(n) + wrong
    return (score if levels is None else np.round(score * levels / 6.0)), wrong


def test_auroc_is_the_share_of_won_pairs_with_half_for_ties() -> None:
    # errors 0.5 and 0.9 against right answers 0.1, 0.5 and 0.7: won 1.5 + 3 of 6
    assert auroc([0.1, 0.5, 0.5, 0.7, 0.9], [0, 0, 1, 0, 1]) == 4.5 / 6.0


@pytest.mark.parametrize("levels", [None, 3, 11])
def test_auroc_and_average_precision_agree_with_scikit_learn(levels: int | None) -> None:
    for seed in range(20):
        score, wrong = scored(seed, 150, levels)
        assert auroc(score, wrong) == pytest.approx(roc_auc_score(wrong, score), abs=1e-14)
        expected = average_precision_score(wrong, score)
        assert average_precision(score, wrong) == pytest.approx(expected, abs=1e-14)


def test_reversing_scores_mirrors_the_auroc_exactly() -> None:
    score, wrong = scored(3, 101, 7)
    value = auroc(score, wrong)
    assert value is not None
    assert auroc(-score, wrong) == pytest.approx(1.0 - value, abs=1e-15)
    assert auroc(score, ~wrong) == pytest.approx(1.0 - value, abs=1e-15)


def test_a_constant_score_detects_nothing_and_has_the_base_rate_as_precision() -> None:
    wrong = [1, 0, 0, 0, 1]
    assert auroc(np.zeros(5), wrong) == 0.5
    assert average_precision(np.zeros(5), wrong) == 0.4


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_no_auroc_where_scikit_learn_warns_and_returns_nan(label: int) -> None:
    score, labels = [0.2, 0.4, 0.9], [label] * 3
    assert auroc(score, labels) is None
    with pytest.warns(UndefinedMetricWarning, match="ROC AUC score is not defined"):
        assert np.isnan(roc_auc_score(labels, score))


def test_without_errors_there_is_no_precision_where_scikit_learn_says_zero() -> None:
    assert average_precision([0.2, 0.4], [0, 0]) is None
    with pytest.warns(UserWarning, match="No positive class found"):
        assert average_precision_score([0, 0], [0.2, 0.4]) == 0.0
    assert average_precision([0.2, 0.4], [1, 1]) == 1.0
    assert average_precision([], []) is None


def test_a_missing_score_is_refused_by_name_where_scikit_learn_only_names_its_input() -> None:
    score = [0.1, float("nan"), 0.3]
    for metric in (auroc, average_precision, auroc_influence):
        with pytest.raises(ShapeError, match="score holds NaN"):
            metric(score, [0, 1, 1])
    with pytest.raises(ValueError, match="Input contains NaN"):
        roc_auc_score([0, 1, 1], score)


def test_labels_that_are_not_binary_are_refused_where_scikit_learn_asks_for_more_classes() -> None:
    with pytest.raises(ShapeError, match="positive must hold only 0 and 1"):
        auroc([0.1, 0.2, 0.3], [0, 1, 2])
    with pytest.raises(ValueError, match="multi_class must be in"):
        roc_auc_score([0, 1, 2], [0.1, 0.2, 0.3])


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match="differ in length"):
        auroc([0.1, 0.2], [0, 1, 1])
    with pytest.raises(ShapeError, match="differ in length"):
        auroc_influence([0.1, 0.2], [0, 1], clusters=np.array([1]))


def test_placements_of_either_class_average_to_the_auroc() -> None:
    score, wrong = scored(5, 80, 5)
    placed = placements(score, wrong)
    assert placed is not None
    assert placed.share[wrong].mean() == pytest.approx(placed.auroc)
    assert placed.share[~wrong].mean() == pytest.approx(placed.auroc)


def test_squared_influences_are_the_variance_of_delong() -> None:
    score, wrong = scored(7, 60, 9)
    right, bad = score[~wrong], score[wrong]
    wins = (bad[:, None] > right[None, :]) + 0.5 * (bad[:, None] == right[None, :])
    expected = wins.mean(axis=1).var(ddof=1) / bad.size + wins.mean(axis=0).var(ddof=1) / right.size
    influence = auroc_influence(score, wrong)
    assert np.square(influence).sum() == pytest.approx(expected, rel=1e-12)
    assert influence[wrong].sum() == pytest.approx(0.0, abs=1e-14)
    assert influence[~wrong].sum() == pytest.approx(0.0, abs=1e-14)


def test_an_influence_is_nearly_the_change_when_the_item_is_left_out() -> None:
    score, wrong = scored(11, 200)
    value, influence = auroc(score, wrong), auroc_influence(score, wrong)
    assert value is not None
    for item in (0, 17, 101, 199):
        without = auroc(np.delete(score, item), np.delete(wrong, item))
        assert without is not None
        assert value - without == pytest.approx(influence[item], rel=0.05, abs=1e-6)


def test_repeating_every_item_within_its_cluster_leaves_the_variance_where_it_was() -> None:
    score, wrong = scored(13, 90)
    once = np.square(auroc_influence(score, wrong)).sum()
    codes = np.repeat(np.arange(90), 3)
    repeated = auroc_influence(np.repeat(score, 3), np.repeat(wrong, 3), clusters=codes)
    assert np.square(np.bincount(codes, weights=repeated)).sum() == pytest.approx(once)


def test_influences_without_both_classes_are_zero() -> None:
    assert auroc_influence([0.2, 0.9], [1, 1]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("accuracy", "options"), [(0.4, 4), (0.7, 4), (0.9, 2), (0.55, 5)])
def test_the_cap_is_what_an_ideal_estimator_reaches(accuracy: float, options: int) -> None:
    rng = np.random.default_rng(0)
    known_share = (accuracy - 1.0 / options) / (1.0 - 1.0 / options)
    known = rng.random(400_000) < known_share
    wrong = ~known & (rng.random(known.size) >= 1.0 / options)
    reached = auroc((~known).astype(float), wrong)
    assert auroc_cap(accuracy, options) == pytest.approx(reached, abs=0.003)


def test_the_cap_of_mixed_option_counts_uses_the_mean_chance() -> None:
    rng = np.random.default_rng(1)
    counts = rng.choice([2, 4, 5], size=400_000)
    known = rng.random(counts.size) < 0.5
    wrong = ~known & (rng.random(counts.size) >= 1.0 / counts)
    reached = auroc((~known).astype(float), wrong)
    assert auroc_cap(1.0 - float(wrong.mean()), counts) == pytest.approx(reached, abs=0.003)


def test_the_cap_lies_between_guessing_and_knowing() -> None:
    assert auroc_cap(0.25, 4) == 0.5
    assert auroc_cap(0.2, np.full(10, 5)) == pytest.approx(0.5)
    assert auroc_cap(0.999, 4) == pytest.approx(1.0, abs=0.001)
    caps = [auroc_cap(accuracy, 4) for accuracy in (0.3, 0.5, 0.7, 0.9)]
    assert caps == sorted(caps, key=float)  # type: ignore[arg-type]


def test_there_is_no_cap_below_chance_without_errors_or_without_items() -> None:
    assert auroc_cap(0.2, 4) is None
    assert auroc_cap(1.0, 4) is None
    assert auroc_cap(0.5, []) is None


def test_impossible_accuracies_and_option_counts_are_refused() -> None:
    with pytest.raises(ShapeError, match="accuracy must lie"):
        auroc_cap(61.0, 4)
    with pytest.raises(ShapeError, match="at least 2"):
        auroc_cap(0.6, [4, 1])
    with pytest.raises(ShapeError, match="whole numbers"):
        auroc_cap(0.6, 2.5)
