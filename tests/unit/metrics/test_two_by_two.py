from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from medtrust.core.errors import ShapeError
from medtrust.metrics.two_by_two import Share, TwoByTwo, two_by_two


def test_each_combination_is_counted_in_its_own_cell() -> None:
    gold = [1] * 3 + [0] * 5 + [0] * 7 + [1] * 11
    predicted = [1] * 3 + [1] * 5 + [0] * 7 + [0] * 11
    table = two_by_two(gold, predicted)
    assert table == TwoByTwo(
        true_positives=3, false_positives=5, true_negatives=7, false_negatives=11
    )
    assert (table.n, table.positives, table.called_positive) == (26, 14, 8)


def test_shares_agree_with_another_implementation() -> None:
    rng = np.random.default_rng(3)
    gold, predicted = rng.integers(0, 2, (2, 400))
    table = two_by_two(gold, predicted)
    assert table.accuracy.value == pytest.approx(np.mean(gold == predicted))
    assert table.precision.value == pytest.approx(precision_score(gold, predicted))
    assert table.recall.value == pytest.approx(recall_score(gold, predicted))
    assert table.f1.value == pytest.approx(f1_score(gold, predicted))


def test_booleans_and_numbers_count_alike() -> None:
    assert two_by_two([True, False], [True, True]) == two_by_two([1, 0], [1, 1])


def test_without_positive_predictions_there_is_no_precision_and_no_f1() -> None:
    table = two_by_two([1, 0, 0, 0], [0, 0, 0, 0])
    assert table.accuracy == Share(0.75)
    assert table.recall == Share(0.0)
    assert table.precision == Share(None, "no positive predictions")
    assert table.f1 == Share(None, "no positive predictions")


def test_without_positive_gold_answers_there_is_no_recall_and_no_f1() -> None:
    table = two_by_two([0, 0], [1, 0])
    assert table.precision == Share(0.0)
    assert table.recall == Share(None, "no positive gold answers")
    assert table.f1 == Share(None, "no positive gold answers")


def test_without_a_true_positive_there_is_no_f1() -> None:
    table = two_by_two([1, 0], [0, 1])
    assert (table.precision, table.recall) == (Share(0.0), Share(0.0))
    assert table.f1 == Share(None, "no true positives: precision and recall are both 0")


def test_of_no_answers_nothing_is_defined() -> None:
    table = two_by_two([], [])
    assert table.n == 0
    assert table.accuracy == Share(None, "no answers")
    assert table.f1.value is None


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [([1, 0], [1]), ([1, 2], [1, 0]), ([1, 0], [-1, 0]), ([1.0], [0.5]), ([[1]], [[1]])],
)
def test_vectors_that_are_no_pair_of_yes_and_no_are_refused(
    gold: object, predicted: object
) -> None:
    with pytest.raises(ShapeError):
        two_by_two(gold, predicted)  # type: ignore[arg-type]
