"""The doctor against real servers, honest ones and ones that lie."""

from __future__ import annotations

import asyncio

import pytest

from medtrust.core.model import ModelOptions
from medtrust.models.doctor import Finding, examine
from medtrust.models.openai.adapter import open_model
from servers.fault_server import (
    Behaviour,
    FaultServer,
    always,
    error_in_200,
    garbage,
    hang,
    reset,
    status,
    truncated,
)
from servers.small_model import SmallModel

ABILITIES = [
    "answers",
    "listed",
    "images",
    "logprobs",
    "top_logprobs",
    "draws",
    "seed",
    "stop",
    "max_tokens",
    "usage",
    "fingerprint",
]


def examined(server: FaultServer, **parameters: str) -> dict[str, Finding]:
    async def examination() -> list[Finding]:
        model = open_model(ModelOptions("fault-model", server.base_url, parameters))
        try:
            return await examine(model, pause_s=0)
        finally:
            await model.close()

    findings = asyncio.run(examination())
    assert all(finding.sentence.endswith(".") for finding in findings)
    return {finding.name: finding for finding in findings}


def test_an_honest_server_is_found_to_do_everything(fault_server: FaultServer) -> None:
    fault_server.default = SmallModel()
    findings = examined(fault_server, top_logprobs="4")
    assert list(findings) == ABILITIES
    assert {finding.found for finding in findings.values()} == {"yes"}
    assert "4 alternatives" in findings["top_logprobs"].sentence
    assert "small-model fp-small" in findings["fingerprint"].sentence


@pytest.mark.parametrize(
    ("lie", "name", "found", "word"),
    [
        ("images", "images", "ignored", "alike"),
        ("logprobs", "logprobs", "ignored", "as if"),
        ("positive", "logprobs", "no", "above 0"),
        ("zeros", "logprobs", "no", "all are 0"),
        ("short", "logprobs", "no", "spell"),
        ("misspelled", "logprobs", "no", "spell"),
        ("crowded", "top_logprobs", "no", "more than 1"),
        ("n", "draws", "yes", "one by one"),
        ("temperature", "draws", "ignored", "equal"),
        ("temperature", "seed", "unknown", "nothing can be told"),
        ("seed", "seed", "ignored", "cannot be repeated"),
        ("stop", "stop", "ignored", "writes on"),
        ("max_tokens", "max_tokens", "ignored", "past"),
        ("finish", "max_tokens", "no", "without saying so"),
        ("usage", "usage", "no", "how many tokens"),
        ("fingerprint", "fingerprint", "no", "without a fingerprint"),
    ],
)
def test_a_server_that_does_not_do_what_it_takes_is_found_out(
    fault_server: FaultServer, lie: str, name: str, found: str, word: str
) -> None:
    fault_server.default = SmallModel(lies=(lie,))
    finding = examined(fault_server)[name]
    assert finding.found == found
    assert word in finding.sentence


def test_a_server_that_does_not_say_who_it_is(fault_server: FaultServer) -> None:
    fault_server.default = SmallModel(lies=("server", "fingerprint"))
    assert examined(fault_server)["fingerprint"].found == "no"


@pytest.mark.parametrize(
    ("refused", "name"),
    [("images", "images"), ("logprobs", "logprobs"), ("top_logprobs", "top_logprobs"),
     ("seed", "seed"), ("stop", "stop")],
)  # fmt: skip
def test_a_server_that_refuses_is_told_from_one_that_ignores(
    fault_server: FaultServer, refused: str, name: str
) -> None:
    fault_server.default = SmallModel(refuses=(refused,))
    findings = examined(fault_server)
    assert findings[name].found == "no"
    others = set(findings) - {name, "logprobs", "top_logprobs"}
    assert {findings[other].found for other in others} == {"yes"}


def test_a_name_the_server_does_not_list_is_said_so(fault_server: FaultServer) -> None:
    fault_server.default = SmallModel()
    fault_server.models = ["another"]
    finding = examined(fault_server)["listed"]
    assert (finding.found, "another" in finding.sentence) == ("no", True)


@pytest.mark.parametrize(
    "behaviour",
    [
        status(500),
        status(401),
        status(404),
        garbage(),
        truncated(),
        reset(),
        hang(),
        error_in_200(),
        always({"choices": [{}]}),
        always({"choices": []}),
    ],
)
def test_a_broken_server_is_one_finding_and_never_a_crash(
    fault_server: FaultServer, behaviour: Behaviour
) -> None:
    fault_server.default = behaviour
    findings = examined(fault_server, timeout="0.2")
    assert findings["answers"].found == "no"
    assert list(findings) == ["answers", "listed"]


@pytest.mark.parametrize("number", range(1, 11))
def test_a_server_that_breaks_in_the_middle_is_examined_to_the_end(
    fault_server: FaultServer, number: int
) -> None:
    honest = SmallModel()
    fault_server.script = [honest] * number
    fault_server.default = status(500)
    findings = examined(fault_server)
    assert set(findings) >= set(ABILITIES) - {"top_logprobs"}
    assert findings["answers"].found == "yes"
    assert findings["max_tokens"].found == "no"


def test_a_model_that_says_nothing_useful_is_mostly_unknown(fault_server: FaultServer) -> None:
    body = {"choices": [{"message": {"content": "I am a teapot"}}]}
    fault_server.default = always(body)
    findings = examined(fault_server)
    assert findings["answers"].found == "yes"
    assert findings["images"].found == "ignored"
    assert findings["logprobs"].found == "ignored"
    assert {findings[name].found for name in ("stop", "max_tokens")} == {"unknown"}


def test_a_busy_server_is_asked_again(fault_server: FaultServer) -> None:
    fault_server.script = [status(429), reset()]
    fault_server.default = SmallModel()
    assert examined(fault_server)["answers"].found == "yes"
