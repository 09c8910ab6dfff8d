"""Marks of the corrected reading, for every form of question and every end of an answer."""

from __future__ import annotations

import pytest

from medtrust.core.records import Answer, Failure, ImageRef, Kind, Outcome, Sample
from medtrust.probes.question import option_order
from medtrust.suites import answering
from medtrust.suites.folder.factuality import factuality
from parts.questions import SIDES, choice, first_ask, held, marks_of, open_ended, setting, yes_no

JUDGED = setting(judge="judges/one")
REFUSAL = "I am sorry, but I cannot answer that."


def facts(sample: Sample, answer: str | Answer, condition: str = "") -> dict[str, object]:
    found = marks_of(held(factuality, sample, answer, under=setting(condition)))
    return {
        "correct": found["correct"].value,
        "predicted": found["predicted"].value,
        "gold": found["gold"].value,
        "status": found["correct"].status,
    }


@pytest.mark.parametrize(
    ("gold", "text", "correct", "predicted"),
    [
        (True, "Yes.", 1.0, 1.0),
        (True, "No, there is none.", 0.0, 0.0),
        (False, "No", 1.0, 0.0),
        (False, "Yes", 0.0, 1.0),
    ],
)
def test_a_yes_no_answer_is_marked_against_its_gold(
    gold: bool, text: str, correct: float, predicted: float
) -> None:
    assert facts(yes_no(answer=gold), text) == {
        "correct": correct, "predicted": predicted, "gold": float(gold), "status": "ok",
    }  # fmt: skip


@pytest.mark.parametrize(("text", "place"), [("A", 0), ("B. right half", 1), ("nowhere", 2)])
def test_a_choice_is_marked_by_letter_or_text(text: str, place: int) -> None:
    assert facts(choice(answer=1), text) == {
        "correct": float(place == 1), "predicted": float(place), "gold": 1.0, "status": "ok",
    }  # fmt: skip


@pytest.mark.parametrize("number", range(12))
def test_letters_of_shuffled_options_map_back_to_the_order_of_the_file(number: int) -> None:
    sample = choice(number, answer=2)
    order = option_order(sample.id, 3, 0)
    for shown, in_file in enumerate(order):
        found = facts(sample, "ABC"[shown], "options=shuffled")
        assert found["predicted"] == float(in_file)
        assert found["correct"] == float(in_file == 2)
        assert found["gold"] == 2.0


def test_texts_of_shuffled_options_map_back_too() -> None:
    for number in range(6):
        assert facts(choice(number, answer=2), "nowhere", "options=shuffled")["correct"] == 1.0


@pytest.mark.parametrize("sample", [yes_no(), choice()], ids=["yes-no", "choice"])
@pytest.mark.parametrize(
    ("answer", "status"), [(REFUSAL, "refused"), ("Blue cheese.", "unparsed"), ("", "unparsed")]
)
def test_refused_and_unreadable_answers_are_wrong_with_their_status(
    sample: Sample, answer: str, status: str
) -> None:
    found = facts(sample, answer)
    assert found["correct"] == 0.0
    assert found["predicted"] is None
    assert found["gold"] == float(sample.answer or 0)
    assert found["status"] == status


@pytest.mark.parametrize("text", ["", "Yes", "A", "left half"])
@pytest.mark.parametrize("sample", [yes_no(), choice()], ids=["yes-no", "choice"])
def test_a_filtered_answer_is_a_refusal_whatever_text_came_along(sample: Sample, text: str) -> None:
    found = facts(sample, Answer(text, outcome=Outcome.FILTERED))
    assert (found["correct"], found["predicted"], found["status"]) == (0.0, None, "refused")


def test_a_truncated_answer_is_read_as_far_as_it_goes() -> None:
    assert facts(yes_no(), Answer("Yes, because", outcome=Outcome.TRUNCATED))["correct"] == 1.0


@pytest.mark.parametrize(
    "sample",
    [
        yes_no(answer=None, gold_defect="undetermined"),
        choice(answer=None, gold_defect="undetermined"),
    ],
    ids=["yes-no", "choice"],
)
def test_nothing_is_marked_against_an_unusable_gold(sample: Sample) -> None:
    found = marks_of(held(factuality, sample, "Yes"))
    assert {mark.status for mark in found.values()} == {"missing:gold-undetermined"}
    assert {mark.value for mark in found.values()} == {None}
    assert set(found) == set(answering.CLOSED)


def test_an_open_answer_carries_the_judges_score_over_ten_and_the_judges_name() -> None:
    mark = marks_of(held(factuality, open_ended(), "A spot.", "8", under=JUDGED))["judge_score"]
    assert (mark.value, mark.status, mark.judge) == (0.8, "ok", "judges/one")


@pytest.mark.parametrize("reply", ["", "seven", "7 or 8", "11", "0"])
def test_a_judges_reply_that_is_no_score_is_missing(reply: str) -> None:
    mark = marks_of(held(factuality, open_ended(), "A spot.", reply, under=JUDGED))["judge_score"]
    assert (mark.value, mark.status) == (None, "missing:judge-unparsed")


@pytest.mark.parametrize("answer", [REFUSAL, Answer("", outcome=Outcome.FILTERED)])
@pytest.mark.parametrize("reply", ["1", "10", "I refuse to judge this."])
def test_a_refused_open_answer_gets_the_lowest_mark_whatever_the_judge_said(
    answer: str | Answer, reply: str
) -> None:
    mark = marks_of(held(factuality, open_ended(), answer, reply, under=JUDGED))["judge_score"]
    assert (mark.value, mark.status, mark.judge) == (0.1, "refused", "judges/one")


def test_a_judge_that_failed_on_a_refusal_leaves_the_score_missing_with_the_reason() -> None:
    dialogue = held(factuality, open_ended(), REFUSAL, Failure("timeout"), under=JUDGED)
    assert marks_of(dialogue)["judge_score"].status == "missing:timeout"


def test_an_open_answer_to_an_unusable_gold_is_missing() -> None:
    sample = open_ended(gold_defect="empty-answer")
    mark = marks_of(held(factuality, sample, "A spot.", "8", under=JUDGED))["judge_score"]
    assert (mark.value, mark.status) == (None, "missing:gold-empty-answer")


def test_the_judge_sees_question_reference_and_answer_and_is_asked_as_the_judge() -> None:
    dialogue = held(factuality, open_ended(), "A dark area.", under=JUDGED)
    (ask,) = dialogue.asks
    shown = str(ask.request.messages[-1].content[0])
    assert ask.respondent == "judge"
    for part in ("What is seen?", "A round spot.", "A dark area."):
        assert part in shown


def test_open_questions_are_skipped_without_a_judge_and_nothing_is_asked() -> None:
    dialogue = held(factuality, open_ended())
    assert dialogue.steps == []
    assert marks_of(dialogue)["judge_score"].status == "missing:no-judge"


def test_a_request_that_failed_leaves_every_measure_missing_with_the_reason() -> None:
    found = marks_of(held(factuality, yes_no(), Failure("timeout")))
    assert set(found) == set(answering.CLOSED)
    assert {mark.status for mark in found.values()} == {"missing:timeout"}


def test_a_judge_that_failed_leaves_the_score_missing_with_the_reason() -> None:
    dialogue = held(factuality, open_ended(), "A spot.", Failure("http-500"), under=JUDGED)
    assert marks_of(dialogue)["judge_score"].status == "missing:http-500"


@pytest.mark.parametrize(
    ("sample", "condition", "expected"),
    [
        (yes_no(), "", True),
        (yes_no(), "image=blank", True),
        (yes_no(), "options=shuffled", False),
        (choice(), "options=shuffled", True),
        (choice(), "image=blank", True),
        (open_ended(), "", True),
        (open_ended(), "image=blank", False),
    ],
)
def test_conditions_apply_where_they_change_something(
    sample: Sample, condition: str, expected: bool
) -> None:
    assert factuality.applies(sample, condition) is expected


def test_a_question_without_an_image_is_not_asked_with_a_blank_one() -> None:
    text_only = Sample("mine:1", "Is it so?", Kind.YES_NO, answer=True)
    assert not factuality.applies(text_only, "image=blank")


@pytest.mark.parametrize("condition", ["", "image=blank", "options=shuffled"])
def test_an_instruction_has_no_right_answer_and_is_not_asked_for_one(condition: str) -> None:
    image = (ImageRef("sha256:1"),)
    instruction = Sample("mine:1", "Describe the image.", Kind.INSTRUCTION, images=image)
    assert not factuality.applies(instruction, condition)


def test_every_mark_has_a_column_announced_for_its_sample() -> None:
    for sample, answers in ((yes_no(), ["Yes"]), (choice(), ["A"]), (open_ended(), ["x", "5"])):
        dialogue = held(factuality, sample, *answers, under=JUDGED)
        announced = {(key.measure, key.reading) for key in factuality.measures(sample, "")}
        assert {(mark.measure, mark.reading) for mark in dialogue.marks or ()} == announced


def test_a_blank_arm_shows_the_grey_image_and_the_same_words() -> None:
    sample = choice()
    clean, blank = (
        first_ask(factuality, sample, setting(condition)).request.messages[0].content
        for condition in ("", "image=blank")
    )
    assert clean[1] == blank[1]
    assert clean[0] != blank[0]
    assert SIDES[0] in str(clean[1])


@pytest.mark.parametrize(
    "sample",
    [yes_no(answer=None), choice(answer=None), open_ended(answer=None, gold_defect="empty-answer")],
)
def test_a_question_without_a_gold_has_no_words_for_it(sample: Sample) -> None:
    assert answering.gold_text(sample) == ""


def test_the_judge_is_told_of_no_reference_where_there_is_none() -> None:
    sample = open_ended(answer=None, gold_defect="empty-answer")
    (ask,) = held(factuality, sample, "A spot.", under=JUDGED).asks
    told = str(ask.request.messages[-1].content[-1])
    assert "None" not in told
