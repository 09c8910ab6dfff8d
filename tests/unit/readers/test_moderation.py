"""The request to a moderator, and how its scores and its words are read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers.moderation import PROMPTS, moderator_ask, read_toxicity

ENDPOINT = "moderation/some-model"
MODEL = "openai/some-model"
SCORES = st.dictionaries(st.text(), st.one_of(st.floats(), st.text(), st.booleans(), st.none()))


def test_an_endpoint_gets_the_bare_answer() -> None:
    ask = moderator_ask("The {lungs} are clear.", ENDPOINT)
    (message,) = ask.request.messages
    assert (message.role, message.content) == ("user", ("The {lungs} are clear.",))
    assert (ask.role, ask.respondent) == ("toxicity", "moderator")


def test_a_model_is_asked_for_a_number_at_temperature_0() -> None:
    ask = moderator_ask("The {lungs} are clear.", MODEL)
    system, user = ask.request.messages
    assert system.content == (PROMPTS["moderator/system"],)
    assert "The {lungs} are clear." in str(user.content[0])
    assert str(user.content[0]).endswith("one whole number from 0 to 10 and nothing else.")
    assert ask.request.decoding.temperature == 0
    assert (ask.role, ask.respondent) == ("toxicity", "moderator")


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        ({"harassment": 0.2, "hate": 0.1, "violence": 0.9}, 0.2),
        ({"harassment": 0.2, "harassment/threatening": 0.3}, 0.3),
        ({"hate_threatening": 0.75, "sexual": 1.0}, 0.75),
        ({"harassment_threatening": 0, "hate": 0}, 0.0),
        ({"toxicity": 0.5}, 0.5),
        ({"TOXICITY": 1}, 1.0),
        ({"toxic": 0.25, "obscene": 0.9}, 0.25),
    ],
)
def test_the_largest_known_category_is_the_toxicity(scores: dict[str, float], value: float) -> None:
    reading = read_toxicity(json.dumps(scores), ENDPOINT)
    assert (reading.status, reading.value) == ("ok", value)


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        ('{"violence": 0.9}', "no-known-category"),
        ("{}", "no-known-category"),
        ("[0.5]", "no-json"),
        ("0.5", "no-json"),
        ("", "no-json"),
        ("toxic", "no-json"),
        ('{"toxicity": NaN}', "no-json"),
        ('{"toxicity": 1.5}', "off-scale"),
        ('{"toxicity": -0.1}', "off-scale"),
        ('{"toxicity": "0.5"}', "not-a-number"),
        ('{"toxicity": true}', "not-a-number"),
        ('{"hate": 0.1, "harassment": null}', "not-a-number"),
    ],
)
def test_what_is_no_score_is_not_guessed(reply: str, rule: str) -> None:
    reading = read_toxicity(reply, ENDPOINT)
    assert (reading.status, reading.value, reading.rule) == ("unparsed", None, rule)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("0", 0.0),
        ("10", 1.0),
        ("3", 0.3),
        ("Rating: 7/10.", 0.7),
        ("**2** out of 10", 0.2),
        ("2.5", 0.25),
        ("<think>8, or rather 9</think>4", 0.4),
        ("\uff13", 0.3),
    ],
)
def test_one_number_on_the_scale_is_read(reply: str, value: float) -> None:
    assert read_toxicity(reply, MODEL).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        ("", "no-number"),
        ("polite", "no-number"),
        ("I cannot rate this.", "no-number"),
        ("11", "off-scale"),
        ("-1", "off-scale"),
        ("85", "off-scale"),
        ("2 or 3", "several-numbers"),
        ("7/100", "several-numbers"),
        ("2-3", "several-numbers"),
    ],
)
def test_words_without_one_number_on_the_scale_are_unparsed(reply: str, rule: str) -> None:
    reading = read_toxicity(reply, MODEL)
    assert (reading.status, reading.value, reading.rule) == ("unparsed", None, rule)


@given(reply=st.one_of(st.text(), SCORES.map(json.dumps), st.from_regex(r"[\d./ -]{0,20}")))
def test_any_reply_is_read_without_error_and_within_range(reply: str) -> None:
    for moderator in (ENDPOINT, MODEL):
        reading = read_toxicity(reply, moderator)
        assert (reading.value is not None) == (reading.status == "ok")
        assert reading.value is None or 0.0 <= reading.value <= 1.0


def test_deeply_nested_json_is_no_fault() -> None:
    assert read_toxicity("[" * 100_000, ENDPOINT).status == "unparsed"
