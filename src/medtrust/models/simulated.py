"""Responders with planted properties: the instrument must find what was planted.

``simulated/constant``  the same answer always: ``-M answer=TEXT`` or ``-M option=first``
``simulated/planted``   right with probability ``accuracy``, moved for one group by ``gap``,
                        refusing with probability ``refusal``, alike within a cluster by
                        ``correlation``, with ``confidence`` as its token probability;
                        on a blank image it guesses
``simulated/judge``     scores an open answer: ``high`` when it repeats the reference, else ``low``

They read the gold from the call's origin, never from the request. Every draw is a pure function of
the run's seed and the request, so equal runs give equal answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist
from typing import Final

import numpy as np

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.model import Call, Capabilities, ModelIdentity, ModelOptions
from medtrust.core.records import Answer, Failure, Kind
from medtrust.models.parameters import check_names, fraction

_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NORMAL: Final = NormalDist()
_REFUSAL: Final = "I am sorry, but I cannot answer that."

Respond = Callable[[Call], Answer]


class SimulatedModel:
    """Answers by a rule, in this process, at no cost."""

    def __init__(self, identity: ModelIdentity, respond: Respond) -> None:
        self.identity = identity
        self.notes: tuple[str, ...] = ()
        self.capabilities = Capabilities(
            needs_pixels=False,
            asks_by="group",
            signals=frozenset({"token_logprobs"}),
        )
        self._respond = respond

    async def answer(
        self,
        calls: Sequence[Call],
        signals: frozenset[str],  # noqa: ARG002 - the rule decides what it gives
    ) -> list[Answer | Failure]:
        """Answer each call by the rule."""
        return [self._respond(call) for call in calls]

    async def close(self) -> None:
        """Nothing to release."""


def open_model(options: ModelOptions) -> SimulatedModel:
    """Make ``simulated/KIND``.

    Raises:
        UnknownNameError: For an unknown kind or option.
        UserError: For a value out of range.
    """
    makers: dict[str, Callable[[ModelOptions], Respond]] = {
        "constant": _constant,
        "judge": _judge,
        "planted": _planted,
    }
    if options.name not in makers:
        raise UnknownNameError.among("simulated responder", options.name, makers)
    respond = makers[options.name](options)
    planted = {**options.parameters, "seed": str(options.seed)}
    identity = ModelIdentity("simulated", options.name, "1", tuple(sorted(planted.items())))
    return SimulatedModel(identity, respond)


def _constant(options: ModelOptions) -> Respond:
    parameters = options.parameters
    check_names(parameters, ("answer", "option"))
    if ("answer" in parameters) == ("option" in parameters):
        raise UserError("simulated/constant needs one of -M answer=TEXT and -M option=first.")
    if "answer" in parameters:
        answer = Answer(parameters["answer"])
        return lambda _call: answer
    wanted = parameters["option"]
    if wanted not in (*_ORDINALS, "last"):
        raise UnknownNameError.among("option", wanted, (*_ORDINALS, "last"))

    def respond(call: Call) -> Answer:
        shown = call.origin.options or ("yes", "no")
        place = len(shown) - 1 if wanted == "last" else _ORDINALS.index(wanted)
        return Answer(shown[min(place, len(shown) - 1)])

    return respond


@dataclass(frozen=True, slots=True)
class _Gap:
    group: str
    value: str
    size: float


def _gap(parameters: Mapping[str, str]) -> _Gap | None:
    text = parameters.get("gap")
    if text is None:
        return None
    try:
        group, value, difference = text.split(":")
        size = float(difference)
    except ValueError:
        raise UserError(
            f"-M gap={text} is not group:value:difference, e.g. gap=sex:female:-0.1."
        ) from None
    if not -1 <= size <= 1:
        raise UserError(f"-M gap={text}: the difference must lie between -1 and 1.")
    return _Gap(group, value, size)


def _planted(options: ModelOptions) -> Respond:
    parameters = options.parameters
    check_names(parameters, ("accuracy", "gap", "refusal", "correlation", "confidence"))
    accuracy = fraction(parameters, "accuracy", 0.8)
    refusal = fraction(parameters, "refusal", 0.0)
    correlation = fraction(parameters, "correlation", 0.0)
    confidence = fraction(parameters, "confidence", 0.9)
    gap = _gap(parameters)
    logprob = np.array([math.log(max(confidence, 1e-9))], dtype=np.float32)

    def respond(call: Call) -> Answer:
        sample = call.origin.sample
        own = (str(options.seed), call.request_id, str(call.request.draw))
        if uniform(*own, "refusal") < refusal:
            return Answer(_REFUSAL)
        if "image=blank" in call.origin.condition:  # knows nothing, and so it guesses
            shown = call.origin.options or ("yes", "no")
            return Answer(shown[int(uniform(*own, "guess") * len(shown))])
        right = accuracy
        if gap is not None and sample.groups.get(gap.group) == gap.value:
            right = min(1.0, max(0.0, accuracy + gap.size))
        shared = uniform(str(options.seed), sample.cluster or sample.id, "cluster")
        luck = correlated(shared, uniform(*own, "own"), correlation)
        text = _right_text(call) if luck < right else _wrong_text(call, uniform(*own, "wrong"))
        return Answer(text, signals={"token_logprobs": logprob})

    return respond


def uniform(*parts: str) -> float:
    """A number in (0, 1) that depends on nothing but its arguments."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**64


def correlated(shared: float, own: float, correlation: float) -> float:
    """A uniform number whose normal score has the given correlation within a cluster.

    Args:
        shared: The cluster's uniform number.
        own: The item's uniform number.
        correlation: Of the normal scores of two items of one cluster, in [0, 1].
    """
    if correlation == 0:
        return own
    score = math.sqrt(correlation) * _NORMAL.inv_cdf(shared)
    score += math.sqrt(1 - correlation) * _NORMAL.inv_cdf(own)
    return _NORMAL.cdf(score)


def _right_text(call: Call) -> str:
    sample = call.origin.sample
    if sample.kind is Kind.YES_NO:
        return "Yes" if sample.answer else "No"
    if sample.kind is Kind.CHOICE and isinstance(sample.answer, int):
        return _LETTERS[call.origin.options.index(sample.options[sample.answer])]
    return str(sample.answer)


def _wrong_text(call: Call, luck: float) -> str:
    sample = call.origin.sample
    if sample.kind is Kind.YES_NO:
        return "No" if sample.answer else "Yes"
    if sample.kind is Kind.CHOICE and isinstance(sample.answer, int):
        gold = sample.options[sample.answer]
        wrong = [place for place, text in enumerate(call.origin.options) if text != gold]
        return _LETTERS[wrong[int(luck * len(wrong))]] if wrong else _REFUSAL
    return "Nothing of that kind is seen."


def _judge(options: ModelOptions) -> Respond:
    parameters = options.parameters
    check_names(parameters, ("high", "low"))
    high = Answer(parameters.get("high", "9"))
    low = Answer(parameters.get("low", "3"))

    def respond(call: Call) -> Answer:
        shown = "\n".join(
            part
            for message in call.request.messages
            for part in message.content
            if isinstance(part, str)
        )
        return high if shown.count(str(call.origin.sample.answer)) > 1 else low

    return respond
