from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import orjson
import pytest

from medtrust.core.model import ModelOptions
from medtrust.core.records import Failure
from medtrust.models.openai.concessions import refused_field
from medtrust.models.openai.failures import (
    ServerError,
    error_of,
    read_error,
    retry_after_s,
    status_failure,
)
from medtrust.models.openai.settings import read_settings

SETTINGS = read_settings(ModelOptions("gemma", "http://ward.example:8000/v1"))


def failure(status: int, error: ServerError | None = None, **headers: str) -> Failure:
    return status_failure(status, headers, error or ServerError(), SETTINGS)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_an_overloaded_server_is_asked_again_and_less(status: int) -> None:
    found = failure(status)
    assert (found.reason, found.retry, found.congestion) == (f"http-{status}", True, True)
    assert not found.fatal


@pytest.mark.parametrize(
    ("status", "way_out"),
    [(401, "OPENAI_API_KEY"), (402, "credit"), (403, "gemma"), (404, "doctor"), (405, "base-url")],
)
def test_what_every_request_will_meet_stops_the_run_with_a_way_out(
    status: int, way_out: str
) -> None:
    found = failure(status)
    assert (found.fatal, found.retry) == (True, False)
    assert way_out in found.message


def test_a_used_up_quota_is_not_waited_for() -> None:
    found = failure(429, ServerError(code="insufficient_quota"))
    assert (found.reason, found.fatal, found.retry) == ("quota", True, False)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("This model's maximum context length is 4096 tokens.", "context-length"),
        ("The prompt is too long", "context-length"),
        ("gemma is not a multimodal model", "images-refused"),
        ("This model does not support image input", "images-refused"),
        ("At most 0 image(s) may be provided in one prompt.", "images-refused"),
        ("Invalid value", "http-400"),
    ],
)
def test_a_bad_request_is_told_apart_by_what_the_server_says(message: str, reason: str) -> None:
    found = failure(400, ServerError(message=message))
    assert (found.reason, found.retry, found.fatal) == (reason, False, False)
    assert message not in found.message


def test_a_request_that_is_too_large_is_not_repeated() -> None:
    found = failure(413)
    assert (found.reason, found.retry) == ("request-too-large", False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("-3", 0.0), ("inf", None), ("nan", None), ("soon", None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}) == seconds


def test_retry_after_as_a_date() -> None:
    later = formatdate(time.time() + 100, usegmt=True)
    earlier = formatdate(time.time() - 100, usegmt=True)
    assert retry_after_s({"retry-after": later}) == pytest.approx(100, abs=30)
    assert retry_after_s({"retry-after": earlier}) == 0
    assert retry_after_s({}) is None


def test_retry_after_in_milliseconds_is_the_finer_word() -> None:
    assert retry_after_s({"retry-after-ms": "250", "Retry-After": "1"}) == 0.25


@pytest.mark.parametrize(
    ("body", "code", "param", "message"),
    [
        ({"error": {"message": "m", "code": "c", "param": "seed"}}, "c", "seed", "m"),
        ({"error": {"message": "m", "type": "BadRequest", "code": 400}}, "badrequest", "", "m"),
        ({"object": "error", "message": "m", "type": "t"}, "t", "", "m"),
        ({"error": "m", "error_type": "validation"}, "validation", "", "m"),
        ({"detail": [{"loc": ["body", "seed"], "msg": "m"}]}, "", "seed", "m"),
        ({"detail": "m"}, "", "", "m"),
        ({"error": {"code": "c", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
         "responsibleaipolicyviolation", "", ""),
        ({"error": {"code": 403, "metadata": {"flagged_input": "..."}}}, "content_filter", "", ""),
        ({"error": None}, "", "", ""),
        ({}, "", "", ""),
    ],
)  # fmt: skip
def test_errors_of_every_make_of_server_are_read(
    body: dict[str, Any], code: str, param: str, message: str
) -> None:
    error = error_of(body)
    assert (error.code, error.param, error.message) == (code, param, message)


@pytest.mark.parametrize(
    "data", [b"", b"no", b"[]", b'"x"', b"\xff", b'{"error": {"code": [1], "param": {}}}']
)
def test_an_error_body_that_makes_no_sense_is_an_error_without_a_code(data: bytes) -> None:
    assert read_error(data).code == ""


def test_no_word_of_a_server_that_could_be_a_question_or_a_key_is_passed_on() -> None:
    told = {"error": {"message": "patient Doe", "code": "sk-a1b2c3d4", "param": "patient Doe"}}
    found = failure(400, read_error(orjson.dumps(told)))
    assert "Doe" not in found.message
    assert "a1b2" not in found.message


SENT = {"model": "m", "max_tokens": 8, "temperature": 0, "n": 3, "stop": ["x"], "logprobs": True,
        "top_logprobs": 5, "seed": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (ServerError(param="seed"), "seed"),
        (ServerError(message="Unsupported value: 'temperature' does not support 0"), "temperature"),
        (ServerError(message="top_logprobs must be at most 3"), "top_logprobs"),
        (ServerError(message="logprobs are not available"), "logprobs"),
        (ServerError(message="n=3 is not supported"), "n"),
        (ServerError(message="what is the temperature of this patient? stop"), None),
        (ServerError(param="messages", message="bad"), None),
        (ServerError(message="the model 'model' is busy"), None),
        (ServerError(), None),
    ],
)
def test_the_refused_field_is_found_and_words_of_a_question_are_not_taken_for_one(
    error: ServerError, field: str | None
) -> None:
    assert refused_field(error, SENT) == field
