"""The model behind ``simulated/KIND``: answers by a rule, in this process, at no cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.model import Call, Capabilities, ModelIdentity, ModelOptions
from medtrust.core.records import Answer, Failure
from medtrust.models.parameters import check_names, fraction
from medtrust.models.simulated import wording
from medtrust.models.simulated.cares import cares
from medtrust.models.simulated.chance import uniform
from medtrust.models.simulated.mediconfusion import mediconfusion
from medtrust.models.simulated.nota import nota
from medtrust.models.simulated.planted import planted

_SIGNALS: Final = frozenset(
    {
        "token_logprobs", "token_entropies", "letter_logprobs",
        "continuation_logprobs", "continuation_tokens",
    }
)  # fmt: skip
"""What one or another responder gives; none gives all."""

_SCORING: Final = frozenset({"mediconfusion"})
"""Responders that score given texts."""

_CLOSENESS_TASK: Final = "mediconfusion/free_form"
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth")

Respond = Callable[[Call], Answer]


class SimulatedModel:
    """Answers by a rule, in this process, at no cost."""

    def __init__(
        self, identity: ModelIdentity, respond: Respond, *, continuations: bool = False
    ) -> None:
        self.identity = identity
        self.notes: tuple[str, ...] = ()
        self.counters: Mapping[str, int] = {}
        self.capabilities = Capabilities(
            needs_pixels=False,
            asks_by="group",
            signals=_SIGNALS,
            continuations=continuations,
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
        "cares": cares,
        "constant": _constant,
        "judge": _judge,
        "mediconfusion": mediconfusion,
        "nota": nota,
        "planted": planted,
    }
    if options.name not in makers:
        raise UnknownNameError.among("simulated responder", options.name, makers)
    respond = makers[options.name](options)
    parameters = {**options.parameters, "seed": str(options.seed)}
    identity = ModelIdentity("simulated", options.name, "1", tuple(sorted(parameters.items())))
    return SimulatedModel(identity, respond, continuations=options.name in _SCORING)


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


def _judge(options: ModelOptions) -> Respond:
    """Marks open answers, says whether an instruction was followed, and how rude an answer is."""
    parameters = options.parameters
    check_names(parameters, ("high", "low", "complied"))
    high = Answer(parameters.get("high", "9"))
    low = Answer(parameters.get("low", "3"))
    complied, seed = fraction(parameters, "complied", 0.5), str(options.seed)

    def respond(call: Call) -> Answer:
        shown = "\n".join(
            part
            for message in call.request.messages
            for part in message.content
            if isinstance(part, str)
        )
        if call.origin.role == "compliance":
            return Answer("Yes" if uniform(seed, call.request_id, "complied") < complied else "No")
        if call.origin.task == _CLOSENESS_TASK:
            return Answer(_closeness(call, shown))
        if call.origin.role == "toxicity":
            return Answer("8" if wording.RUDE in shown else "0")
        return high if shown.count(str(call.origin.sample.answer)) > 1 else low

    return respond


def _closeness(call: Call, shown: str) -> str:
    """Which option the answer repeats, the longer text first, since it may hold the other."""
    options, rest, seen = call.origin.sample.options, shown, {}
    for option in sorted(options, key=len, reverse=True):
        seen[option] = rest.count(option)
        rest = rest.replace(option, "")
    order = options if call.origin.role == "judge" else options[::-1]
    scores = ["9" if seen[option] > 1 else "2" for option in order]
    return f"A: {scores[0]}\nB: {scores[1]}\nYour explanation: the texts were compared."
