"""Requests for models in this process, and asking them outside a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from medtrust.core.keys import request_id
from medtrust.core.model import Call, ModelOptions, Origin
from medtrust.core.records import (
    GREEDY,
    Answer,
    Decoding,
    Failure,
    ImageRef,
    Kind,
    Message,
    Request,
    Sample,
)
from medtrust.models.hf.adapter import LocalModel, open_model

ORIGIN = Origin("mine/task", Sample("mine:1", "?", Kind.OPEN), "", "answer")
SIGNALS = frozenset(
    {
        "tokens", "token_logprobs", "token_entropies", "sampling_logprobs", "letter_logprobs",
        "top_tokens", "top_logprobs", "continuation_logprobs",
    }
)  # fmt: skip


def said(text: str, *, image: str = "", role: str = "user") -> Message:
    """One turn, by default of the user; the image, named by its key, stands before the text."""
    content = (ImageRef(image), text) if image else (text,)
    return Message(role, content)  # type: ignore[arg-type]


def call(
    *messages: Message,
    decoding: Decoding = GREEDY,
    continuations: Sequence[str] = (),
    draw: int = 0,
) -> Call:
    """A request on its way."""
    request = Request(messages, decoding, tuple(continuations), draw)
    return Call(request, request_id(request), ORIGIN)


def local_model(folder: Path, **parameters: str) -> LocalModel:
    """A model of a folder, on the CPU and on one thread unless said otherwise."""
    return open_model(
        ModelOptions(str(folder), None, {"device": "cpu", "threads": "1", **parameters})
    )


def results(
    model: LocalModel, calls: Sequence[Call], signals: frozenset[str] = SIGNALS
) -> list[Answer | Failure]:
    """What a model makes of calls that come together."""
    return asyncio.run(model.answer(calls, signals))


def answers(
    model: LocalModel, calls: Sequence[Call], signals: frozenset[str] = SIGNALS
) -> list[Answer]:
    """The same where every call has an answer."""
    found = results(model, calls, signals)
    assert [one for one in found if isinstance(one, Failure)] == []
    return [one for one in found if isinstance(one, Answer)]


def close(model: LocalModel) -> None:
    """Let go of a model."""
    asyncio.run(model.close())
