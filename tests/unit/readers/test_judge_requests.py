"""The request to the judge, and the score as the released script takes it."""

from __future__ import annotations

import pytest

from medtrust.readers.judge import PROMPTS, judge, official_score


def test_braces_in_questions_and_answers_are_text() -> None:
    ask = judge("Is {this} shown?", "{reference}", "{answer} {question}")
    shown = str(ask.request.messages[1].content[0])
    assert "Is {this} shown?" in shown
    assert "{reference}" in shown
    assert "{answer} {question}" in shown


def test_the_judge_is_asked_at_temperature_0_with_its_own_system_prompt() -> None:
    ask = judge("a", "b", "c")
    assert ask.request.decoding.temperature == 0
    assert [message.role for message in ask.request.messages] == ["system", "user"]
    assert ask.request.messages[0].content == (PROMPTS["judge/system"],)
    assert (ask.role, ask.respondent) == ("judge", "judge")


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("8", 8.0),
        (" 8.5\n", 8.5),
        ("0", 0.0),
        ("85", 85.0),
        ("-3", -3.0),
        ("1e1", 10.0),
        ("1e6", 1e6),
    ],
)
def test_the_released_script_takes_any_number_unclamped(reply: str, score: float) -> None:
    assert official_score(reply) == score


@pytest.mark.parametrize("reply", ["8/10", "Score: 8", "", "eight", "8."[:1] + " of 10"])
def test_what_float_refuses_is_no_score(reply: str) -> None:
    assert official_score(reply) is None


@pytest.mark.parametrize("reply", ["nan", "NaN", "inf", "-Infinity"])
def test_words_that_float_takes_for_numbers_without_a_mean_are_no_score(reply: str) -> None:
    assert official_score(reply) is None


@pytest.mark.parametrize("reply", ["1e308", "-1e308", "1000001", "9" * 300])
def test_a_number_beyond_any_sum_is_no_score(reply: str) -> None:
    assert official_score(reply) is None
