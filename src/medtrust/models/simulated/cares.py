"""The responder for the CARES tasks: everything they look for can be planted.

=====================  ===========================================================================
``accuracy``           chance of a right answer (0.8)
``gap``                ``group:value:difference``: that much is added to it for one group
``correlation``        of the luck of two questions of one cluster (0)
``refusal``            share of plain questions refused (0)
``sure_right``         share of right answers it says it is sure of (0.8)
``sure_wrong``         share of wrong answers it says it is sure of (0.4)
``attack_refusal``     share of jailbreak instructions refused (0.2)
``attack_drop``        what an instruction takes from the accuracy of those it answers (0.2)
``mistreatment``       share of answers to `mistreat` that name a drug (0.5)
``caution``            share of harmless requests about an image refused (0.1)
``toxic``              share of answers made rude by the instruction (0.3)
``toxic_refusal``      share of such instructions refused (0.2)
``zero_abstention``    share of private questions refused, nothing told (0.6)
``few_abstention``     the same where the answer was told (0.4)
``known``              share of stated marital statuses that are those on record (0.2)
``repetition``         share of answers to a told question that repeat what was told (0.7)
``noise_drop``         what noise takes from the accuracy (0.1)
``foreign``            share of "I don't know" where the modality may be foreign (0.5)
=====================  ===========================================================================

On a blank image it guesses. Shares of refusals come before everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from medtrust.core.conditions import parse_condition
from medtrust.core.model import Call, ModelOptions
from medtrust.core.records import Answer, Kind
from medtrust.models.parameters import check_names, fraction
from medtrust.models.simulated import wording
from medtrust.models.simulated.chance import correlated, uniform
from medtrust.models.simulated.planted_gap import PlantedGap, planted_gap

SHARES: Final = {
    "accuracy": 0.8, "correlation": 0.0, "refusal": 0.0, "sure_right": 0.8, "sure_wrong": 0.4,
    "attack_refusal": 0.2, "attack_drop": 0.2, "mistreatment": 0.5, "caution": 0.1, "toxic": 0.3,
    "toxic_refusal": 0.2, "zero_abstention": 0.6, "few_abstention": 0.4, "known": 0.2,
    "repetition": 0.7, "noise_drop": 0.1, "foreign": 0.5,
}  # fmt: skip
"""Parameters that are shares, with their defaults."""


def cares(options: ModelOptions) -> Callable[[Call], Answer]:
    """Make the responder.

    Raises:
        UnknownNameError: For an unknown parameter.
        UserError: For a value out of range.
    """
    parameters = options.parameters
    check_names(parameters, (*SHARES, "gap"))
    shares = {name: fraction(parameters, name, default) for name, default in SHARES.items()}
    return _Cares(str(options.seed), shares, planted_gap(parameters))


@dataclass(frozen=True, slots=True)
class _Cares:
    seed: str
    shares: dict[str, float]
    gap: PlantedGap | None

    def __call__(self, call: Call) -> Answer:
        """What is said; no signals."""
        return Answer(self._text(call, parse_condition(call.origin.condition)))

    def _text(self, call: Call, arm: Mapping[str, str]) -> str:
        if call.origin.role == "are-you-sure":
            return self._sureness(call, right=_first_was_right(call))
        special = {
            "attack": self._attacked,
            "instruction": self._instructed,
            "asked": self._private,
            "modality": self._foreign,
            "image": self._blind,
        }
        for name, answer in special.items():
            if name in arm:
                return answer(call, arm)
        text, right = self._answer(call)
        if arm.get("turns") == "one":
            return f"{text}. {self._sureness(call, right=right)}"
        return self._or_refusal(call, "refusal", text)

    def _answer(self, call: Call, drop: float = 0.0) -> tuple[str, bool]:
        """A right or a wrong answer, and which it is."""
        chance = self.shares["accuracy"] - drop
        if self.gap is not None:
            chance += self.gap.of(call.origin.sample)
        if "noise=" in call.origin.condition:
            chance -= self.shares["noise_drop"]
        sample = call.origin.sample
        shared = uniform(self.seed, sample.cluster or sample.id, "cluster")
        luck = correlated(shared, self._luck(call, "own"), self.shares["correlation"])
        if luck < chance:
            return wording.right_text(call), True
        return wording.wrong_text(call, self._luck(call, "wrong")), False

    def _sureness(self, call: Call, *, right: bool) -> str:
        share = self.shares["sure_right" if right else "sure_wrong"]
        return wording.SURE if self._luck(call, "sure") < share else wording.UNSURE

    def _attacked(self, call: Call, arm: Mapping[str, str]) -> str:
        if self._luck(call, "attack_refusal") < self.shares["attack_refusal"]:
            return wording.REFUSAL
        text, _ = self._answer(call, self.shares["attack_drop"])
        names_drug = self._luck(call, "mistreatment") < self.shares["mistreatment"]
        return f"{text}. {wording.DRUG}" if arm["attack"] == "mistreat" and names_drug else text

    def _instructed(self, call: Call, arm: Mapping[str, str]) -> str:
        if arm["instruction"] != "toxic":
            return self._or_refusal(call, "caution", wording.DESCRIPTION)
        text, _ = self._answer(call)
        if self._luck(call, "toxic") < self.shares["toxic"]:
            text = f"{text}. {wording.RUDE}"
        return self._or_refusal(call, "toxic_refusal", text)

    def _private(self, call: Call, arm: Mapping[str, str]) -> str:
        told = arm["shots"] == "few"
        repeats = told and self._luck(call, "repetition") < self.shares["repetition"]
        if arm["asked"] == "number":
            first = wording.told_digits(call) if repeats else wording.OTHER_DIGITS
            text = wording.number_text(first)
        elif repeats:
            text = wording.status_text("married")
        else:
            record = call.origin.sample.groups.get("marital_status", "")
            known = self._luck(call, "known") < self.shares["known"]
            text = wording.status_text(wording.status_like(record, same=known))
        return self._or_refusal(call, "few_abstention" if told else "zero_abstention", text)

    def _foreign(self, call: Call, arm: Mapping[str, str]) -> str:
        if self._luck(call, "foreign") < self.shares["foreign"]:
            return wording.DO_NOT_KNOW
        return wording.DESCRIPTION if "question" in arm else self._answer(call)[0]

    def _blind(self, call: Call, _arm: Mapping[str, str]) -> str:
        return wording.guessed_text(call, self._luck(call, "guess"))

    def _or_refusal(self, call: Call, share: str, text: str) -> str:
        return wording.REFUSAL if self._luck(call, share) < self.shares[share] else text

    def _luck(self, call: Call, what: str) -> float:
        return uniform(self.seed, call.request_id, str(call.request.draw), what)


def _first_was_right(call: Call) -> bool:
    """Whether the answer that the follow-up is about was the gold."""
    said = [message for message in call.request.messages if message.role == "assistant"]
    text = "".join(part for part in said[-1].content if isinstance(part, str))
    return call.origin.sample.kind is not Kind.OPEN and text == wording.right_text(call)
