"""The responder for uncertainty: how sure it is, and what that foresees, can be planted.

===================  =============================================================================
``accuracy``         chance of a right answer to the plain question (0.7)
``auroc``            how well uncertainty tells wrong from right answers, from 0.5 (0.7)
``auroc_tokens``     the same for the probabilities of tokens alone
``auroc_letters``    ... of the letters at the first token
``auroc_draws``      ... of draws and of altered images
``auroc_stated``     ... of P(True) and stated confidence
``collapse``         share of right answers that turn wrong when the right option is hidden (0.5)
``fragility``        how well uncertainty about the plain question foresees that, from 0.5 (0.5)
``flips``            share of right answers that turn wrong when options are merely shuffled, a
                     wrong one is swapped, or noise is added (0.1)
``flips_foreseen``   how well uncertainty foresees that, from 0.5 (0.5)
``shift``            how much less sure it is when the right option is hidden, in standard
                     deviations (0)
``nota_bias``        share of answers that are "none of the others" though the right option is
                     there (0)
``abstention``       share of answers that say so when nothing offered is right (0.1)
``overconfidence``   what P(True) and stated confidence exceed the chance of being right by (0)
``consistency``      share of answers that stay when the question is worded otherwise (0.9)
``reliance``         share of answers that change when the image is blanked (0.8)
``correlation``      of the luck of two questions of one cluster (0)
===================  =============================================================================

Equal questions about a blank image are one request with one answer: ``reliance`` is found where
questions differ. Uncertainty is a normal score, moved for wrong, for collapsing and for flipping
answers by as much as the planted AUROCs need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from statistics import NormalDist
from typing import Final

import numpy as np

from medtrust.core.conditions import parse_condition
from medtrust.core.errors import UserError
from medtrust.core.model import Call, ModelOptions
from medtrust.core.records import Answer, Kind, Sample, Signal
from medtrust.models.parameters import check_names, fraction
from medtrust.models.simulated import wording
from medtrust.models.simulated.chance import correlated, uniform

SHARES: Final = {
    "accuracy": 0.7, "auroc": 0.7, "collapse": 0.5, "fragility": 0.5, "flips": 0.1,
    "flips_foreseen": 0.5, "nota_bias": 0.0, "abstention": 0.1, "consistency": 0.9,
    "reliance": 0.8, "correlation": 0.0,
}  # fmt: skip
"""Parameters that are shares, with their defaults."""

FAMILIES: Final = ("tokens", "letters", "draws", "stated")
NUMBERS: Final = {"shift": 0.0, "overconfidence": 0.0}
NONE_OF_THEM: Final = "None of these is correct."
NOTA: Final = -1
"""Stands for "none of the others" among places in the file."""

_NORMAL: Final = NormalDist()
_LEAST_SLOPE: Final = 0.3
_MASS: Final = math.log(0.98)
_LARGEST_AUROC: Final = 0.99


def nota(options: ModelOptions) -> Callable[[Call], Answer]:
    """Make the responder.

    Raises:
        UnknownNameError: For an unknown parameter.
        UserError: For a value out of range.
    """
    parameters = options.parameters
    families = [f"auroc_{family}" for family in FAMILIES]
    check_names(parameters, (*SHARES, *families, *NUMBERS))
    shares = {name: fraction(parameters, name, default) for name, default in SHARES.items()}
    for name in families:
        shares[name] = fraction(parameters, name, shares["auroc"])
    for name in ("auroc", *families, "fragility", "flips_foreseen"):
        if not 0.5 <= shares[name] <= _LARGEST_AUROC:
            raise UserError(f"-M {name}={shares[name]:g} is not from 0.5 to {_LARGEST_AUROC}.")
    numbers = {name: _number(parameters, name, default) for name, default in NUMBERS.items()}
    moved = {
        family: _moves(
            shares[f"auroc_{family}"], shares["fragility"], shares["collapse"],
            shares["flips_foreseen"], shares["flips"],
        )
        for family in FAMILIES
    }  # fmt: skip
    return _Nota(str(options.seed), shares, numbers, moved)


def _number(parameters: Mapping[str, str], name: str, default: float) -> float:
    text = parameters.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -10 <= value <= 10:
        raise UserError(f"-M {name}={text} is not a number from -10 to 10.")
    return value


@dataclass(frozen=True, slots=True)
class _Moves:
    """By how much the normal score is moved for an answer that is or will be wrong."""

    wrong: float
    collapses: float
    flips: float


@lru_cache(maxsize=64)
def _moves(
    auroc: float, fragility: float, collapse: float, foreseen: float, flips: float
) -> _Moves:
    """Moves that give the three AUROCs; each one's mixture holds the other's, so take turns."""
    collapsing, flipping = 0.0, 0.0
    for _ in range(20):
        collapsing = _solved(fragility, partial(_between, other=flipping, share=flips))
        flipping = _solved(foreseen, partial(_between, other=collapsing, share=collapse))

    def of_wrong(move: float) -> float:
        return sum(
            share * _NORMAL.cdf((move - collapsing * first - flipping * second) / math.sqrt(2))
            for first in (0, 1)
            for second in (0, 1)
            for share in [(collapse if first else 1 - collapse) * (flips if second else 1 - flips)]
        )

    return _Moves(_solved(auroc, of_wrong), collapsing, flipping)


def _between(move: float, other: float, share: float) -> float:
    """AUROC of a moved against an unmoved score when both hold the other move by chance."""
    pairs = ((0, 0, (1 - share) ** 2 + share**2), (1, 0, share * (1 - share)),
             (0, 1, share * (1 - share)))  # fmt: skip
    return sum(
        chance * _NORMAL.cdf((move + other * (first - second)) / math.sqrt(2))
        for first, second, chance in pairs
    )


def _solved(wanted: float, reached: Callable[[float], float]) -> float:
    """The move at which an increasing function reaches what is wanted, by bisection."""
    low, high = -20.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < wanted else (low, middle)
    return 0.0 if abs(low) < 1e-9 else low


@dataclass(frozen=True, slots=True)
class _Fate:
    """What luck has decided about a sample, the same in every arm."""

    right: bool
    collapses: bool
    flips: bool


@dataclass(frozen=True, slots=True)
class _Nota:
    seed: str
    shares: Mapping[str, float]
    numbers: Mapping[str, float]
    moves: Mapping[str, _Moves]

    def __call__(self, call: Call) -> Answer:
        """What is said in an arm and role, with signals."""
        sample, role = call.origin.sample, call.origin.role
        if sample.kind not in {Kind.CHOICE, Kind.YES_NO}:
            return Answer(wording.WRONG)
        fate = self._fate(sample)
        sure = {family: self._sureness(call, fate, family) for family in FAMILIES}
        if role == "p-true":
            return _true_or_false(sure["stated"])
        if role == "stated-two-turns":
            return Answer(f"{100 * sure['stated']:.0f}")
        greedy = self._place(call, fate)
        place = greedy
        if role == "draw" or role.startswith("blur"):
            place = self._strayed(call, greedy, sure["draws"])
        text = self._text(call, place)
        if role == "stated-one-turn":
            return Answer(f"{text}\nConfidence: {100 * sure['stated']:.0f}")
        return Answer(text, signals=self._signals(call, place, greedy, sure))

    def _fate(self, sample: Sample) -> _Fate:
        shared = uniform(self.seed, sample.cluster or sample.id, "cluster")
        luck = correlated(shared, self._own(sample, "right"), self.shares["correlation"])
        right = luck < self.shares["accuracy"]
        return _Fate(
            right,
            right and self._own(sample, "collapses") < self.shares["collapse"],
            right and self._own(sample, "flips") < self.shares["flips"],
        )

    def _sureness(self, call: Call, fate: _Fate, family: str) -> float:
        """Chance of being right that goes with the normal score, in (0, 1)."""
        moves, sample = self.moves[family], call.origin.sample
        score = _NORMAL.inv_cdf(self._own(sample, f"score-{family}"))
        score += moves.collapses * fate.collapses + moves.flips * fate.flips
        score += moves.wrong * (not fate.right)
        if call.origin.condition.startswith("nota=") and not _keeps_gold(call):
            score += self.numbers["shift"]
        slope = max(moves.wrong, _LEAST_SLOPE)
        accuracy = min(max(self.shares["accuracy"], 0.001), 0.999)
        logit = math.log(accuracy / (1 - accuracy)) - slope * score + slope**2 / 2
        chance = 1 / (1 + math.exp(-logit))
        if family == "stated":
            chance += self.numbers["overconfidence"]
        return min(max(chance, 1e-6), 1 - 1e-6)

    def _place(self, call: Call, fate: _Fate) -> int:
        """Place in the file of what is chosen greedily, or `NOTA`."""
        sample, arm = call.origin.sample, parse_condition(call.origin.condition)
        if "wording" in arm or arm.get("image") == "blank":
            name = "consistency" if "wording" in arm else "reliance"
            stays = self._own(sample, call.origin.condition) < self.shares[name]
            plain = _gold(sample) if fate.right else self._wrong(sample)
            return plain if stays == ("wording" in arm) else self._other(sample, plain)
        variant = arm.get("nota", "")
        if variant in {"replace", "replace_last"}:
            return NOTA if fate.right and not fate.collapses else self._wrong(sample)
        if variant == "remove":
            return self._wrong(sample)
        if variant == "add" and self._own(sample, "bias") < self.shares["nota_bias"]:
            return NOTA
        flips = fate.flips and (
            variant == "swap_distractor" or bool({"options", "noise"} & set(arm))
        )
        place = _gold(sample) if fate.right and not flips else self._wrong(sample)
        gone = sample.kind is Kind.CHOICE and sample.options[place] not in call.origin.options
        return NOTA if gone else place

    def _strayed(self, call: Call, greedy: int, sureness: float) -> int:
        """The greedy choice with the chance that goes with it, else another one on offer."""
        n_options = len(call.origin.options) or 2
        luck = uniform(self.seed, call.request_id, str(call.request.draw), call.origin.role)
        if luck < 1 / n_options + (1 - 1 / n_options) * sureness:
            return greedy
        others = [place for place in _on_offer(call) if place != greedy]
        luck = uniform(self.seed, call.request_id, str(call.request.draw), "stray")
        return others[int(luck * len(others))] if others else greedy

    def _text(self, call: Call, place: int) -> str:
        sample, shown = call.origin.sample, call.origin.options
        if sample.kind is Kind.YES_NO:
            return "Yes" if place else "No"
        nothing_offered = "nota=remove" in call.origin.condition
        if nothing_offered and self._own(sample, "abstention") < self.shares["abstention"]:
            return NONE_OF_THEM
        if place == NOTA:
            return wording.LETTERS[next(
                number for number, text in enumerate(shown) if text not in sample.options
            )]  # fmt: skip
        return wording.LETTERS[shown.index(sample.options[place])]

    def _signals(
        self, call: Call, place: int, greedy: int, sure: Mapping[str, float]
    ) -> Mapping[str, Signal]:
        """Of the one token; that of a draw has the probability with which it was drawn."""
        n_options = len(call.origin.options) or 2
        token = sure["tokens"]
        if call.origin.role == "draw":
            stay = 1 / n_options + (1 - 1 / n_options) * sure["draws"]
            token = stay if place == greedy else (1 - stay) / max(n_options - 1, 1)
        signals: dict[str, Signal] = {
            "token_logprobs": np.array([math.log(token)], dtype=np.float32),
            "token_entropies": np.array([math.log(10) * (1 - token)], dtype=np.float32),
        }
        if call.origin.sample.kind is Kind.CHOICE:
            chosen = wording.LETTERS.find(self._text(call, place)[:1])
            top = 1 / n_options + (1 - 1 / n_options) * sure["letters"]
            signals["letter_logprobs"] = _letters(chosen, top, n_options)
        return signals

    def _wrong(self, sample: Sample) -> int:
        """The wrong option that this sample's luck leads to, the same in every arm."""
        return self._other(sample, _gold(sample))

    def _other(self, sample: Sample, place: int) -> int:
        others = [other for other in range(_count(sample)) if other != place]
        return others[int(self._own(sample, f"other-{place}") * len(others))] if others else place

    def _own(self, sample: Sample, what: str) -> float:
        return uniform(self.seed, sample.id, what)


def _gold(sample: Sample) -> int:
    return int(sample.answer) if isinstance(sample.answer, bool | int) else 0


def _count(sample: Sample) -> int:
    return 2 if sample.kind is Kind.YES_NO else len(sample.options)


def _keeps_gold(call: Call) -> bool:
    """Whether the right option is still on offer."""
    sample = call.origin.sample
    return sample.kind is Kind.CHOICE and sample.options[_gold(sample)] in call.origin.options


def _on_offer(call: Call) -> list[int]:
    """Places in the file of what is offered; `NOTA` where it is."""
    sample, shown = call.origin.sample, call.origin.options
    if sample.kind is Kind.YES_NO:
        return [0, 1]
    places = [sample.options.index(text) for text in shown if text in sample.options]
    return places if len(places) == len(shown) else [*places, NOTA]


def _letters(chosen: int, top: float, n_options: int) -> Signal:
    """The chosen letter with its probability, the others alike, all together 0.98."""
    rest = math.log((1 - top) / max(n_options - 1, 1)) if n_options > 1 else -math.inf
    found = np.full(26, -np.inf, dtype=np.float32)
    found[:n_options] = rest + _MASS
    if chosen >= 0:
        found[chosen] = math.log(top) + _MASS
    return found


def _true_or_false(chance: float) -> Answer:
    """A with this chance against B."""
    found = np.full(26, -np.inf, dtype=np.float32)
    found[:2] = [math.log(chance) + _MASS, math.log(1 - chance) + _MASS]
    return Answer("A" if chance >= 0.5 else "B", signals={"letter_logprobs": found})
