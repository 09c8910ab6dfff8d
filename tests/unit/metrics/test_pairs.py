"""Confusable pairs: the published definitions on pairs that can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.pairs import (
    confusion,
    confusion_of_all,
    guessed_set_accuracy,
    individual_accuracy,
    invalid_rate,
    position_bias,
    precision,
    set_accuracy,
)

# both right, first right (said 0 twice), second right (said 1 twice), both wrong, one unreadable
CORRECT = np.array([[1, 1], [1, 0], [0, 1], [0, 0], [1, 0]])
ANSWERS = np.array([[0, 1], [0, 0], [1, 1], [1, 0], [0, -1]])


def test_a_pair_counts_when_both_members_are_right() -> None:
    found = set_accuracy(CORRECT)
    assert (found.value, found.n, found.n_clusters) == (0.2, 5, 5)


def test_single_answers_are_counted_by_member_in_clusters_of_pairs() -> None:
    found = individual_accuracy(CORRECT)
    assert (found.value, found.n, found.n_clusters) == (0.5, 10, 5)
    # Bonett and Price with one pair both right and one none: gains and losses of 2/7 each
    half = 1.959964 * math.sqrt((4 / 7) / 7) / 2
    assert found.low == pytest.approx(0.5 - half)
    assert found.high == pytest.approx(0.5 + half)


def test_confusion_is_among_pairs_with_two_valid_answers() -> None:
    found = confusion(ANSWERS)
    assert (found.value, found.n) == (0.5, 4)


def test_confusion_of_all_pairs_counts_those_with_an_invalid_answer_as_not_confused() -> None:
    found = confusion_of_all(ANSWERS)
    assert (found.value, found.n) == (0.4, 5)
    assert confusion_of_all([[-1, -1], [-1, -2]]).value == 0


def test_precision_is_among_pairs_with_two_different_valid_answers() -> None:
    found = precision(CORRECT, ANSWERS)
    assert (found.value, found.n) == (0.5, 2)
    assert precision([[1, 0]], [[0, 0]]).value is None


def test_invalid_answers_are_counted_singly_in_clusters_of_pairs() -> None:
    found = invalid_rate(ANSWERS)
    assert (found.value, found.n, found.n_clusters) == (0.1, 10, 5)


def test_position_bias_is_the_share_of_the_first_place_minus_one_half() -> None:
    always = position_bias(np.ones(30))
    assert (always.value, always.high, always.n) == (0.5, 0.5, 30)
    assert always.low == pytest.approx(0.5 - 1.959964**2 / (30 + 1.959964**2))
    assert position_bias([1, 0, 0, 0]).value == -0.25
    assert position_bias([]).value is None


@pytest.mark.parametrize("answer", [0, 1])
def test_who_never_looks_confuses_all_pairs_and_gets_half_of_the_answers_right(
    answer: int,
) -> None:
    gold = np.array([[0, 1], [1, 0], [0, 1]])
    said = np.full((3, 2), answer)
    assert set_accuracy(said == gold).value == 0
    assert individual_accuracy(said == gold).value == 0.5
    assert confusion(said).value == 1


def test_single_answers_are_the_pairs_right_and_half_of_those_confused() -> None:
    rng = np.random.default_rng(7)
    gold = np.stack([flip := rng.integers(0, 2, 200), 1 - flip], axis=1)
    said = rng.integers(0, 2, (200, 2))
    right = said == gold
    values = [set_accuracy(right).value, confusion(said).value, individual_accuracy(right).value]
    both, same, single = (value for value in values if value is not None)
    assert single == pytest.approx(both + same / 2)


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def test_pairs_that_share_an_image_tell_less() -> None:
    rng = np.random.default_rng(3)
    alike = np.repeat(rng.integers(0, 2, (20, 2)), 5, axis=0)
    codes = np.repeat(np.arange(20), 5)
    for metric in (set_accuracy, individual_accuracy, confusion, confusion_of_all):
        clustered = metric(alike, clusters=codes)
        assert clustered.n_clusters == 20
        assert width(clustered) > 1.5 * width(metric(alike))


def test_no_pairs_have_no_value() -> None:
    empty = np.empty((0, 2))
    for metric in (set_accuracy, individual_accuracy, confusion, confusion_of_all, invalid_rate):
        assert (metric(empty).value, metric(empty).n) == (None, 0)
    assert confusion([[0, -1]]).value is None
    assert precision(empty, empty).value is None
    assert guessed_set_accuracy([]) is None


def test_guessing_gets_a_quarter_of_the_pairs_with_two_options() -> None:
    assert guessed_set_accuracy([2, 2]) == 0.25
    assert guessed_set_accuracy([2, 4]) == pytest.approx((1 / 4 + 1 / 16) / 2)


def test_other_shapes_are_refused() -> None:
    for metric in (set_accuracy, individual_accuracy, confusion, confusion_of_all, invalid_rate):
        with pytest.raises(ShapeError, match=r"shape \(n, 2\)"):
            metric(np.zeros(4))
        with pytest.raises(ShapeError):
            metric(np.zeros((3, 2)), clusters=np.arange(4))
    with pytest.raises(ShapeError, match="only 0 and 1"):
        set_accuracy(np.full((2, 2), 0.5))
    with pytest.raises(ShapeError, match="2 pairs are marked, but 3 answered"):
        precision(np.zeros((2, 2)), np.zeros((3, 2)))
    with pytest.raises(ShapeError, match="only 0 and 1"):
        position_bias([0.5])
    with pytest.raises(ShapeError, match="answers must hold whole numbers"):
        confusion([[0.5, 0.0]])


def test_single_answers_that_go_against_each_other_are_known_well() -> None:
    """Of a confused pair exactly one answer is right, whatever the image."""
    correct = np.tile([[1, 0], [0, 1]], (88, 1))
    correct[::9] = [1, 1]
    codes = np.arange(176) // 3
    taken_as_alike = rate(correct.ravel(), clusters=np.repeat(codes, 2))
    assert width(individual_accuracy(correct, clusters=codes)) < 0.6 * width(taken_as_alike)


def test_single_answers_that_are_all_right_leave_room_below() -> None:
    found = individual_accuracy(np.ones((20, 2)))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low is not None
    assert found.low < 0.95
