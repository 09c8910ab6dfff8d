"""The keys of requests and models, against published vectors that anyone can check by hand."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from medtrust.core.keys import IMAGE_ENCODING_VERSION, KEY_VERSION, canonical_request, request_id
from medtrust.core.model import ModelIdentity
from medtrust.core.records import Alteration, Decoding, ImageRef, Message, Request

VECTORS: dict[str, Any] = orjson.loads((Path(__file__).with_name("request_ids.json")).read_bytes())


def read_part(part: Any) -> str | ImageRef:
    if isinstance(part, str):
        return part
    steps = tuple(
        Alteration(
            step["operation"],
            tuple((name, value) for name, value in step.get("parameters", {}).items()),
            step.get("seed"),
        )
        for step in part.get("alterations", ())
    )
    return ImageRef(part["image"], steps, part.get("path"))


def read_request(body: dict[str, Any]) -> Request:
    messages = tuple(
        Message(message["role"], tuple(read_part(part) for part in message["content"]))
        for message in body["messages"]
    )
    decoding = dict(body.get("decoding", {}))
    decoding["stop"] = tuple(decoding.get("stop", ()))
    return Request(
        messages,
        Decoding(**decoding),
        tuple(body.get("continuations", ())),
        body.get("draw", 0),
    )


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda vector: vector["name"])
def test_requests_have_their_published_keys(vector: dict[str, Any]) -> None:
    request = read_request(vector["request"])
    assert canonical_request(request).decode() == vector["canonical"]
    assert request_id(request) == vector["request_id"]


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda vector: vector["name"])
def test_the_published_key_is_the_sha256_of_the_published_text(vector: dict[str, Any]) -> None:
    assert sha256(vector["canonical"].encode()).hexdigest() == vector["request_id"]


@pytest.mark.parametrize("vector", VECTORS["models"], ids=lambda vector: vector["model_id"])
def test_models_have_their_published_ids(vector: dict[str, Any]) -> None:
    options = tuple((name, value) for name, value in vector["identity"].get("options", {}).items())
    identity = ModelIdentity(**{**vector["identity"], "options": options})
    assert identity.model_id == vector["model_id"]


def test_the_vectors_are_of_this_version_of_the_keys() -> None:
    assert VECTORS["key_version"] == KEY_VERSION
    assert VECTORS["image_encoding_version"] == IMAGE_ENCODING_VERSION


@pytest.mark.parametrize("names", VECTORS["same"], ids=lambda names: names[0])
def test_requests_said_to_be_the_same_have_one_key(names: list[str]) -> None:
    keys = {vector["name"]: vector["request_id"] for vector in VECTORS["requests"]}
    assert len({keys[name] for name in names}) == 1


def test_all_other_vectors_differ() -> None:
    repeated = {name for names in VECTORS["same"] for name in names[1:]}
    keys = [
        vector["request_id"] for vector in VECTORS["requests"] if vector["name"] not in repeated
    ]
    assert len(set(keys)) == len(keys)
