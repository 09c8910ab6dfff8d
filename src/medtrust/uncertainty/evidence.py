"""What is stored about one answer, as estimators see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draw:
    """One sampled answer to the same question.

    Attributes:
        text: What was said; where it chooses an option, that option's text, so that two draws whose
            options stood in different orders are compared by content.
        meaning: Index of the chosen option in the file's order (yes 1, no 0); None where no
            choice could be read. Such a draw means what it says, and nothing else.
        logprob: Sum of the log-probabilities of its tokens, at most 0; None if unknown.
        tokens: How many tokens that is; None if unknown.
    """

    text: str
    meaning: int | None = None
    logprob: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """Why there is no number, in kebab-case; becomes ``missing:<reason>``."""

    reason: str


@dataclass(frozen=True)
class Evidence:
    """Everything that was stored about one greedy answer. What is not known is None.

    Attributes:
        text: Of the greedy answer, as in `Draw`.
        meaning: Of the greedy answer, as in `Draw`.
        token_logprobs: Log-probability of each token, shape (tokens,).
        token_entropies: Entropy at each token in nats, shape (tokens,).
        option_logprobs: Log-probability that the answer's first token is the letter of each
            option, in the file's order, shape (options,); minus infinity where it cannot be.
        draws: Sampled answers.
        p_true: Probability of "true" against "false" for the greedy answer, in [0, 1].
        stated_one_turn: Confidence stated together with an answer, in [0, 1]; only where that
            answer has the meaning of the greedy one.
        stated_two_turns: Confidence stated when asked about the greedy answer, in [0, 1].
        perturbed: Meanings of the answers to weakly altered images; None in it where unreadable.
        absent: Why an attribute is None, by its name.
    """

    text: str = ""
    meaning: int | None = None
    token_logprobs: FloatArray | None = None
    token_entropies: FloatArray | None = None
    option_logprobs: FloatArray | None = None
    draws: tuple[Draw, ...] | None = None
    p_true: float | None = None
    stated_one_turn: float | None = None
    stated_two_turns: float | None = None
    perturbed: tuple[int | None, ...] | None = None
    absent: Mapping[str, str] = field(default_factory=dict)

    def why_not(self, attribute: str) -> Absent:
        """Why an attribute is None."""
        return Absent(self.absent.get(attribute, f"no-{attribute.replace('_', '-')}"))
