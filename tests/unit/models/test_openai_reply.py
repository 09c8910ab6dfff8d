from __future__ import annotations

from typing import Any

import orjson
import pytest

from medtrust.core.model import ModelOptions
from medtrust.core.records import Answer, Failure, Outcome, Usage
from medtrust.models.openai.reply import read_reply
from medtrust.models.openai.settings import read_settings
from medtrust.models.thinking import split_thinking
from servers.fault_server import completion

SETTINGS = read_settings(ModelOptions("m", "http://localhost:1/v1"))


def read(body: Any, *, wanted: frozenset[str] = frozenset()) -> list[Answer | Failure] | Failure:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return read_reply(
        data, wanted=wanted, latency_s=0.5, headers={}, settings=SETTINGS, note=lambda _: None
    )


def first(body: Any) -> Answer:
    found = read(body)
    assert isinstance(found, list)
    assert isinstance(found[0], Answer)
    return found[0]


def message(**fields: Any) -> dict[str, Any]:
    return completion("", message={"role": "assistant", **fields})


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("Yes", "", "Yes"),
        ("<think>hm</think>Yes", "hm", "Yes"),
        ("\n<think>\nhm\n</think>\n\nYes ", "hm", "Yes "),
        ("hm, the heart</think>\nYes", "hm, the heart", "Yes"),
        ("<think>cut off in the mid", "cut off in the mid", ""),
        ("<think></think>Yes", "", "Yes"),
        ("<unused94>thought\nhm<unused95>Yes", "thought\nhm", "Yes"),
        ("[THINK]hm[/THINK]Yes", "hm", "Yes"),
        ("I think <b>so</b>", "", "I think <b>so</b>"),
        ("", "", ""),
    ],
)
def test_thinking_is_split_from_the_answer(text: str, thinking: str, answer: str) -> None:
    assert split_thinking(text) == (thinking, answer)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_in_a_field_of_its_own_is_found(field: str) -> None:
    answer = first(message(content="Yes", **{field: "hm"}))
    assert (answer.text, answer.reasoning) == ("Yes", "hm")


def test_content_in_parts_is_put_together() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Ye"},
        {"type": "text", "text": "s"},
    ]
    answer = first(message(content=parts))
    assert (answer.text, answer.reasoning) == ("Yes", "hm")


def test_a_logprob_that_is_no_number_costs_the_signals_and_not_the_answer() -> None:
    """Servers in Python write NaN where JSON has no such thing."""
    body = completion("Yes")
    entries = [{"token": "Yes", "logprob": "HERE"}]
    body["choices"][0]["logprobs"] = {"content": entries}
    data = orjson.dumps(body).replace(b'"HERE"', b"NaN")
    found = read(data, wanted=frozenset({"token_logprobs"}))
    assert isinstance(found, list)
    (answer,) = found
    assert isinstance(answer, Answer)
    assert answer.text == "Yes"
    assert "token_logprobs" not in answer.signals


def test_a_refusal_field_is_the_text_of_the_answer() -> None:
    answer = first(message(content=None, refusal="I cannot help."))
    assert (answer.text, answer.outcome) == ("I cannot help.", Outcome.OK)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("stop", Outcome.OK),
        (None, Outcome.OK),
        ("length", Outcome.TRUNCATED),
        ("MAX_TOKENS", Outcome.TRUNCATED),
        ("content_filter", Outcome.FILTERED),
    ],
)
def test_the_finish_reason_decides_the_outcome(word: str | None, outcome: Outcome) -> None:
    answer = first(completion("Yes", finish_reason=word))
    assert (answer.outcome, answer.finish_reason) == (outcome, word or "")


def test_thinking_that_used_all_tokens_leaves_a_truncated_empty_answer() -> None:
    body = completion("", finish_reason="length")
    body["choices"][0]["message"] = {"content": None, "reasoning_content": "so much to think"}
    answer = first(body)
    assert (answer.text, answer.outcome) == ("", Outcome.TRUNCATED)
    assert answer.reasoning == "so much to think"


def test_an_answer_keeps_usage_latency_and_what_the_server_said_it_was() -> None:
    answer = first(completion("Yes"))
    assert answer.usage == Usage(11, 3)
    assert answer.latency_s == 0.5
    assert answer.server == "fault-model fp-1"


def test_the_usage_of_several_choices_is_counted_once() -> None:
    found = read(completion("a", "b"))
    assert isinstance(found, list)
    assert [a.usage for a in found if isinstance(a, Answer)] == [Usage(11, 3), Usage()]


def test_choices_are_read_in_the_order_of_their_index() -> None:
    body = completion("a", "b", "c")
    body["choices"].reverse()
    found = read(body)
    assert isinstance(found, list)
    assert [a.text for a in found if isinstance(a, Answer)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "reply-not-json"),
        (b'{"choices": [', "reply-not-json"),
        (b"", "reply-not-json"),
        ([1], "reply-not-json"),
        ({}, "reply-no-choices"),
        ({"choices": []}, "reply-no-choices"),
        ({"choices": "Yes"}, "reply-no-choices"),
        ({"error": {"message": "no"}}, "reply-error"),
        ({"error": "overloaded"}, "reply-error"),
        ({"error": {"code": 429}}, "http-429"),
        ({"error": {"code": 503}, "choices": []}, "http-503"),
        ({"error": {"code": 401}}, "http-401"),
    ],
)
def test_a_reply_without_an_answer_is_a_failure(body: Any, reason: str) -> None:
    found = read(body)
    assert isinstance(found, Failure)
    assert found.reason == reason
    assert found.retry != found.fatal


@pytest.mark.parametrize(
    "choice",
    [
        None,
        "Yes",
        {},
        {"message": None},
        {"message": "Yes"},
        {"message": {"content": 3}},
        {"message": {"content": ["Yes"]}},
    ],
)
def test_a_choice_of_another_form_is_a_failure_and_no_crash(choice: Any) -> None:
    found = read({"choices": [choice]})
    assert isinstance(found, list)
    assert isinstance(found[0], Failure)
    assert found[0].reason == "reply-malformed"


@pytest.mark.parametrize("usage", [None, 3, {}, {"prompt_tokens": "11"}])
def test_usage_that_cannot_be_read_is_unknown(usage: Any) -> None:
    assert first({**completion("Yes"), "usage": usage}).usage == Usage()


def test_an_answer_the_server_broke_off_is_asked_again() -> None:
    found = read(completion("Ye", finish_reason="error"))
    assert isinstance(found, list)
    assert isinstance(found[0], Failure)
    assert (found[0].reason, found[0].retry) == ("reply-aborted", True)
