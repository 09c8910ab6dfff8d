"""The adapter against a real server that misbehaves in every way servers do."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import socket
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from PIL import Image

from medtrust.core.errors import UserError
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
    Usage,
)
from medtrust.models.openai import connection
from medtrust.models.openai.adapter import OpenAIModel, open_model
from servers.fault_server import (
    Behaviour,
    FaultServer,
    Reply,
    always,
    completion,
    error_in_200,
    fewer_choices,
    garbage,
    hang,
    not_http,
    ok,
    payload,
    redirect,
    refuses,
    reset,
    slow,
    status,
    truncated,
    with_logprobs,
)

ORIGIN = Origin("t", Sample("s", "q?", Kind.OPEN, access=Access.PUBLIC), "", "")
QUESTION = "Is the heart of patient Mustermann enlarged?"
NOTHING: frozenset[str] = frozenset()
LOGPROBS = frozenset({"token_logprobs", "top_logprobs"})


def request(
    *parts: str | ImageRef, decoding: Decoding | None = None, draw: int = 0, **fields: Any
) -> Request:
    messages = (Message("user", parts or (QUESTION,)),)
    return Request(messages, decoding or Decoding(max_tokens=8), draw=draw, **fields)


def calls_of(*requests: Request) -> list[Call]:
    return [Call(each, request_id(each), ORIGIN) for each in requests]


def model_of(server: FaultServer, **parameters: str) -> OpenAIModel:
    dotted = {name.replace("__", "."): value for name, value in parameters.items()}
    return open_model(ModelOptions("fault-model", server.base_url, dotted))


async def asked(
    model: OpenAIModel, *rounds: Sequence[Request], signals: frozenset[str] = NOTHING
) -> list[Answer | Failure]:
    results: list[Answer | Failure] = []
    try:
        for requests in rounds:
            results += await model.answer(calls_of(*requests), signals)
    finally:
        await model.close()
    return results


def ask(
    model: OpenAIModel, *requests: Request, signals: frozenset[str] = NOTHING
) -> list[Answer | Failure]:
    """The results of one call of the adapter; requests are the draws of one request."""
    return asyncio.run(asked(model, requests or (request(),), signals=signals))


def answer(results: Sequence[Answer | Failure], index: int = 0) -> Answer:
    result = results[index]
    assert isinstance(result, Answer), result
    return result


def failure(results: Sequence[Answer | Failure]) -> Failure:
    result = results[0]
    assert isinstance(result, Failure), result
    return result


def sampled(n_draws: int, *, seed: int | None = None, first: int = 0) -> list[Request]:
    decoding = Decoding(max_tokens=8, temperature=1.0, seed=seed)
    return [request(decoding=decoding, draw=draw) for draw in range(first, first + n_draws)]


# What is sent


def test_a_question_is_sent_as_one_chat_completion(fault_server: FaultServer) -> None:
    found = ask(model_of(fault_server))
    assert answer(found).text == "Yes"
    (seen,) = fault_server.requests
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers["content-type"] == "application/json"
    assert seen.body == {
        "model": "fault-model",
        "max_tokens": 8,
        "temperature": 0.0,
        "messages": [{"role": "user", "content": QUESTION}],
    }


def test_every_role_and_part_arrives_in_order(fault_server: FaultServer) -> None:
    grey = ImageRef("blank:4x2")
    messages = (
        Message("system", ("Be ", "brief.")),
        Message("user", ("first", grey, '\u00e4 "quoted"\n')),
        Message("assistant", ("No.",)),
        Message("user", ("Sure?",)),
    )
    ask(model_of(fault_server), Request(messages))
    system, user, assistant, last = fault_server.requests[0].body["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert assistant == {"role": "assistant", "content": "No."}
    assert last == {"role": "user", "content": "Sure?"}
    assert [part["type"] for part in user["content"]] == ["text", "image_url", "text"]
    assert user["content"][2]["text"] == '\u00e4 "quoted"\n'


def test_an_image_arrives_byte_for_byte(fault_server: FaultServer, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")  # over 1 MiB, where aiohttp warns about bodies
    data = buffer.getvalue()
    path = tmp_path / "x.png"
    path.write_bytes(data)
    image = ImageRef(f"sha256:{sha256(data).hexdigest()}", path=str(path))
    ask(model_of(fault_server), request(image, QUESTION))
    url = fault_server.requests[0].body["messages"][0]["content"][0]["image_url"]["url"]
    head, _, encoded = url.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(encoded) == data


def test_sampling_fields_are_sent_only_where_they_mean_something(
    fault_server: FaultServer,
) -> None:
    greedy = Decoding(max_tokens=8, top_p=0.5, seed=3, stop=("\n",))
    warm = Decoding(max_tokens=8, temperature=0.7, top_p=0.5, seed=3)
    model = model_of(fault_server)
    asyncio.run(asked(model, [request(decoding=greedy)], [request(decoding=warm, draw=2)]))
    first, second = (seen.body for seen in fault_server.requests)
    assert (first["temperature"], first["stop"]) == (0, ["\n"])
    assert not {"top_p", "seed"} & set(first)
    assert (second["temperature"], second["top_p"], second["seed"]) == (0.7, 0.5, 5)


def test_more_fields_and_dropped_fields_are_as_the_user_said(fault_server: FaultServer) -> None:
    model = model_of(
        fault_server,
        extra__top_k="40",
        extra__chat_template_kwargs='{"enable_thinking": false}',
        reasoning_effort="low",
        drop="temperature",
        max_tokens_field="max_completion_tokens",
    )
    ask(model)
    body = fault_server.requests[0].body
    assert body["top_k"] == 40
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["reasoning_effort"] == "low"
    assert body["max_completion_tokens"] == 8
    assert not {"temperature", "max_tokens"} & set(body)


def test_the_key_is_sent_and_stands_nowhere_else(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("WARD_KEY", "sk-top-secret-1")
    model = model_of(fault_server, api_key_env="WARD_KEY")
    echo: Behaviour = lambda seen: payload(  # noqa: E731
        {"error": {"message": seen.headers["authorization"], "code": "sk-top-secret-1"}}, 401
    )
    fault_server.script = [echo, not_http(), reset(), truncated(), hang(), status(400)]
    quick = model_of(fault_server, api_key_env="WARD_KEY", timeout="0.3")
    results = asyncio.run(asked(quick, *[[request()]] * 6)) + ask(model)
    assert fault_server.requests[0].headers["authorization"] == "Bearer sk-top-secret-1"
    shown = f"{results} {model!r} {model.identity} {model._settings} {model.notes} {caplog.text}"
    assert "top-secret" not in shown


def test_without_a_key_no_authorization_is_sent(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    ask(model_of(fault_server))
    assert "authorization" not in fault_server.requests[0].headers


def test_a_proxy_of_the_environment_is_not_used(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert answer(ask(model_of(fault_server))).text == "Yes"


def test_connections_are_kept_and_used_again(fault_server: FaultServer) -> None:
    asyncio.run(asked(model_of(fault_server), *[[request()]] * 20))
    assert len(fault_server.requests) == 20
    assert fault_server.connections == 1


def test_as_many_requests_travel_at_once_as_are_asked(fault_server: FaultServer) -> None:
    fault_server.default = slow(0.2)

    async def many() -> None:
        model = model_of(fault_server)
        questions = [request(f"question {i}") for i in range(150)]
        await asyncio.gather(*(model.answer(calls_of(each), NOTHING) for each in questions))
        await model.close()

    asyncio.run(many())
    assert fault_server.most_in_flight > 100


def test_a_closed_model_can_be_asked_again_in_another_loop(fault_server: FaultServer) -> None:
    model = model_of(fault_server)
    assert answer(ask(model)).text == answer(ask(model)).text == "Yes"


# Answers


@pytest.mark.parametrize(
    ("body", "text", "outcome"),
    [
        (completion("Yes", finish_reason="length"), "Yes", Outcome.TRUNCATED),
        (completion("", finish_reason="content_filter"), "", Outcome.FILTERED),
        (completion("<think>hm</think>No"), "No", Outcome.OK),
        (completion("<think>hm", finish_reason="length"), "", Outcome.TRUNCATED),
        (completion("", message={"content": None, "refusal": "No."}), "No.", Outcome.OK),
    ],
)
def test_an_answer_ends_as_the_server_says(
    fault_server: FaultServer, body: dict[str, Any], text: str, outcome: Outcome
) -> None:
    fault_server.default = always(body)
    found = answer(ask(model_of(fault_server)))
    assert (found.text, found.outcome) == (text, outcome)


def test_a_question_a_filter_stops_is_a_filtered_answer(fault_server: FaultServer) -> None:
    fault_server.default = status(400, error={"code": "content_filter", "message": QUESTION})
    results = ask(model_of(fault_server), *sampled(3))
    assert [answer(results, i).outcome for i in range(3)] == [Outcome.FILTERED] * 3
    assert len(fault_server.requests) == 1


def test_latency_covers_the_waiting(fault_server: FaultServer) -> None:
    fault_server.default = slow(0.1)
    assert answer(ask(model_of(fault_server))).latency_s >= 0.1


# Failures


@pytest.mark.parametrize(
    ("behaviour", "reason", "retry"),
    [
        (status(429), "http-429", True),
        (status(500), "http-500", True),
        (status(503), "http-503", True),
        (status(400), "http-400", False),
        (status(401), "http-401", False),
        (status(404), "http-404", False),
        (status(413), "request-too-large", False),
        (status(400, error={"code": "context_length_exceeded"}), "context-length", False),
        (status(200, error={"message": "no"}), "reply-error", True),
        (error_in_200(429), "http-429", True),
        (garbage(), "reply-not-json", True),
        (always({"choices": []}), "reply-no-choices", True),
        (truncated(), "reply-truncated", True),
        (reset(), "connection-lost", True),
        (not_http(), "reply-not-http", True),
        (lambda _: Reply(200, b"x", {"Content-Length": "99999999999"}), "reply-too-large", False),
    ],
)
def test_every_fault_becomes_a_failure_that_says_whether_to_try_again(
    fault_server: FaultServer, behaviour: Behaviour, reason: str, retry: bool
) -> None:
    fault_server.default = behaviour
    found = failure(ask(model_of(fault_server)))
    assert (found.reason, found.retry) == (reason, retry)
    assert "Mustermann" not in found.message
    assert found.message.endswith((".", ")."))


def test_after_a_fault_the_next_request_is_answered(fault_server: FaultServer) -> None:
    fault_server.script = [reset(), truncated(), not_http(), status(500), garbage()]
    results = asyncio.run(asked(model_of(fault_server), *[[request()]] * 6))
    assert [isinstance(result, Failure) for result in results] == [True] * 5 + [False]


def test_retry_after_is_passed_on(fault_server: FaultServer) -> None:
    fault_server.default = status(429, retry_after="7")
    found = failure(ask(model_of(fault_server)))
    assert (found.retry_after_s, found.congestion) == (7.0, True)


def test_a_server_that_never_answers_is_a_timeout(fault_server: FaultServer) -> None:
    fault_server.default = hang()
    found = failure(ask(model_of(fault_server, timeout="0.2")))
    assert (found.reason, found.retry, found.congestion) == ("timeout", True, True)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        found = failure(ask(open_model(ModelOptions("m", url))))
    assert (found.reason, found.unreachable) == ("unreachable", True)
    assert url in found.message


def test_a_server_that_speaks_no_tls_is_said_so_once_and_for_all(
    fault_server: FaultServer,
) -> None:
    url = fault_server.base_url.replace("http:", "https:")
    found = failure(ask(open_model(ModelOptions("m", url))))
    assert (found.reason, found.fatal) == ("tls", True)


def test_a_redirect_is_never_followed(fault_server: FaultServer) -> None:
    with FaultServer() as elsewhere:
        fault_server.default = redirect(f"http://localhost:{elsewhere.port}/v1/chat/completions")
        found = failure(ask(model_of(fault_server)))
        assert elsewhere.requests == []
    assert (found.reason, found.fatal) == ("redirect", True)
    assert "localhost" in found.message


def bad_images(folder: Path) -> dict[str, ImageRef]:
    noise = np.random.default_rng(0).integers(0, 256, (80, 80), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG")
    contents = {
        "image-empty": b"",
        "image-unreadable": b"no image at all",
        "image-truncated": buffer.getvalue()[:1500],
    }
    found = {"image-missing": ImageRef("set:gone.jpg"), "image-too-large": ImageRef("blank:99x99")}
    for reason, data in contents.items():
        path = folder / f"{reason}.jpg"
        path.write_bytes(data)
        found[reason] = ImageRef(f"set:{reason}", path=str(path))
    return found


def test_an_image_that_cannot_be_used_fails_its_own_calls_only(
    fault_server: FaultServer, tmp_path: Path
) -> None:
    model = model_of(fault_server, max_pixels="9000")
    images = bad_images(tmp_path)
    rounds = [[request(image, QUESTION)] for image in images.values()]
    *failures, last = asyncio.run(asked(model, *rounds, [request()]))
    assert [failed.reason for failed in failures if isinstance(failed, Failure)] == list(images)
    assert not any(
        failed.retry or failed.fatal for failed in failures if isinstance(failed, Failure)
    )
    assert isinstance(last, Answer)
    assert len(fault_server.requests) == 1


def test_given_texts_cannot_be_scored_over_chat(fault_server: FaultServer) -> None:
    found = failure(ask(model_of(fault_server), request(continuations=("Yes", "No"))))
    assert found.reason == "continuations-unsupported"
    assert fault_server.requests == []


# Prefill


PREFILLED = Request((Message("user", (QUESTION,)), Message("assistant", ("The answer is",))))


def test_a_begun_answer_is_not_sent_to_a_server_that_may_not_continue_it(
    fault_server: FaultServer,
) -> None:
    found = failure(ask(model_of(fault_server), PREFILLED))
    assert found.reason == "prefill-unsupported"
    assert fault_server.requests == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("vllm", {"continue_final_message": True, "add_generation_prompt": False}),
        ("native", {}),
    ],
)
def test_a_begun_answer_is_sent_where_the_user_says_it_is_continued(
    fault_server: FaultServer, kind: str, fields: dict[str, bool]
) -> None:
    ask(model_of(fault_server, prefill=kind), PREFILLED)
    body = fault_server.requests[0].body
    assert body["messages"][-1] == {"role": "assistant", "content": "The answer is"}
    names = ("continue_final_message", "add_generation_prompt")
    assert {name: body[name] for name in names if name in body} == fields


# Draws


def test_draws_travel_in_one_request(fault_server: FaultServer) -> None:
    fault_server.default = always(completion("a", "b", "c"))
    results = ask(model_of(fault_server), *sampled(3))
    assert [answer(results, i).text for i in range(3)] == ["a", "b", "c"]
    assert [seen.body["n"] for seen in fault_server.requests] == [3]


def test_a_server_that_gives_one_draw_is_asked_one_by_one_from_then_on(
    fault_server: FaultServer,
) -> None:
    fault_server.default = fewer_choices(1)
    model = model_of(fault_server)
    results = asyncio.run(asked(model, sampled(3), sampled(2, first=3)))
    assert [isinstance(result, Answer) for result in results] == [True] * 5
    assert [seen.body.get("n") for seen in fault_server.requests] == [3, None, None, None, None]
    assert model.notes == ["The server gives one draw a request: they are asked one by one."]


def test_draws_missing_from_a_reply_are_asked_again(fault_server: FaultServer) -> None:
    fault_server.default = fewer_choices(3)
    results = ask(model_of(fault_server), *sampled(5))
    assert all(isinstance(result, Answer) for result in results)
    assert [seen.body.get("n") for seen in fault_server.requests] == [5, None, None]


def test_a_server_that_refuses_n_is_asked_one_by_one(fault_server: FaultServer) -> None:
    fault_server.default = refuses("n")
    results = ask(model_of(fault_server), *sampled(3))
    assert [answer(results, i).text for i in range(3)] == ["Yes"] * 3


def test_seeds_count_up_with_the_draws(fault_server: FaultServer) -> None:
    fault_server.default = fewer_choices(1)
    ask(model_of(fault_server), *sampled(3, seed=10, first=4))
    assert [seen.body["seed"] for seen in fault_server.requests] == [14, 15, 16]


def test_seeded_draws_with_a_gap_are_asked_one_by_one(fault_server: FaultServer) -> None:
    draws = sampled(3, seed=10)
    ask(model_of(fault_server), draws[0], draws[2])
    assert [seen.body["seed"] for seen in fault_server.requests] == [10, 12]
    assert all("n" not in seen.body for seen in fault_server.requests)


def test_greedy_draws_are_not_asked_at_once(fault_server: FaultServer) -> None:
    ask(model_of(fault_server), request(draw=0), request(draw=1))
    assert [seen.body.get("n") for seen in fault_server.requests] == [None, None]


def test_one_failing_draw_of_several_fails_alone(fault_server: FaultServer) -> None:
    fault_server.script = [fewer_choices(1), status(500), ok("late")]
    results = ask(model_of(fault_server), *sampled(3))
    assert [isinstance(result, Answer) for result in results] == [True, False, True]


def test_a_wrong_key_is_not_tried_for_every_draw(fault_server: FaultServer) -> None:
    fault_server.default = status(401)
    results = ask(model_of(fault_server), request(draw=0), request(draw=1), request(draw=2))
    assert len(results) == 3
    assert len(fault_server.requests) == 1


# Signals


def test_wanted_log_probabilities_are_asked_for_and_come_back(fault_server: FaultServer) -> None:
    fault_server.default = with_logprobs("Yes it is")
    found = answer(ask(model_of(fault_server, top_logprobs="3"), signals=LOGPROBS))
    assert fault_server.requests[0].body["logprobs"] is True
    assert fault_server.requests[0].body["top_logprobs"] == 3
    assert found.signals["token_logprobs"].tolist() == [-0.25] * 3
    assert found.signals["top_logprobs"].shape == (3, 3)
    assert found.signals["tokens"].tolist() == ["Yes", " it", " is"]


def test_unwanted_log_probabilities_are_not_asked_for(fault_server: FaultServer) -> None:
    fault_server.default = with_logprobs("Yes")
    found = answer(ask(model_of(fault_server), signals=frozenset({"continuation_logprobs"})))
    assert not {"logprobs", "top_logprobs"} & set(fault_server.requests[0].body)
    assert found.signals == {}


def test_every_fused_draw_has_its_own_signals(fault_server: FaultServer) -> None:
    fault_server.default = with_logprobs("Yes")
    results = ask(model_of(fault_server), *sampled(2), signals=frozenset({"token_logprobs"}))
    assert [answer(results, i).signals["token_logprobs"].shape for i in range(2)] == [(1,), (1,)]


def test_a_server_that_ignores_logprobs_gives_answers_without_signals(
    fault_server: FaultServer,
) -> None:
    found = answer(ask(model_of(fault_server), signals=LOGPROBS))
    assert (found.text, found.signals) == ("Yes", {})


def test_log_probabilities_above_zero_are_left_out_and_noted(fault_server: FaultServer) -> None:
    fault_server.default = with_logprobs("Yes", value=0.9)
    model = model_of(fault_server)
    assert answer(ask(model, signals=LOGPROBS)).signals == {}
    assert any("above 0" in note for note in model.notes)


# What a server refuses


def test_refused_logprobs_are_given_up_for_the_session(fault_server: FaultServer) -> None:
    fault_server.default = refuses("logprobs")
    model = model_of(fault_server)
    results = asyncio.run(asked(model, [request()], [request()], signals=LOGPROBS))
    assert [answer(results, i).text for i in range(2)] == ["Yes", "Yes"]
    sent = [{"logprobs", "top_logprobs"} & set(seen.body) for seen in fault_server.requests]
    assert sent == [{"logprobs", "top_logprobs"}, {"logprobs"}, set(), set()]
    assert any("no log-probabilities" in note for note in model.notes)


def test_when_only_the_alternatives_are_refused_the_rest_is_kept(
    fault_server: FaultServer,
) -> None:
    fault_server.default = refuses("top_logprobs", with_logprobs("Yes"))
    found = answer(ask(model_of(fault_server), signals=LOGPROBS))
    assert sorted(found.signals) == ["token_logprobs", "tokens"]


def test_a_refused_seed_is_given_up_and_noted(fault_server: FaultServer) -> None:
    fault_server.default = refuses("seed")
    model = model_of(fault_server)
    assert answer(ask(model, *sampled(1, seed=3))).text == "Yes"
    assert any("cannot be repeated" in note for note in model.notes)


def test_the_newer_name_of_the_token_limit_is_found(fault_server: FaultServer) -> None:
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    fault_server.default = refuses("max_tokens", message=message)
    model = model_of(fault_server)
    asyncio.run(asked(model, [request()], [request()]))
    limits = [seen.body.get("max_completion_tokens") for seen in fault_server.requests]
    assert limits == [None, 8, 8]
    assert any("max_completion_tokens" in note for note in model.notes)


def test_a_name_the_user_chose_for_the_token_limit_is_not_changed(
    fault_server: FaultServer,
) -> None:
    fault_server.default = refuses("max_tokens")
    found = failure(ask(model_of(fault_server, max_tokens_field="max_tokens")))
    assert (found.reason, found.fatal) == ("parameter-refused", True)


@pytest.mark.parametrize(
    ("field", "decoding"),
    [
        ("temperature", Decoding(max_tokens=8)),
        ("stop", Decoding(max_tokens=8, stop=("\n",))),
        ("top_p", Decoding(max_tokens=8, temperature=1.0, top_p=0.5)),
    ],
)
def test_what_would_be_another_experiment_is_dropped_only_if_the_user_says_so(
    fault_server: FaultServer, field: str, decoding: Decoding
) -> None:
    fault_server.default = refuses(field)
    found = failure(ask(model_of(fault_server), request(decoding=decoding)))
    assert (found.reason, found.fatal, found.retry) == ("parameter-refused", True, False)
    assert f"-M drop={field}" in found.message
    consenting = model_of(fault_server, drop=field)
    assert answer(ask(consenting, request(decoding=decoding))).text == "Yes"
    assert f"drop={field}" in consenting.identity.model_id


def test_a_refused_reasoning_effort_or_extra_field_names_its_parameter(
    fault_server: FaultServer,
) -> None:
    fault_server.default = refuses("reasoning_effort")
    found = failure(ask(model_of(fault_server, reasoning_effort="low")))
    assert "-M reasoning_effort" in found.message
    fault_server.default = refuses("top_k")
    assert "-M extra.top_k" in failure(ask(model_of(fault_server, extra__top_k="4"))).message


def test_many_requests_refused_at_once_all_come_through(fault_server: FaultServer) -> None:
    fault_server.default = refuses("logprobs", refuses("seed"))

    async def many() -> list[Answer | Failure]:
        model = model_of(fault_server)
        decoding = Decoding(max_tokens=8, temperature=1.0, seed=1)
        questions = [request(f"question {i}", decoding=decoding) for i in range(40)]
        try:
            results = await asyncio.gather(
                *(model.answer(calls_of(each), LOGPROBS) for each in questions)
            )
        finally:
            await model.close()
        return [result for each in results for result in each]

    assert all(isinstance(result, Answer) for result in asyncio.run(many()))


# Images are built once


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[ImageRef]:
    """Record the images that reach a function of `body`, and let it do its work."""
    from medtrust.models.openai import body

    real: Callable[..., Any] = getattr(body, name)
    seen: list[ImageRef] = []

    def wrapper(image: ImageRef, **options: Any) -> Any:
        seen.append(image)
        return real(image, **options)

    monkeypatch.setattr(body, name, wrapper)
    return seen


def test_an_image_of_many_questions_is_encoded_once(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = counted(monkeypatch, "encode_image")
    grey = ImageRef("blank:64x64")

    async def many() -> None:
        model = model_of(fault_server)
        questions = [request(grey, f"question {i}") for i in range(30)]
        await asyncio.gather(*(model.answer(calls_of(each), NOTHING) for each in questions))
        await model.close()

    asyncio.run(many())
    assert seen == [grey]
    parts = {str(each.body["messages"][0]["content"][0]) for each in fault_server.requests}
    assert (len(fault_server.requests), len(parts)) == (30, 1)


def test_the_reply_limit_holds_for_replies_of_unknown_length(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_REPLY_BYTES", 1000)
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 5000
    fault_server.default = lambda _: Reply(raw=endless, ending="close")
    assert failure(ask(model_of(fault_server))).reason == "reply-too-large"


def test_the_servers_own_list_of_models_is_read(fault_server: FaultServer) -> None:
    fault_server.models = ["a", "b"]

    async def listed() -> list[str] | Failure:
        model = model_of(fault_server)
        try:
            return await model.listed_names()
        finally:
            await model.close()

    assert asyncio.run(listed()) == ["a", "b"]


@pytest.mark.parametrize("size", [60_000, 64 * 1024, 200_000, 2_000_000])
def test_a_long_reply_that_comes_in_one_piece_is_an_answer(
    fault_server: FaultServer, size: int
) -> None:
    body = orjson.dumps({"choices": [{"message": {"content": "y" * size}}]})
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    fault_server.default = lambda _: Reply(raw=head + body)
    (result,) = ask(model_of(fault_server))
    assert isinstance(result, Answer)
    assert len(result.text) == size


@pytest.mark.parametrize(
    "message",
    [{"content": False}, {"content": 0}, {"content": None, "refusal": {"a": 1}},
     {"content": None, "refusal": 5}],
)  # fmt: skip
def test_a_message_whose_content_is_no_text_is_malformed(
    fault_server: FaultServer, message: dict[str, object]
) -> None:
    fault_server.default = lambda _: payload({"choices": [{"message": message}]})
    assert failure(ask(model_of(fault_server))).reason == "reply-malformed"


def test_an_absurd_count_of_tokens_is_no_count(fault_server: FaultServer) -> None:
    usage = {"prompt_tokens": 2**63, "completion_tokens": -1}
    body = {"choices": [{"message": {"content": "yes"}}], "usage": usage}
    fault_server.default = lambda _: payload(body)
    (result,) = ask(model_of(fault_server))
    assert isinstance(result, Answer)
    assert result.usage == Usage(None, None)


def test_a_reply_that_is_not_compressed_as_it_says_ends_at_once(fault_server: FaultServer) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}"
    fault_server.default = lambda _: Reply(raw=raw, ending="close")
    assert failure(ask(model_of(fault_server))).reason == "reply-not-http"


@pytest.mark.parametrize(
    "url", ["http://u:SECRET@h:notaport/v1", "http:/u:SECRET@h", "ftp://u:SECRET@h/v1"]
)
def test_a_wrong_address_is_not_repeated(url: str) -> None:
    with pytest.raises(UserError) as caught:
        open_model(ModelOptions("m", url))
    assert "SECRET" not in str(caught.value)


def test_a_key_given_for_its_name_is_not_repeated() -> None:
    options = ModelOptions("m", "http://127.0.0.1:1/v1", {"api_key_env": "sk-SECRET"})
    with pytest.raises(UserError) as caught:
        open_model(options)
    assert "SECRET" not in str(caught.value)
