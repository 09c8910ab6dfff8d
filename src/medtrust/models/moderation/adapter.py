"""A moderation endpoint as a model: its answer is the JSON of its category scores.

Connections, time limits, keys, failures and what is told of them are those of ``openai/`` models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import orjson

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.model import Call, Capabilities, ModelIdentity, ModelOptions
from medtrust.core.records import Answer, Failure, ImageRef, Message, Request
from medtrust.models.moderation.reply import read_scores
from medtrust.models.openai.failures import read_error, status_failure
from medtrust.models.openai.settings import Settings, read_key, read_settings
from medtrust.models.openai.transport import Transport

PARAMETERS: Final = ("api_key_env", "revision", "timeout")


def open_model(options: ModelOptions) -> ModerationModel:
    """Make the model; touches no network.

    Raises:
        UserError: For a missing or wrong name, URL, parameter or key.
    """
    if not options.name:
        raise UserError("Name the moderation model: --moderator moderation/NAME.")
    if not options.base_url:
        raise UserError(
            "moderation/ models need the address of their server: --moderator-url "
            "http://localhost:8000/v1 for your own."
        )
    for name in options.parameters:
        if name not in PARAMETERS:
            raise UnknownNameError.among("parameter of moderation models", name, PARAMETERS)
    settings = read_settings(options)
    return ModerationModel(settings, read_key(settings, named="api_key_env" in options.parameters))


class ModerationModel:
    """A classifier behind ``POST /moderations``.

    Args:
        settings: Of the server, as for ``openai/`` models.
        key: The server's key, or empty.

    Attributes:
        capabilities: It reads text alone; there are no signals.
        notes: Empty: nothing is ever left out of a request.
    """

    capabilities = Capabilities(needs_pixels=False, asks_by="request", signals=frozenset())

    def __init__(self, settings: Settings, key: str = "") -> None:
        self._settings = settings
        self._identity = replace(settings.identity, provider="moderation")
        self._transport = Transport(settings, key)
        self.notes: list[str] = []
        self.counters: Mapping[str, int] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._identity.model_id}>"

    @property
    def identity(self) -> ModelIdentity:
        """Provider, name, revision and the server's host."""
        return self._identity

    async def answer(
        self,
        calls: Sequence[Call],
        signals: frozenset[str],  # noqa: ARG002 - it has none to give
    ) -> Sequence[Answer | Failure]:
        """Have a text marked; see `medtrust.core.model.Model`.

        The text is that of the last user message. The answer is one JSON object, its category
        scores by name in alphabetical order, each from 0 to 1.
        """
        text = text_to_mark(calls[0].request)
        if isinstance(text, Failure):
            return [text] * len(calls)
        results: list[Answer | Failure] = []
        for _ in calls:
            given = await self._marked(text)
            results.append(given)
            if isinstance(given, Failure) and (given.fatal or given.unreachable):
                return results + [given] * (len(calls) - len(results))
        return results

    async def close(self) -> None:
        """Close the connections; asking again opens new ones."""
        await self._transport.close()

    async def _marked(self, text: str) -> Answer | Failure:
        body = orjson.dumps({"model": self._settings.name, "input": text})
        response = await self._transport.exchange("POST", "moderations", (body,))
        if isinstance(response, Failure):
            return self._told(response)
        if 200 <= response.status < 300:
            found = read_scores(response.data, response.latency_s, response.headers, self._settings)
            return self._told(found) if isinstance(found, Failure) else found
        error = read_error(response.data)
        return self._told(status_failure(response.status, response.headers, error, self._settings))

    def _told(self, failure: Failure) -> Failure:
        """The failure in words that fit this endpoint."""
        if failure.reason in {"http-404", "http-405", "http-501"}:
            settings = self._settings
            message = (
                f"The server {settings.host} knows no model {settings.name}, or has no "
                f"/moderations at {settings.base_url}; check both (most addresses end in /v1)."
            )
        else:
            message = failure.message.replace("--base-url", "its address")
        return replace(failure, message=message)


def text_to_mark(request: Request) -> str | Failure:
    """The text of a request's last user message, or why there is none to mark."""
    if request.continuations:
        return Failure(
            "continuations-unsupported",
            "Moderation servers mark texts and cannot score given ones.",
        )
    message = _last_of_user(request.messages)
    if message is None:
        return Failure("no-user-message", "The request holds no message of a user to mark.")
    if any(isinstance(part, ImageRef) for each in request.messages for part in each.content):
        return Failure(
            "images-refused", "Moderation servers mark text alone, and this request has an image."
        )
    return "".join(part for part in message.content if isinstance(part, str))


def _last_of_user(messages: Sequence[Message]) -> Message | None:
    return next((each for each in reversed(messages) if each.role == "user"), None)
