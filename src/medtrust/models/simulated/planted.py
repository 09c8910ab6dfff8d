"""The responder with planted properties: each a named parameter, each to be found again.

==================  ==============================================================================
``accuracy``        chance of a right answer (0.8)
``gap``             ``group:value:difference``: that much is added to it for one group
``noise_drop``      that much is taken from it under a ``noise=`` condition (0)
``correlation``     of the luck of two questions of one cluster (0)
``refusal``         share of ordinary questions refused (0)
``leak``            share of questions of topic ``privacy`` that are answered (0)
``abstention``      share of questions of topic ``unanswerable`` where it says so (1)
``set_accuracy``    share of confusable pairs with both answers right
``confusion``       share of them with the same answer to both; the rest has both wrong
``confidence``      probability of every answer's token (0.9)
``overconfidence``  instead: that much more (or less) than the chance of being right
==================  ==============================================================================

On a blank image it guesses. Without ``set_accuracy`` and ``confusion`` pairs are questions like
any other; with one of the two, the other takes the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from medtrust.core.errors import UserError
from medtrust.core.model import Call, ModelOptions
from medtrust.core.records import Answer, Kind, Signal
from medtrust.models.parameters import check_names, fraction
from medtrust.models.simulated import wording
from medtrust.models.simulated.chance import correlated, uniform
from medtrust.models.simulated.planted_gap import PlantedGap, planted_gap

PARAMETERS: Final = (
    "accuracy", "gap", "noise_drop", "correlation", "refusal", "leak", "abstention",
    "set_accuracy", "confusion", "confidence", "overconfidence",
)  # fmt: skip

_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Shares of all pairs; what is left has both members wrong."""

    right: float
    confused: float


@dataclass(frozen=True, slots=True)
class _Sureness:
    """Either the same for all answers, or this far above the chance of being right."""

    value: float | None
    excess: float = 0.0

    def of(self, chance: float) -> float:
        """Confidence in an answer that is right with this chance, in (0, 1]."""
        wanted = chance + self.excess if self.value is None else self.value
        return min(max(wanted, _LEAST), 1.0)


def planted(options: ModelOptions) -> Callable[[Call], Answer]:
    """Make the responder.

    Raises:
        UnknownNameError: For an unknown parameter.
        UserError: For a value out of range, or two that exclude each other.
    """
    parameters = options.parameters
    check_names(parameters, PARAMETERS)
    return _Planted(
        seed=str(options.seed),
        accuracy=fraction(parameters, "accuracy", 0.8),
        gap=planted_gap(parameters),
        noise_drop=fraction(parameters, "noise_drop", 0.0),
        correlation=fraction(parameters, "correlation", 0.0),
        refusal=fraction(parameters, "refusal", 0.0),
        leak=fraction(parameters, "leak", 0.0),
        abstention=fraction(parameters, "abstention", 1.0),
        pairs=_pairs(parameters),
        sureness=_sureness(parameters),
    )


@dataclass(frozen=True, slots=True)
class _Planted:
    seed: str
    accuracy: float
    gap: PlantedGap | None
    noise_drop: float
    correlation: float
    refusal: float
    leak: float
    abstention: float
    pairs: _Pairs | None
    sureness: _Sureness

    def __call__(self, call: Call) -> Answer:
        """The text, and the probability of its token as the one signal."""
        text, chance = self._text_and_chance(call)
        return Answer(text, signals=_signals(self.sureness.of(chance)))

    def _text_and_chance(self, call: Call) -> tuple[str, float]:
        """What is said, and with what chance such an answer is right."""
        topic = call.origin.sample.strata.get("topic")
        if topic == "privacy":
            leaks = self._own(call, "leak") < self.leak
            return (wording.LEAK if leaks else wording.REFUSAL), 1 - self.leak
        if topic == "unanswerable":
            abstains = self._own(call, "abstention") < self.abstention
            return (wording.UNKNOWN if abstains else wording.INVENTED), self.abstention
        if self._own(call, "refusal") < self.refusal:
            return wording.REFUSAL, self.accuracy
        if "image=blank" in call.origin.condition:
            return wording.guessed_text(call, self._own(call, "guess")), _guessing(call)
        if self.pairs is not None and call.origin.sample.pair:
            return self._of_pair(call, self.pairs)
        return self._ordinary(call)

    def _ordinary(self, call: Call) -> tuple[str, float]:
        chance = self.accuracy
        if self.gap is not None:
            chance += self.gap.of(call.origin.sample)
        if "noise=" in call.origin.condition:
            chance -= self.noise_drop
        chance = min(1.0, max(0.0, chance))
        if self._luck(call, self._own(call, "own")) < chance:
            return wording.right_text(call), chance
        return wording.wrong_text(call, self._own(call, "wrong")), chance

    def _of_pair(self, call: Call, shares: _Pairs) -> tuple[str, float]:
        """Luck is the pair's, so that both members meet the same fate."""
        pair = call.origin.sample.pair
        luck = self._luck(call, uniform(self.seed, pair, "pair"))
        chance = shares.right + shares.confused / 2
        if luck < shares.right:
            return wording.right_text(call), chance
        if luck < shares.right + shares.confused:
            return wording.same_text(call, uniform(self.seed, pair, "same")), chance
        return wording.wrong_text(call, self._own(call, "wrong")), chance

    def _luck(self, call: Call, own: float) -> float:
        sample = call.origin.sample
        shared = uniform(self.seed, sample.cluster or sample.id, "cluster")
        return correlated(shared, own, self.correlation)

    def _own(self, call: Call, what: str) -> float:
        return uniform(self.seed, call.request_id, str(call.request.draw), what)


@lru_cache(maxsize=256)
def _signals(confidence: float) -> Mapping[str, Signal]:
    return {"token_logprobs": np.array([math.log(confidence)], dtype=np.float32)}


def _guessing(call: Call) -> float:
    """Chance of a guess."""
    if call.origin.sample.kind in {Kind.OPEN, Kind.INSTRUCTION}:
        return 0.0
    return 1 / len(call.origin.options or ("yes", "no"))


def _pairs(parameters: Mapping[str, str]) -> _Pairs | None:
    if not {"set_accuracy", "confusion"} & set(parameters):
        return None
    right = fraction(parameters, "set_accuracy", 1 - fraction(parameters, "confusion", 0.0))
    confused = fraction(parameters, "confusion", 1 - right)
    if right + confused > 1 + _LEAST:
        raise UserError(
            f"-M set_accuracy={right:g} and confusion={confused:g} are more than 1 together: a "
            "confused pair has one wrong answer."
        )
    return _Pairs(right, confused)


def _sureness(parameters: Mapping[str, str]) -> _Sureness:
    text = parameters.get("overconfidence")
    if text is None:
        return _Sureness(fraction(parameters, "confidence", 0.9))
    if "confidence" in parameters:
        raise UserError("-M confidence= and overconfidence= exclude each other: give one.")
    try:
        excess = float(text)
    except ValueError:
        excess = math.nan
    accuracy = fraction(parameters, "accuracy", 0.8)
    if not -_LEAST <= accuracy + excess <= 1 + _LEAST:
        raise UserError(
            f"-M overconfidence={text} is no number that, added to accuracy={accuracy:g}, gives a "
            "confidence from 0 to 1."
        )
    return _Sureness(None, excess)
