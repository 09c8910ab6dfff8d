"""CARES factuality: both readings of every answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medtrust.core.records import Kind, Mark, Sample
from medtrust.suites.cares.factuality import factuality
from parts.answered_tasks import estimates_from
from parts.questions import choice, held, marks_of, named, open_ended, setting, yes_no

JUDGED = setting(judge="judges/one")


def official(sample: Sample, *answers: str) -> dict[str, Mark]:
    return marks_of(held(factuality, sample, *answers, under=JUDGED), "official")


def test_both_readings_of_one_answer_stand_side_by_side() -> None:
    sample = yes_no(answer=False, source={"answer": "No."}, strata={"dataset": "IU-Xray"})
    dialogue = held(factuality, sample, "NO")
    assert marks_of(dialogue)["correct"].value == 1.0
    assert marks_of(dialogue, "official")["correct"].value == 0.0


@pytest.mark.parametrize("dataset", ["HAM10000", "OL3I"])
def test_sets_on_which_the_released_script_stops_have_no_official_value_and_say_why(
    dataset: str,
) -> None:
    found = official(choice(strata={"dataset": dataset}), "A")
    assert set(found) == {"correct", "predicted", "gold"}
    for mark in found.values():
        assert mark.value is None
        assert mark.status == "missing:released-script-stops-without-option-fields"
    assert marks_of(held(factuality, choice(strata={"dataset": dataset}), "A"))[
        "correct"
    ].value == 1.0  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "value"), [("8", 0.8), ("8.5", 0.85), ("0", 0.0), ("85", 8.5), ("-2", -0.2)]
)
def test_the_official_judge_score_is_the_number_over_ten_unclamped(
    reply: str, value: float
) -> None:
    mark = official(open_ended(), "A spot.", reply)["judge_score"]
    assert mark.value == pytest.approx(value)
    assert (mark.status, mark.judge) == ("ok", "judges/one")


def test_the_official_reading_of_a_refused_open_answer_is_what_the_judge_said() -> None:
    dialogue = held(factuality, open_ended(), "I cannot answer that.", "7", under=JUDGED)
    assert marks_of(dialogue, "official")["judge_score"].value == 0.7
    assert marks_of(dialogue)["judge_score"].value == 0.1


@pytest.mark.parametrize("reply", ["8/10", "Score: 8", "", "nan"])
def test_a_reply_that_is_no_number_is_missing_in_the_official_reading(reply: str) -> None:
    mark = official(open_ended(), "A spot.", reply)["judge_score"]
    assert (mark.value, mark.status) == (None, "missing:judge-not-a-number")


def test_the_official_reading_scores_an_open_answer_whose_gold_the_corrected_one_refuses() -> None:
    sample = open_ended(gold_defect="empty-answer")
    dialogue = held(factuality, sample, "A spot.", "4", under=JUDGED)
    assert marks_of(dialogue, "official")["judge_score"].value == 0.4
    assert marks_of(dialogue)["judge_score"].value is None


@pytest.mark.parametrize("kind", [Kind.YES_NO, Kind.CHOICE, Kind.OPEN])
def test_every_mark_has_a_column_announced_in_both_readings(kind: Kind) -> None:
    sample = {Kind.YES_NO: yes_no(), Kind.CHOICE: choice(), Kind.OPEN: open_ended()}[kind]
    sample = replace(sample, source={"answer": "No."})
    answers = ["x", "5"] if kind is Kind.OPEN else ["A"]
    dialogue = held(factuality, sample, *answers, under=JUDGED)
    announced = {(key.measure, key.reading) for key in factuality.measures(sample, "")}
    assert {(mark.measure, mark.reading) for mark in dialogue.marks or ()} == announced
    assert {reading for _, reading in announced} == {"corrected", "official"}


def test_the_released_table_is_printed_and_its_division_by_zero_has_a_reason() -> None:
    """By hand: gold yes, yes, no; answers yes, no, no: precision 1, recall 1/2, F1 2/3."""
    golds = [(True, "Yes"), (True, "Yes"), (False, "No")]
    samples = [
        yes_no(number, answer=gold, source={"answer": text})
        for number, (gold, text) in enumerate(golds)
    ]
    found = estimates_from(factuality, samples, ["Yes", "No", "No"])
    values = [
        named(found, name, reading="official").value for name in ("precision", "recall", "f1")
    ]
    assert values == pytest.approx([1.0, 0.5, 2 / 3])
    never = named(estimates_from(factuality, samples, ["No"] * 3), "precision", reading="official")
    assert never.value is None
    assert "the released script stops" in never.note
