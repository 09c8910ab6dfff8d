"""The responder for confusable pairs, in every way they are asked.

==================  ==============================================================================
``set_accuracy``    share of pairs with both answers right (0.15)
``confusion``       share of them with the same answer to both (0.8); the rest has both wrong
``invalid``         share of single answers that choose nothing (0); those of scores always choose
``first``           share of answers that choose what stands first, whatever it is (0)
``correlation``     of the luck of pairs that share images (0)
==================  ==============================================================================

Without its own image a pair's two questions are the same question: both get one answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from medtrust.core.errors import UserError
from medtrust.core.model import Call, ModelOptions
from medtrust.core.records import Answer, Sample
from medtrust.models.parameters import check_names, fraction
from medtrust.models.simulated import wording
from medtrust.models.simulated.chance import correlated, uniform

PARAMETERS: Final = ("set_accuracy", "confusion", "invalid", "first", "correlation")

_LIKELY: Final = -0.1
_UNLIKELY: Final = -3.0
_LEAST: Final = 1e-9


def mediconfusion(options: ModelOptions) -> Callable[[Call], Answer]:
    """Make the responder.

    Raises:
        UnknownNameError: For an unknown parameter.
        UserError: For a value out of range, or two shares that are more than 1 together.
    """
    parameters = options.parameters
    check_names(parameters, PARAMETERS)
    right = fraction(parameters, "set_accuracy", 0.15)
    confused = fraction(parameters, "confusion", min(0.8, 1 - right))
    if right + confused > 1 + _LEAST:
        raise UserError(
            f"-M set_accuracy={right:g} and confusion={confused:g} are more than 1 together: a "
            "confused pair has one wrong answer."
        )
    return _Confusable(
        str(options.seed),
        right,
        confused,
        fraction(parameters, "invalid", 0.0),
        fraction(parameters, "first", 0.0),
        fraction(parameters, "correlation", 0.0),
    )


@dataclass(frozen=True, slots=True)
class _Confusable:
    seed: str
    right: float
    confused: float
    invalid: float
    first: float
    correlation: float

    def __call__(self, call: Call) -> Answer:
        """A letter, an option's text, or the scores of given texts."""
        options = call.origin.options or call.origin.sample.options
        place = self._place(call, options)
        if call.request.continuations:
            return _scored(call, place, len(options))
        if uniform(self.seed, call.request_id, str(call.request.draw), "valid") < self.invalid:
            return Answer(wording.UNREADABLE)
        return Answer(wording.LETTERS[place] if call.origin.options else options[place])

    def _place(self, call: Call, options: tuple[str, ...]) -> int:
        """Place of the chosen option among those shown."""
        sample = call.origin.sample
        if uniform(self.seed, call.request_id, "first") < self.first:
            return 0
        return options.index(self._said(sample, call.origin.condition))

    def _said(self, sample: Sample, condition: str) -> str:
        """Text of the chosen option; one draw decides the fate of both members of a pair."""
        gold = sample.options[sample.answer if isinstance(sample.answer, int) else 0]
        same = sorted(sample.options)[uniform(self.seed, sample.pair, "same") < 0.5]
        if "image=" in condition:
            return same
        shared = uniform(self.seed, sample.cluster or sample.pair, "cluster")
        luck = correlated(shared, uniform(self.seed, sample.pair, "pair"), self.correlation)
        if luck < self.right:
            return gold
        if luck < self.right + self.confused:
            return same
        return next(text for text in sample.options if text != gold)


def _scored(call: Call, place: int, n_options: int) -> Answer:
    """Scores of as many texts for each option: likely for the chosen one."""
    texts = call.request.continuations
    each = len(texts) // n_options
    counts = np.array([len(text.split()) for text in texts], dtype=np.int64)
    likely = np.repeat(np.arange(n_options) == place, each)
    sums = np.where(likely, _LIKELY, _UNLIKELY) * counts
    return Answer(
        "",
        signals={
            "continuation_logprobs": sums.astype(np.float32),
            "continuation_tokens": counts,
        },
    )
