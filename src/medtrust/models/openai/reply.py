"""From the bytes of a reply to answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from medtrust.core.records import NO_USAGE, Answer, Failure, Outcome, Usage
from medtrust.models.openai.failures import error_of, status_failure
from medtrust.models.openai.settings import Settings
from medtrust.models.openai.signals import SignalError, read_signals
from medtrust.models.thinking import split_thinking

_TRUNCATED: Final = frozenset({"length", "max_tokens", "model_length"})
_FILTERED: Final = frozenset({"content_filter", "safety"})
_BROKEN_OFF: Final = frozenset({"error", "abort", "aborted", "cancelled"})

Note = Callable[[str], None]

MOST_TOKENS: Final = 2**31
LONGEST_NAME: Final = 120


def read_reply(
    data: bytes,
    *,
    wanted: frozenset[str],
    latency_s: float,
    headers: Mapping[str, str],
    settings: Settings,
    note: Note,
) -> list[Answer | Failure] | Failure:
    """One answer per choice, in the server's order, or why there is none.

    Args:
        data: Body of a 2xx response.
        wanted: Names of wanted signals.
        latency_s: From sending to the last byte.
        headers: Of the response.
        settings: Of the server.
        note: Called with a sentence about a server that does not do what was asked.
    """
    host = settings.host
    try:
        body = _parsed(data)
    except ValueError:
        return Failure("reply-not-json", f"The reply of {host} is not JSON.", retry=True)
    if not isinstance(body, dict):
        return Failure("reply-not-json", f"The reply of {host} is not a JSON object.", retry=True)
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        if body.get("error"):
            return _error_inside(body, headers, settings)
        return Failure("reply-no-choices", f"The reply of {host} holds no answer.", retry=True)
    said = (body.get("model"), body.get("system_fingerprint"))
    server = " ".join(_name(word) for word in said if isinstance(word, str) and word)
    usage = _usage(body.get("usage"))
    found: list[Answer | Failure] = []
    for choice in _in_order(choices):
        try:
            # The usage of several draws made at once stands with the first: sums stay right.
            first = usage if not found else NO_USAGE
            found.append(_answer(choice, wanted, note, settings, first, latency_s, server))
        except (AttributeError, TypeError):
            message = f"The reply of {host} does not have the form of a chat completion."
            found.append(Failure("reply-malformed", message, retry=True))
    return found


def _parsed(data: bytes) -> Any:
    """The body; servers in Python may write NaN and Infinity, which are no JSON but can be read."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"NaN" not in data and b"Infinity" not in data:
            raise
        return json.loads(data)


def _name(word: str) -> str:
    """A server's name for itself, as one short printable word: it may echo anything."""
    plain = "".join(letter for letter in word if letter.isprintable() and letter != " ")
    return plain[:LONGEST_NAME]


def _answer(
    choice: Any,
    wanted: frozenset[str],
    note: Note,
    settings: Settings,
    usage: Usage,
    latency_s: float,
    server: str,
) -> Answer | Failure:
    finish_reason = choice.get("finish_reason") or ""
    if finish_reason in _BROKEN_OFF:
        message = f"The server {settings.host} broke off its answer."
        return Failure("reply-aborted", message, retry=True)
    message = choice.get("message")
    reasoning, text = _texts(message)
    signals = {}
    if wanted and (logprobs := choice.get("logprobs")):
        try:
            signals = read_signals(logprobs, wanted, reasoning=reasoning, text=text)
        except SignalError as problem:
            note(f"The server's log-probabilities are not used: {problem}.")
    refusal = message.get("refusal")
    if refusal is not None and not isinstance(refusal, str):
        raise TypeError("refusal is not text")
    return Answer(
        text or refusal or "",
        outcome=_outcome(finish_reason),
        signals=signals,
        reasoning=reasoning,
        finish_reason=str(finish_reason),
        usage=usage,
        latency_s=latency_s,
        server=server,
    )


def _texts(message: Any) -> tuple[str, str]:
    """(reasoning, text) of a message, wherever the server put them."""
    content = message.get("content")
    given = message.get("reasoning_content") or message.get("reasoning") or ""
    reasoning = given if isinstance(given, str) else ""
    if isinstance(content, list):
        inside, content = _of_parts(content)
        reasoning = reasoning or inside
    text = "" if content is None else content
    if not isinstance(text, str):
        raise TypeError("content is not text")
    thinking, text = split_thinking(text)
    return reasoning or thinking, text


def _of_parts(parts: list[Any]) -> tuple[str, str]:
    thinking, texts = "", ""
    for part in parts:
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            thinking += inner if isinstance(inner, str) else _of_parts(inner)[1]
        elif part.get("type") in {"text", "output_text", None}:
            texts += part.get("text") or ""
    return thinking, texts


def _outcome(finish_reason: Any) -> Outcome:
    word = str(finish_reason).lower()
    if word in _TRUNCATED:
        return Outcome.TRUNCATED
    return Outcome.FILTERED if word in _FILTERED else Outcome.OK


def _in_order(choices: list[Any]) -> list[Any]:
    try:
        return sorted(choices, key=lambda choice: choice["index"])
    except (KeyError, TypeError):
        return choices


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return NO_USAGE
    return Usage(_tokens(usage.get("prompt_tokens")), _tokens(usage.get("completion_tokens")))


def _tokens(count: Any) -> int | None:
    """A believable number of tokens, or None."""
    return count if type(count) is int and 0 <= count < MOST_TOKENS else None


def _error_inside(
    body: dict[str, Any], headers: Mapping[str, str], settings: Settings
) -> Failure | list[Answer | Failure]:
    error = error_of(body)
    if error.filtered:
        return [Answer("", outcome=Outcome.FILTERED, finish_reason="content_filter")]
    if error.status is not None:
        return status_failure(error.status, headers, error, settings)
    return Failure(
        "reply-error", f"The server {settings.host} sent an error for an answer.", retry=True
    )
