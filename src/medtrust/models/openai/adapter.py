"""A model behind a server: from calls to answers, whatever the server can and cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from medtrust.core.errors import ImageError
from medtrust.core.model import Call, Capabilities, ModelIdentity, ModelOptions
from medtrust.core.records import Answer, Failure, Outcome, Request
from medtrust.models.openai.body import ImageParts, decoding_fields, fields_json, messages_json
from medtrust.models.openai.concessions import Concessions, refused_field
from medtrust.models.openai.failures import read_error, status_failure
from medtrust.models.openai.reply import read_reply
from medtrust.models.openai.settings import Settings, read_key, read_settings
from medtrust.models.openai.signals import TOKEN_SIGNALS, TOP_SIGNALS
from medtrust.models.openai.transport import Response, Transport


def open_model(options: ModelOptions) -> OpenAIModel:
    """Make the model; touches no network.

    Raises:
        UserError: For a missing or wrong name, URL, parameter or key.
    """
    settings = read_settings(options)
    return OpenAIModel(settings, read_key(settings, named="api_key_env" in options.parameters))


class OpenAIModel:
    """A model behind an OpenAI-compatible server.

    Args:
        settings: What the user said.
        key: The server's key, or empty.

    Attributes:
        capabilities: Each request travels alone; which signals a server gives, asking will tell.
        notes: One sentence for each thing the server was found not to do.
    """

    capabilities = Capabilities(needs_pixels=True, asks_by="request", signals=None)

    def __init__(self, settings: Settings, key: str = "") -> None:
        self._settings = settings
        self._identity = settings.identity
        self._transport = Transport(settings, key)
        self._images = ImageParts(max_pixels=settings.max_pixels)
        self._concessions = Concessions(settings)
        self.notes: list[str] = []
        self.counters: Mapping[str, int] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._identity.model_id}>"

    @property
    def identity(self) -> ModelIdentity:
        """Provider, name, revision, options that change answers, and the server's host."""
        return self._identity

    async def answer(
        self, calls: Sequence[Call], signals: frozenset[str]
    ) -> Sequence[Answer | Failure]:
        """Ask for draws of one request; see `medtrust.core.model.Model`."""
        request = calls[0].request
        problem = self._unsupported(request)
        if problem is not None:
            return [problem] * len(calls)
        try:
            messages = await messages_json(request.messages, self._images)
        except ImageError as error:
            return [Failure(error.reason, str(error))] * len(calls)
        question = _Question(request, messages, signals)
        return await self._draw(question, [call.request.draw for call in calls])

    async def listed_names(self) -> list[str] | Failure:
        """Model names that the server's ``/models`` lists."""
        response = await self._transport.exchange("GET", "models")
        if isinstance(response, Failure):
            return response
        if response.status != 200:
            error = read_error(response.data)
            return status_failure(response.status, response.headers, error, self._settings)
        try:
            return [str(entry["id"]) for entry in orjson.loads(response.data)["data"]]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return Failure("reply-malformed", "The server's list of models cannot be read.")

    async def close(self) -> None:
        """Close the connections; asking again opens new ones."""
        await self._transport.close()

    def _unsupported(self, request: Request) -> Failure | None:
        if request.continuations:
            return Failure(
                "continuations-unsupported",
                "Chat servers cannot score given texts; use a local hf/ model for that.",
            )
        if request.messages[-1].role == "assistant" and not self._settings.prefill:
            # Most servers would take it for a finished turn and answer it: another question.
            return Failure(
                "prefill-unsupported",
                "The question begins the answer, which few servers continue; if this one does, say "
                "so with -M prefill=vllm (vLLM, SGLang) or -M prefill=native.",
            )
        return None

    async def _draw(self, question: _Question, draws: list[int]) -> list[Answer | Failure]:
        """All draws: in one request where the server can, the rest one by one."""
        results: list[Answer | Failure] = []
        if question.can_fuse(draws) and self._concessions.allows("n"):
            given = await self._ask(question, draws[0], n=len(draws))
            if isinstance(given, Failure):
                return [given] * len(draws)
            results = given[: len(draws)]
            if len(results) < len(draws):
                self._too_few(len(results), len(draws))
        for draw in draws[len(results) :]:
            given = await self._ask(question, draw, n=1)
            results.append(given if isinstance(given, Failure) else given[0])
            if isinstance(given, Failure) and (given.fatal or given.unreachable):
                return results + [given] * (len(draws) - len(results))
        return results

    def _too_few(self, given: int, asked: int) -> None:
        if given == 1 and self._concessions.allows("n"):
            self._concessions.give_up("n")
            self._note("The server gives one draw a request: they are asked one by one.")
        elif given > 1:
            self._note(f"The server gave {given} of {asked} draws asked at once; the rest again.")

    async def _ask(
        self, question: _Question, draw: int, *, n: int
    ) -> list[Answer | Failure] | Failure:
        """Send until the server takes the request, or refuses what must not be given up.

        Returns:
            At least one answer or failure, or the one failure of all draws.
        """
        while True:
            fields = self._fields(question, draw, n)
            body = (fields_json(fields), *question.messages, b"}")
            response = await self._transport.exchange("POST", "chat/completions", body)
            if isinstance(response, Failure):
                return response
            if 200 <= response.status < 300:
                return read_reply(
                    response.data,
                    wanted=question.signals,
                    latency_s=response.latency_s,
                    headers=response.headers,
                    settings=self._settings,
                    note=self._note,
                )
            final = self._refused(response, fields)
            if final is not None:
                return [final] * n if isinstance(final, Answer) else final

    def _refused(self, response: Response, fields: dict[str, Any]) -> Answer | Failure | None:
        """What a response other than 2xx means; None when it is worth sending less again."""
        error = read_error(response.data)
        if error.filtered:
            return Answer(
                "",
                outcome=Outcome.FILTERED,
                finish_reason="content_filter",
                latency_s=response.latency_s,
            )
        failure = status_failure(response.status, response.headers, error, self._settings)
        if failure.reason not in {"http-400", "http-422"}:
            return failure
        field = refused_field(error, fields)
        if field is None:
            return failure
        conceded = self._concessions.concede(field, error, fields)
        if isinstance(conceded, Failure):
            return conceded
        self._note(conceded)
        return None

    def _fields(self, question: _Question, draw: int, n: int) -> dict[str, Any]:
        settings, request = self._settings, question.request
        fields = decoding_fields(
            settings,
            request.decoding,
            max_tokens_field=self._concessions.max_tokens_field,
            draw=draw,
        )
        if n > 1:
            fields["n"] = n
        if question.signals & (TOKEN_SIGNALS | TOP_SIGNALS):
            fields["logprobs"] = True
            if question.signals & TOP_SIGNALS:
                fields["top_logprobs"] = settings.top_logprobs
        if request.messages[-1].role == "assistant" and settings.prefill == "vllm":
            fields["continue_final_message"] = True
            fields["add_generation_prompt"] = False
        return self._concessions.allowed(fields)

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


@dataclass(frozen=True, slots=True)
class _Question:
    """A request with its messages as JSON, ready to be asked as often as it has draws."""

    request: Request
    messages: list[bytes]
    signals: frozenset[str]

    def can_fuse(self, draws: list[int]) -> bool:
        """Whether one request with ``n`` gives these draws: seeds must count up with them."""
        decoding = self.request.decoding
        in_a_row = draws == list(range(draws[0], draws[0] + len(draws)))
        sampled = len(draws) > 1 and decoding.temperature > 0
        return sampled and (decoding.seed is None or in_a_row)
