"""The four ways to ask about a confusable pair, and how their answers are marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medtrust.core.records import Answer, Sample
from medtrust.core.task import Setting, Task
from medtrust.suites.mediconfusion.arms import applies
from medtrust.suites.mediconfusion.free_form import chosen, free_form
from medtrust.suites.mediconfusion.letter_scores import letter_scores
from medtrust.suites.mediconfusion.multiple_choice import multiple_choice
from medtrust.suites.mediconfusion.prefix_score import before_option, prefix_score
from parts.questions import choice, first_ask, held, marks_of, open_ended, setting

OPTIONS = ("A narrow vessel", "A wide vessel")
OTHER = {"other_image": "mediconfusion:2.jpg"}
SWAPPED = setting("options=swapped")
JUDGED = setting(judge="judges/one")


def member(answer: int = 0) -> Sample:
    return choice(answer=answer, options=OPTIONS, pair="p1", source=OTHER)


def text_of(task: Task, under: Setting | None = None) -> str:
    return str(first_ask(task, member(), under).request.messages[0].content[-1])


def test_exchanged_options_are_shown_exchanged_and_read_back_in_the_files_order() -> None:
    assert text_of(multiple_choice).index(OPTIONS[0]) < text_of(multiple_choice).index(OPTIONS[1])
    swapped = text_of(multiple_choice, SWAPPED)
    assert swapped.index(OPTIONS[1]) < swapped.index(OPTIONS[0])
    for reading in ("corrected", "official"):
        marks = marks_of(held(multiple_choice, member(1), "A", under=SWAPPED), reading)
        assert marks["predicted"].value == 1.0
        assert marks["correct"].value == 1.0
        assert marks["shown_first"].value == 1.0


def test_controls_take_the_image_away_or_show_another() -> None:
    (message,) = first_ask(multiple_choice, member(), setting("image=none")).request.messages
    assert len(message.content) == 1
    (message,) = first_ask(multiple_choice, member(), setting("image=other")).request.messages
    assert message.content[0] != member().images[0]


def test_only_members_of_pairs_with_two_options_are_asked() -> None:
    assert applies(member(), "")
    assert not applies(replace(member(), pair=""), "")
    assert not applies(choice(pair="p1"), "")
    assert not applies(open_ended(pair="p1"), "")
    assert not applies(replace(member(), source={}), "image=other")


def test_the_released_parser_takes_the_article_for_option_a() -> None:
    dialogue = held(multiple_choice, member(1), "A wide vessel")
    assert marks_of(dialogue)["predicted"].value == 1.0
    assert marks_of(dialogue, "official")["predicted"].value == 0.0


def test_an_invalid_answer_has_no_prediction_and_is_not_correct() -> None:
    marks = marks_of(held(multiple_choice, member(), "(A)"), "official")
    assert (marks["predicted"].value, marks["correct"].value) == (None, 0.0)
    assert marks["correct"].status == "unparsed"
    assert (
        marks_of(held(multiple_choice, member(), "I cannot answer."))["correct"].status == "refused"
    )


def scored(*values: float, tokens: tuple[int, ...] = ()) -> Answer:
    signals = {"continuation_logprobs": np.array(values, dtype=np.float32)}
    if tokens:
        signals["continuation_tokens"] = np.array(tokens, dtype=np.float32)
    return Answer("", signals=signals)


def test_letters_are_compared_bare_as_released_and_over_their_forms() -> None:
    # bare A is likelier than bare B, but B is likelier over all forms
    answer = scored(-1.0, -9.0, -9.0, -1.1, -1.2, -9.0)
    dialogue = held(letter_scores, member(), answer)
    assert marks_of(dialogue, "official")["predicted"].value == 0.0
    assert marks_of(dialogue)["predicted"].value == 1.0


def test_without_scores_the_reason_is_kept() -> None:
    for task in (letter_scores, prefix_score):
        for reading in ("corrected", "official"):
            marks = marks_of(held(task, member(), "A"), reading)
            assert all(str(mark.status).startswith("missing:no-") for mark in marks.values())


def test_a_tie_of_letters_is_a_as_released_and_no_choice_otherwise() -> None:
    dialogue = held(letter_scores, member(), scored(*[-1.0] * 6))
    assert marks_of(dialogue, "official")["predicted"].value == 0.0
    assert marks_of(dialogue)["predicted"].value is None


@pytest.mark.parametrize("unknown", [0, 1, 4], ids=["bare A", "another form of A", "a form of B"])
def test_a_letter_of_unknown_score_is_not_the_likelier_one(unknown: int) -> None:
    values = [-1.0, -9.0, -9.0, -3.0, -9.0, -9.0]
    values[unknown] = float("nan")
    assert marks_of(held(letter_scores, member(), scored(*values)))["predicted"].value is None


def test_option_texts_are_compared_by_their_mean_token() -> None:
    marks = marks_of(held(prefix_score, member(), scored(-4.0, -3.0, tokens=(4, 2))))
    assert marks["predicted"].value == 0.0  # -1 against -1.5 a token


def test_a_tie_of_texts_is_b_as_released_and_no_choice_otherwise() -> None:
    dialogue = held(prefix_score, member(), scored(-2.0, -2.0, tokens=(2, 2)))
    assert marks_of(dialogue, "official")["predicted"].value == 1.0
    assert marks_of(dialogue)["predicted"].value is None


@pytest.mark.parametrize(
    ("published", "head", "joint"),
    [("Question: {} Answer: {}", "Question: Is it? Answer:", " "), ("{} {}", "Is it?", " ")],
)
def test_a_published_prefix_template_ends_before_its_option(
    published: str, head: str, joint: str
) -> None:
    assert before_option(published, "Is it?") == (head, joint)


def test_the_judge_is_asked_in_both_orders_without_image_or_key() -> None:
    dialogue = held(free_form, member(), "It is narrow.", "A: 9\nB: 2\nYour explanation: x",
                    "A: 2\nB: 9\nYour explanation: x", under=JUDGED)  # fmt: skip
    roles = [(role, respondent) for role, respondent, *_ in dialogue.steps]
    assert roles == [("answer", "model"), ("judge", "judge"), ("judge-crossed", "judge")]
    marks = marks_of(dialogue)
    assert (marks["predicted"].value, marks["closeness"].value) == (0.0, 7.0)
    assert marks_of(dialogue, "official")["predicted"].value == 0.0


def test_a_judge_that_favours_what_stands_first_chooses_nothing() -> None:
    reply = "A: 9\nB: 2\nYour explanation: x"
    dialogue = held(free_form, member(), "Hm.", reply, reply, under=JUDGED)
    assert marks_of(dialogue)["predicted"].value is None
    assert marks_of(dialogue, "official")["predicted"].value == 0.0


def test_a_reply_that_ends_the_released_run_is_null_there_and_read_here() -> None:
    dialogue = held(free_form, member(), "It is narrow.", "A: 9/10\nB: 2/10\nYour explanation: x",
                    "A: 2/10\nB: 9/10\nYour explanation: x", under=JUDGED)  # fmt: skip
    mark = marks_of(dialogue, "official")["predicted"]
    assert mark.status == "missing:released-script-stops-at-the-reply"
    assert marks_of(dialogue)["predicted"].value == 0.0


def test_a_refused_answer_chooses_nothing_whatever_the_judge_says() -> None:
    reply = "A: 9\nB: 2\nYour explanation: x"
    dialogue = held(free_form, member(), "I cannot answer that.", reply, reply, under=JUDGED)
    assert marks_of(dialogue)["correct"].status == "refused"


@pytest.mark.parametrize(
    ("difference", "threshold", "place"),
    [(3.0, 3, 0), (-3.0, 3, 1), (2.5, 3, None), (0.0, 0, 0), (-0.5, 0, 1)],
)
def test_an_option_is_chosen_when_it_is_closer_by_the_threshold(
    difference: float, threshold: float, place: int | None
) -> None:
    assert chosen(difference, threshold) == place


def test_the_published_judge_is_asked_in_its_own_words_and_temperature() -> None:
    official = {
        "mediconfusion/gpt4": "Say it.\n{}",
        "mediconfusion/judge": "Compare.",
        "mediconfusion/judge-role": "Someone",
        "mediconfusion/judge-system": "You check.",
    }
    under = setting(judge="judges/one", official=official)
    dialogue = held(free_form, member(), "It is narrow.", under=under)
    (request,) = (call.request for call in dialogue.calls)
    assert request.messages[0].content == ("You check.",)
    assert "Compare." in str(request.messages[1].content[0])
    assert "Someone" in str(request.messages[1].content[0])
    assert request.decoding.temperature == 0.7


def test_without_a_judge_free_form_is_skipped() -> None:
    assert held(free_form, member()).reason == "no-judge"
