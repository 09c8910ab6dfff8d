from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import IntArray
from medtrust.metrics.classification import (
    accuracy,
    balanced_accuracy,
    bootstrap_intervals,
    confusion_counts,
    constant_baselines,
    macro_f1,
    majority_baseline,
    sensitivity,
    specificity,
    yes_rate,
)

NOTHING = np.zeros(0, dtype=np.int64)


def random_labels(seed: int, n_labels: int) -> tuple[IntArray, IntArray]:
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, n_labels, size=120)
    return gold, np.where(rng.random(120) < 0.6, gold, rng.integers(0, n_labels, size=120))


@pytest.mark.parametrize("n_labels", [2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_balanced_accuracy_and_macro_f1_agree_with_scikit_learn(seed: int, n_labels: int) -> None:
    gold, predicted = random_labels(seed, n_labels)
    assert balanced_accuracy(gold, predicted) == pytest.approx(
        balanced_accuracy_score(gold, predicted)
    )
    assert macro_f1(gold, predicted) == pytest.approx(f1_score(gold, predicted, average="macro"))


def test_a_label_that_is_only_predicted_counts_in_f1_but_not_in_recall() -> None:
    gold, predicted = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    assert balanced_accuracy(gold, predicted) == pytest.approx(0.75)
    assert macro_f1(gold, predicted) == pytest.approx((2 / 3 + 1.0 + 0.0) / 3)


def test_a_refusal_is_inside_n_and_not_correct() -> None:
    gold, predicted = np.array([0, 0, 1, 1]), np.array([0, -1, 1, -1])
    assert accuracy(gold, predicted) == 0.5
    assert balanced_accuracy(gold, predicted) == 0.5
    assert macro_f1(gold, predicted) == pytest.approx(2 / 3)
    assert sensitivity(gold, predicted) == 0.5
    assert specificity(gold, predicted) == 0.5
    assert yes_rate(predicted) == 0.25


def test_confusion_counts_keep_refusals_in_the_last_column() -> None:
    counts = confusion_counts(np.array([0, 0, 1, 2]), np.array([0, -1, 2, 2]))
    assert counts.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 0]]


def test_what_is_undefined_is_none_and_never_zero() -> None:
    assert accuracy(NOTHING, NOTHING) is None
    assert balanced_accuracy(NOTHING, NOTHING) is None
    assert macro_f1(NOTHING, NOTHING) is None
    assert majority_baseline(NOTHING) is None
    assert yes_rate(NOTHING) is None
    assert constant_baselines(NOTHING).size == 0
    only_no = np.zeros(4, dtype=np.int64)
    assert sensitivity(only_no, only_no) is None
    assert specificity(only_no + 1, only_no) is None
    assert (
        bootstrap_intervals(NOTHING, NOTHING, rng=np.random.default_rng(0))["macro_f1"].value
        is None
    )


def test_constant_baselines_are_the_shares_of_labels() -> None:
    gold = np.array([1, 1, 1, 0, 3])
    assert constant_baselines(gold).tolist() == [0.2, 0.6, 0.0, 0.2]
    assert constant_baselines(gold, n_labels=5).size == 5
    assert majority_baseline(gold) == 0.6


def test_codes_out_of_range_are_refused() -> None:
    for gold, predicted in [([-1, 0], [0, 0]), ([0, 1], [0, -2]), ([0, 1], [0])]:
        with pytest.raises(ShapeError):
            accuracy(np.array(gold), np.array(predicted))
    with pytest.raises(ShapeError):
        confusion_counts(np.array([0, 3]), np.array([0, 0]), n_labels=2)


def test_bootstrap_values_are_the_point_estimates_and_lie_inside() -> None:
    gold, predicted = random_labels(1, 3)
    intervals = bootstrap_intervals(gold, predicted, rng=np.random.default_rng(0), draws=500)
    assert intervals["balanced_accuracy"].value == balanced_accuracy(gold, predicted)
    assert intervals["macro_f1"].value == macro_f1(gold, predicted)
    for interval in intervals.values():
        assert interval.low is not None
        assert interval.high is not None
        assert interval.value is not None
        assert interval.low < interval.value < interval.high
        assert (interval.n, interval.n_clusters) == (120, 120)


def test_too_few_clusters_give_values_without_intervals() -> None:
    gold, predicted = random_labels(1, 2)
    intervals = bootstrap_intervals(
        gold, predicted, clusters=np.arange(120) % 19, rng=np.random.default_rng(0)
    )
    assert intervals["macro_f1"].value is not None
    assert intervals["macro_f1"].low is None
    assert "fewer than 20 clusters" in intervals["macro_f1"].note


def test_a_perfect_model_gets_no_zero_width_interval() -> None:
    gold = np.tile([0, 1], 30)
    interval = bootstrap_intervals(gold, gold, rng=np.random.default_rng(0), draws=200)["macro_f1"]
    assert (interval.value, interval.low, interval.high) == (1.0, None, None)
    assert "no variation" in interval.note
