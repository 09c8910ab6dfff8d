"""Asking a model what it really does.

A server may take a parameter and ignore it, and then every number that rests on it is wrong. So
nothing is believed here: each ability is tried with a small made question whose answer shows it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, runtime_checkable

from medtrust.core.keys import request_id
from medtrust.core.model import Call, Model, Origin
from medtrust.core.records import (
    Access,
    Alteration,
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
from medtrust.models.plausibility import adds_up_to_more_than_one, logprob_defect

Found = Literal["yes", "no", "ignored", "unknown"]

ROOM: Final = 1024
"""Token limit of questions whose length does not matter: enough to think before a short answer."""

ATTEMPTS: Final = 3
LONGEST_PAUSE_S: Final = 20.0
_IN_VAIN: Final = frozenset({"timeout", "unreachable"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried.

    Attributes:
        name: What was tried, e.g. ``logprobs``.
        asked: What was asked for, in a few words.
        found: ``yes`` it does it; ``no`` it refuses, fails or does it wrongly; ``ignored`` it
            answers as if it had not been asked; ``unknown`` its answer does not tell.
        sentence: For people.
    """

    name: str
    asked: str
    found: Found
    sentence: str


@runtime_checkable
class ListsNames(Protocol):
    """A model whose server lists the names it knows."""

    async def listed_names(self) -> list[str] | Failure:
        """Names, or why there is no list."""
        ...


async def examine(model: Model, *, pause_s: float = 0.5) -> list[Finding]:
    """Try everything the tasks may ask of a model, with about a dozen small questions.

    Args:
        model: Asked with made texts and made images only, never with anybody's data.
        pause_s: Wait before a question that failed is tried again, at most twice.

    Returns:
        One finding an ability. When the model does not answer at all, only that and the list of
        its server's models.
    """
    examination = _Examination(model, pause_s)
    first = await examination.answers()
    findings = [first]
    if isinstance(model, ListsNames):
        findings.append(await _listed(model, model.identity.name))
    if first.found == "no":
        return findings
    checks: Sequence[Callable[[], Awaitable[list[Finding]]]] = (
        examination.sees_images,
        examination.gives_logprobs,
        examination.draws,
        examination.repeats_seeds,
        examination.stops,
        examination.keeps_limit,
        examination.says,
    )
    for check in checks:
        findings += await check()
    return findings


async def _listed(model: ListsNames, name: str) -> Finding:
    asked = f"is {name} among the server's models?"
    listed = await model.listed_names()
    if isinstance(listed, Failure):
        return Finding("listed", asked, "unknown", f"The server gives no list: {listed.message}")
    if name in listed:
        return Finding("listed", asked, "yes", f"The server lists {name}.")
    shown = ", ".join(listed[:5]) or "nothing"
    return Finding("listed", asked, "no", f"The server does not list {name}, but: {shown}.")


class _Examination:
    """Asks the questions and remembers the first answer, which tells several things at once."""

    def __init__(self, model: Model, pause_s: float) -> None:
        self._model = model
        self._pause_s = pause_s
        self._first: Answer | None = None

    async def answers(self) -> Finding:
        result = await self._ask("Reply with the single word: ready", max_tokens=ROOM)
        asked = "a short text question"
        if isinstance(result, Failure):
            return Finding("answers", asked, "no", _because("It does not answer", result))
        self._first = result
        if not result.text.strip():
            sentence = "It answers with no text; thinking may use up its tokens."
            return Finding("answers", asked, "yes", sentence)
        return Finding("answers", asked, "yes", f"It answers, in {result.latency_s:.1f} s.")

    async def sees_images(self) -> list[Finding]:
        asked = "the colour of a red and of a blue image"
        question = "What colour is this image? Reply with one word."
        texts = []
        for colour in ("red", "blue"):
            channels = tuple((name, 255 * (name == colour)) for name in ("red", "green", "blue"))
            image = ImageRef("blank:64x64", (Alteration("fill@1", channels),))
            result = await self._ask(image, question, max_tokens=ROOM)
            if isinstance(result, Failure):
                return [Finding("images", asked, "no", _because("It takes no images", result))]
            texts.append(result.text.lower())
        red, blue = texts
        if "red" in red and "blue" in blue and not ("blue" in red or "red" in blue):
            return [Finding("images", asked, "yes", "It sees images: it named both colours.")]
        if red.strip() == blue.strip():
            sentence = (
                "It answers a red and a blue image alike: it does not see them, or has no words "
                "for colours."
            )
            return [Finding("images", asked, "ignored", sentence)]
        sentence = "It answers two images differently, but does not name their colours."
        return [Finding("images", asked, "unknown", sentence)]

    async def gives_logprobs(self) -> list[Finding]:
        asked = "log-probabilities of a sampled sentence"
        before = self._notes()
        result = await self._ask(
            "Write one sentence about the weather.",
            max_tokens=ROOM,
            temperature=1.0,
            signals=frozenset({"token_logprobs", "top_logprobs"}),
        )
        if isinstance(result, Failure):
            return [Finding("logprobs", asked, "no", _because("It gives none", result))]
        values = result.signals.get("token_logprobs")
        if values is None:
            said = [note for note in self._notes() if note not in before]
            if said:
                return [Finding("logprobs", asked, "no", said[0])]
            sentence = "It answers as if log-probabilities had not been asked for."
            return [Finding("logprobs", asked, "ignored", sentence)]
        defect = logprob_defect(values, result)
        if defect:
            sentence = f"It gives log-probabilities that cannot be right: {defect}."
            return [Finding("logprobs", asked, "no", sentence)]
        sentence = f"It gives log-probabilities, {len(values)} for its {len(values)} tokens."
        return [Finding("logprobs", asked, "yes", sentence), _alternatives(result)]

    async def draws(self) -> list[Finding]:
        asked = "four draws of a random number, at temperature 1"
        question = "Write a random number between 1 and 1000000. Reply with the number only."
        before = self._notes()
        results = await self._ask_all(question, draws=4, temperature=1.0)
        texts = [result.text.strip() for result in results if isinstance(result, Answer)]
        failures = [result for result in results if isinstance(result, Failure)]
        if failures:
            return [Finding("draws", asked, "no", _because("Draws fail", failures[0]))]
        if len(set(texts)) == 1:
            sentence = "All four draws are equal: it ignores the temperature, or says this by rote."
            return [Finding("draws", asked, "ignored", sentence)]
        new = [note for note in self._notes() if note not in before]
        sentence = f"Draws differ: {len(set(texts))} of 4 are distinct."
        return [Finding("draws", asked, "yes", " ".join([sentence, *new]))]

    async def repeats_seeds(self) -> list[Finding]:
        asked = "the same seed twice, and another seed"
        question = "Write a random word of twelve letters. Reply with the word only."
        before = self._notes()
        texts = []
        for seed in (11, 11, 12, 13):
            result = await self._ask(question, max_tokens=ROOM, temperature=1.0, seed=seed)
            if isinstance(result, Failure):
                return [Finding("seed", asked, "no", _because("Seeds fail", result))]
            texts.append(result.text)
        said = [note for note in self._notes() if note not in before]
        if said:
            return [Finding("seed", asked, "no", said[0])]
        if texts[0] != texts[1]:
            sentence = "The same seed gives different answers: sampled runs cannot be repeated."
            return [Finding("seed", asked, "ignored", sentence)]
        if len(set(texts)) == 1:
            sentence = "Every seed gives the same answer, so nothing can be told."
            return [Finding("seed", asked, "unknown", sentence)]
        return [Finding("seed", asked, "yes", "The same seed gives the same answer.")]

    async def stops(self) -> list[Finding]:
        asked = "counting to 10, with the stop text 5"
        result = await self._ask(_COUNT.format(10), max_tokens=ROOM, stop=("5",))
        if isinstance(result, Failure):
            return [Finding("stop", asked, "no", _because("Stop texts fail", result))]
        text = result.text
        if "5" in text:
            sentence = "It writes on after a stop text: answers may be longer than asked."
            return [Finding("stop", asked, "ignored", sentence)]
        if "4" in text:
            return [Finding("stop", asked, "yes", "It stops at a stop text and leaves it out.")]
        sentence = "It did not count, so nothing can be told about stop texts."
        return [Finding("stop", asked, "unknown", sentence)]

    async def keeps_limit(self) -> list[Finding]:
        asked = "counting to 100 in 16 tokens"
        result = await self._ask(_COUNT.format(100), max_tokens=16)
        if isinstance(result, Failure):
            return [Finding("max_tokens", asked, "no", _because("Token limits fail", result))]
        finished = re.search(r"\b100\b", result.text) is not None
        if result.outcome is Outcome.TRUNCATED and not finished:
            sentence = "It stops at the token limit and says so."
            return [Finding("max_tokens", asked, "yes", sentence)]
        # 16 tokens of digits and commas hold fewer than 80 characters in any tokenizer at hand
        if finished or len(result.text) + len(result.reasoning) > 200:
            sentence = "It writes past the token limit."
            return [Finding("max_tokens", asked, "ignored", sentence)]
        if re.search(r"\b[3-9]\b", result.text):
            sentence = "It stops at the token limit without saying so: cut answers look whole."
            return [Finding("max_tokens", asked, "no", sentence)]
        sentence = "It did not count, so nothing can be told about the token limit."
        return [Finding("max_tokens", asked, "unknown", sentence)]

    async def says(self) -> list[Finding]:
        """What came along with the first answer: usage and fingerprint."""
        first = self._first
        if first is None:
            return []
        usage, counts = first.usage, "token counts with the answer"
        if usage.prompt_tokens is None or usage.completion_tokens is None:
            used = Finding("usage", counts, "no", "It does not say how many tokens it used.")
        else:
            sentence = f"It counts tokens: {usage.prompt_tokens} in, {usage.completion_tokens} out."
            used = Finding("usage", counts, "yes", sentence)
        asked = "who answered"
        if not first.server:
            sentence = "It does not say which model or version answered."
            return [used, Finding("fingerprint", asked, "no", sentence)]
        fingerprint = first.server.partition(" ")[2]
        if not fingerprint:
            sentence = f"It calls itself {first.server}, without a fingerprint of its version."
            return [used, Finding("fingerprint", asked, "no", sentence)]
        sentence = f"It calls itself {first.server}."
        return [used, Finding("fingerprint", asked, "yes", sentence)]

    async def _ask(
        self,
        *content: str | ImageRef,
        signals: frozenset[str] = frozenset(),
        **decoding: Any,
    ) -> Answer | Failure:
        request = Request((Message("user", content),), Decoding(**decoding))
        return (await self._answer([request], signals))[0]

    async def _ask_all(
        self, question: str, *, draws: int, temperature: float
    ) -> Sequence[Answer | Failure]:
        decoding = Decoding(max_tokens=ROOM, temperature=temperature)
        messages = (Message("user", (question,)),)
        requests = [Request(messages, decoding, draw=draw) for draw in range(draws)]
        return await self._answer(requests, frozenset())

    async def _answer(
        self, requests: Sequence[Request], signals: frozenset[str]
    ) -> Sequence[Answer | Failure]:
        """Ask, and ask again what a busy server or a broken connection kept from being answered."""
        calls = _calls(requests)
        results = await self._model.answer(calls, signals)
        for _ in range(ATTEMPTS - 1):
            failed = next((result for result in results if isinstance(result, Failure)), None)
            if failed is None or not failed.retry or failed.reason in _IN_VAIN:
                break
            await asyncio.sleep(min(failed.retry_after_s or self._pause_s, LONGEST_PAUSE_S))
            results = await self._model.answer(calls, signals)
        return results

    def _notes(self) -> list[str]:
        notes = getattr(self._model, "notes", [])
        return list(notes)


_COUNT: Final = "Count from 1 to {}. Reply with the numbers only, separated by commas."


def _alternatives(result: Answer) -> Finding:
    asked = "alternatives to each token"
    top = result.signals.get("top_logprobs")
    if top is None or top.size == 0:
        return Finding("top_logprobs", asked, "no", "It gives no alternatives to its tokens.")
    if adds_up_to_more_than_one(top):
        sentence = "Its alternatives have probabilities that add up to more than 1."
        return Finding("top_logprobs", asked, "no", sentence)
    sentence = f"It gives up to {top.shape[1]} alternatives to each token."
    return Finding("top_logprobs", asked, "yes", sentence)


def _calls(requests: Sequence[Request]) -> list[Call]:
    sample = Sample("doctor", "A made question.", Kind.INSTRUCTION, access=Access.PUBLIC)
    origin = Origin("doctor", sample, "", "")
    return [Call(request, request_id(request), origin) for request in requests]


def _because(what: str, failure: Failure) -> str:
    return f"{what} ({failure.reason}): {failure.message}"
