"""Confusable pairs of phantoms: the numbers of a hand-made run."""

from __future__ import annotations

from typing import Any

import pytest

from medtrust.core.records import Failure, Sample
from medtrust.core.registry import load
from medtrust.core.task import Task
from parts.answered_tasks import estimates_from
from parts.phantom_samples import finding, normal, pair_of, private, side
from parts.questions import groups, named

PAIRS: Task = load("task", "phantom/pairs")


def members(*numbers: int, **more: Any) -> list[Sample]:
    return [member for number in numbers for member in pair_of(number, **more)]


def test_only_members_of_pairs_are_asked_about() -> None:
    assert all(PAIRS.applies(member, "") for member in pair_of(1))
    assert not any(PAIRS.applies(one, "") for one in (finding(1), normal(1), side(1), private(1)))


def test_the_published_measures_of_four_pairs() -> None:
    # golds of even pairs are (left, right), of odd ones (right, left)
    said = ["A", "B",  # both right
            "A", "A",  # confused
            "B", "A",  # both wrong
            "A", "no idea, really"]  # fmt: skip
    found = estimates_from(PAIRS, members(0, 1, 2, 3), said)
    row = named(found, "set_accuracy")
    assert (row.value, row.n, row.n_clusters) == (0.25, 4, 4)
    assert row.note == "too few to say"
    assert named(found, "individual_accuracy").value == 3 / 8
    confused = named(found, "confusion")
    assert confused.value == pytest.approx(1 / 3)
    assert (confused.n, confused.direction) == (3, "lower")
    random = named(found, "random_baseline")
    assert (random.value, random.low, random.n) == (0.25, None, 4)


def test_yes_no_pairs_are_pairs_of_two_options() -> None:
    found = estimates_from(PAIRS, members(0, 1, yes_no=True), ["No", "Yes", "Yes", "Yes"])
    assert named(found, "set_accuracy").value == 0.5
    assert named(found, "confusion").value == 0.5
    assert named(found, "random_baseline").value == 0.25


def test_a_pair_without_both_answers_is_left_out_and_said() -> None:
    found = estimates_from(PAIRS, members(0, 1), ["A", "B", "A", Failure("timeout")])
    row = named(found, "set_accuracy")
    assert (row.value, row.n) == (1.0, 1)
    assert "1 pairs left out: a member has no answer" in row.note
    assert dict(row.counts) == {"ok": 3, "missing:timeout": 1}


def test_pairs_of_one_seed_are_one_cluster() -> None:
    first, second = pair_of(0), pair_of(0, yes_no=True, pair="pair 0 yes-no")
    samples = [*first, *second, *members(1, 2)]
    found = estimates_from(PAIRS, samples, ["A", "B", "No", "Yes", *"ABBA"])
    row = named(found, "set_accuracy")
    assert (row.n, row.n_clusters) == (4, 3)


def test_modalities_have_numbers_of_their_own() -> None:
    samples = [*members(0, 1), *members(2, 3, strata={"modality": "MRI"})]
    found = estimates_from(PAIRS, samples, [*"ABBA", *"AAAA"])
    assert groups(found, "set_accuracy") == {"", "modality=CT", "modality=MRI"}
    assert named(found, "set_accuracy", "modality=CT").value == 1
    assert named(found, "confusion", "modality=MRI").value == 1


def test_data_without_pairs_give_no_numbers() -> None:
    assert estimates_from(PAIRS, [normal(1)], ["Yes"]) == []
