"""The moderation adapter against a real server, well-behaved and not."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from medtrust.assembly import open_model as open_by_name
from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.keys import request_id
from medtrust.core.model import Call, ModelOptions, Origin
from medtrust.core.records import (
    Access,
    Answer,
    Decoding,
    Failure,
    ImageRef,
    Kind,
    Message,
    Outcome,
    Request,
    Sample,
)
from medtrust.models.moderation.adapter import ModerationModel, open_model
from medtrust.testing import check_model
from servers.fault_server import (
    Behaviour,
    FaultServer,
    Reply,
    always,
    error_in_200,
    garbage,
    hang,
    not_http,
    payload,
    redirect,
    reset,
    status,
)
from servers.moderation import SCORES, moderation, rude_words, scored

ORIGIN = Origin("t", Sample("s", "q?", Kind.OPEN, access=Access.PUBLIC), "", "")
TEXT = "The liver of patient Mustermann is a disgrace."
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def server(fault_server: FaultServer) -> FaultServer:
    fault_server.default = scored()
    return fault_server


def request(*messages: Message, **fields: Any) -> Request:
    return Request(messages or (Message("user", (TEXT,)),), Decoding(max_tokens=8), **fields)


def model_of(server: FaultServer, **parameters: str) -> ModerationModel:
    return open_model(ModelOptions("fault-moderation", server.base_url, parameters))


async def asked(model: ModerationModel, *rounds: Sequence[Request]) -> list[Answer | Failure]:
    results: list[Answer | Failure] = []
    try:
        for requests in rounds:
            calls = [Call(each, request_id(each), ORIGIN) for each in requests]
            results += await model.answer(calls, NOTHING)
    finally:
        await model.close()
    return results


def ask(model: ModerationModel, *requests: Request) -> list[Answer | Failure]:
    """The results of one call of the adapter; requests are the draws of one request."""
    return asyncio.run(asked(model, requests or (request(),)))


def answer(results: Sequence[Answer | Failure]) -> Answer:
    (result,) = results
    assert isinstance(result, Answer), result
    return result


def failure(results: Sequence[Answer | Failure]) -> Failure:
    result = results[0]
    assert isinstance(result, Failure), result
    return result


# What is sent and what comes back


def test_a_text_is_sent_to_the_moderation_endpoint_alone(server: FaultServer) -> None:
    found = answer(ask(model_of(server)))
    (seen,) = server.requests
    assert (seen.method, seen.path) == ("POST", "/v1/moderations")
    assert seen.body == {"model": "fault-moderation", "input": TEXT}
    assert seen.headers["content-type"] == "application/json"
    assert found.outcome is Outcome.OK
    assert found.server == "fault-moderation"


def test_the_answer_is_the_json_of_the_scores_with_sorted_names(server: FaultServer) -> None:
    text = answer(ask(model_of(server))).text
    assert text == '{"harassment":0.125,"hate":0.25,"violence/graphic":0.0}'
    assert orjson.loads(text) == SCORES


def test_only_the_last_message_of_the_user_is_marked(server: FaultServer) -> None:
    messages = (
        Message("system", ("Be brief.",)),
        Message("user", ("First.",)),
        Message("assistant", ("No.",)),
        Message("user", ("Sec", "ond \u00e4.")),
        Message("assistant", ("begun",)),
    )
    answer(ask(model_of(server), request(*messages)))
    assert server.requests[0].body["input"] == "Second \u00e4."


def test_a_marking_rule_tells_texts_apart(server: FaultServer) -> None:
    server.default = rude_words("disgrace")
    polite = request(Message("user", ("The liver is of normal size.",)))
    rude, kind = asyncio.run(asked(model_of(server), [request()], [polite]))
    assert isinstance(rude, Answer)
    assert isinstance(kind, Answer)
    assert orjson.loads(rude.text)["harassment"] == pytest.approx(1 / 8)
    assert orjson.loads(kind.text)["harassment"] == 0


def test_categories_that_were_not_judged_are_left_out(server: FaultServer) -> None:
    server.default = scored({"hate": 1, "illicit": None})
    assert answer(ask(model_of(server))).text == '{"hate":1}'


def test_every_draw_is_asked_for(server: FaultServer) -> None:
    results = ask(model_of(server), *[request(draw=draw) for draw in range(3)])
    assert [isinstance(result, Answer) for result in results] == [True] * 3
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "image", [ImageRef("blank:4x2"), ImageRef("set:gone.png")], ids=["made", "missing"]
)
@pytest.mark.parametrize("last", [True, False])
def test_images_are_refused_with_a_sentence_and_nothing_is_sent(
    server: FaultServer, image: ImageRef, last: bool
) -> None:
    messages = (Message("user", (image, "Look.")), Message("user", (TEXT,)))
    found = failure(ask(model_of(server), request(*(messages[::-1] if last else messages))))
    assert found.reason == "images-refused"
    assert found.message.endswith("this request has an image.")
    assert not found.retry
    assert not found.fatal
    assert server.requests == []


def test_what_no_moderation_server_can_do_is_refused(server: FaultServer) -> None:
    model = model_of(server)
    scoring = failure(ask(model, request(continuations=("Yes", "No"))))
    assert scoring.reason == "continuations-unsupported"
    empty = failure(ask(model, request(Message("system", ("Be brief.",)))))
    assert empty.reason == "no-user-message"
    assert server.requests == []


# Failures


def scores_of(scores: Any) -> Behaviour:
    return always({"results": [{"flagged": False, "category_scores": scores}]})


def cut(seen: Any) -> Reply:
    del seen
    return Reply(200, orjson.dumps(moderation(SCORES)), cut_at=40)


@pytest.mark.parametrize(
    ("behaviour", "reason", "retry", "fatal"),
    [
        (status(401), "http-401", False, True),
        (status(403), "http-403", False, True),
        (status(404), "http-404", False, True),
        (status(405), "http-405", False, True),
        (status(400), "http-400", False, False),
        (status(413), "request-too-large", False, False),
        (status(429), "http-429", True, False),
        (status(429, error={"code": "insufficient_quota"}), "quota", False, True),
        (status(500), "http-500", True, False),
        (status(503), "http-503", True, False),
        (error_in_200(), "reply-error", True, False),
        (error_in_200(429), "http-429", True, False),
        (redirect("http://localhost:1/v1/moderations"), "redirect", False, True),
        (garbage(), "reply-not-json", True, False),
        (always([1]), "reply-not-json", True, False),
        (always({}), "reply-no-scores", True, False),
        (always({"results": []}), "reply-no-scores", True, False),
        (always({"results": [{"flagged": True}]}), "reply-no-scores", True, False),
        (always({"results": [{"category_scores": {"a": 1}}] * 2}), "reply-no-scores", True, False),
        (scores_of({}), "reply-no-scores", True, False),
        (scores_of({"a": None}), "reply-no-scores", True, False),
        (scores_of({"a": "0.5"}), "reply-no-scores", True, False),
        (scores_of({"a": True}), "reply-no-scores", True, False),
        (scores_of({"a": 50}), "reply-no-scores", True, False),
        (scores_of({"a": -0.1}), "reply-no-scores", True, False),
        (scores_of([0.5]), "reply-no-scores", True, False),
        (cut, "reply-truncated", True, False),
        (reset(), "connection-lost", True, False),
        (not_http(), "reply-not-http", True, False),
    ],
)  # fmt: skip
def test_every_fault_becomes_a_failure_that_says_whether_to_try_again(
    server: FaultServer, behaviour: Behaviour, reason: str, retry: bool, fatal: bool
) -> None:
    server.default = behaviour
    found = failure(ask(model_of(server)))
    assert (found.reason, found.retry, found.fatal) == (reason, retry, fatal)
    assert "Mustermann" not in found.message
    assert "--base-url" not in found.message
    assert "chat" not in found.message
    assert found.message.endswith((".", ")."))


def test_a_fatal_failure_is_not_asked_for_again_with_every_draw(server: FaultServer) -> None:
    server.default = status(401)
    results = ask(model_of(server), *[request(draw=draw) for draw in range(3)])
    assert len(results) == 3
    assert len(server.requests) == 1


def test_retry_after_is_passed_on(server: FaultServer) -> None:
    server.default = status(429, retry_after="7")
    found = failure(ask(model_of(server)))
    assert (found.retry_after_s, found.congestion) == (7.0, True)


def test_after_a_fault_the_next_text_is_marked(server: FaultServer) -> None:
    server.script = [reset(), cut, status(500), garbage()]
    results = asyncio.run(asked(model_of(server), *[[request()]] * 5))
    assert [isinstance(result, Failure) for result in results] == [True] * 4 + [False]


def test_a_slow_server_is_waited_for_and_a_silent_one_is_not(server: FaultServer) -> None:
    server.script = [scored(delay_s=0.1)]
    assert answer(ask(model_of(server))).latency_s >= 0.1
    server.default = hang()
    found = failure(ask(model_of(server, timeout="0.2")))
    assert (found.reason, found.retry) == ("timeout", True)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        found = failure(ask(open_model(ModelOptions("m", url))))
    assert (found.reason, found.unreachable) == ("unreachable", True)
    assert url in found.message
    assert "its address" in found.message


# Keys and settings


def test_the_key_is_sent_and_stands_nowhere_else(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("WARD_KEY", "sk-top-secret-1")
    echo: Behaviour = lambda seen: payload(  # noqa: E731
        {"error": {"message": seen.headers["authorization"], "code": "sk-top-secret-1"}}, 401
    )
    named: Behaviour = lambda _: payload(  # noqa: E731
        moderation(SCORES) | {"model": "a b\n" + "x" * 999}
    )
    server.script = [echo, reset(), status(400), named]
    model = model_of(server, api_key_env="WARD_KEY")
    results = asyncio.run(asked(model, *[[request()]] * 4))
    assert server.requests[0].headers["authorization"] == "Bearer sk-top-secret-1"
    shown = f"{results} {model!r} {model.identity} {model.notes} {caplog.text}"
    assert "top-secret" not in shown
    assert isinstance(results[-1], Answer)
    assert results[-1].server == "ab" + "x" * 118


def test_the_key_comes_from_the_variable_of_openai_models(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    answer(ask(model_of(server)))
    monkeypatch.delenv("OPENAI_API_KEY")
    answer(ask(model_of(server)))
    assert [seen.headers.get("authorization") for seen in server.requests] == ["Bearer sk-1", None]


def test_its_identity_is_not_that_of_a_chat_model(server: FaultServer) -> None:
    identity = model_of(server).identity
    assert identity.model_id == f"moderation/fault-moderation@{server.base_url}"
    assert identity.host == "127.0.0.1"
    named = model_of(server, revision="2026-10").identity
    assert named.model_id == "moderation/fault-moderation@2026-10"


def test_the_registry_opens_it_by_its_name(server: FaultServer) -> None:
    model = open_by_name("moderation/fault-moderation", server.base_url, {})
    assert isinstance(model, ModerationModel)
    assert not model.capabilities.needs_pixels


@pytest.mark.parametrize(
    ("name", "url", "parameters", "sentence"),
    [
        ("", "http://localhost:1", {}, "--moderator moderation/NAME"),
        ("m", None, {}, "--moderator-url"),
        ("m", "http://localhost:1", {"api_key_env": "ABSENT_KEY"}, "ABSENT_KEY is empty"),
        ("m", "http://localhost:1", {"timeout": "soon"}, "not a number"),
        ("m", "ftp://localhost", {}, "not an http address"),
    ],
)
def test_what_the_user_typed_wrongly_is_said(
    name: str, url: str | None, parameters: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        open_model(ModelOptions(name, url, parameters))


def test_parameters_of_chat_models_are_not_taken(server: FaultServer) -> None:
    with pytest.raises(UnknownNameError, match="parameter of moderation models 'prefill'"):
        model_of(server, prefill="vllm")


@pytest.mark.parametrize(
    "behaviour",
    [scored(), status(500), status(401), reset(), hang(), garbage()],
    ids=["ok", "500", "401", "reset", "hang", "garbage"],
)
def test_it_keeps_the_protocol_whatever_its_server_does(behaviour: Behaviour) -> None:
    with FaultServer(behaviour) as server:
        check_model(open_by_name("moderation/m", server.base_url, {"timeout": "0.2"}))
