"""How likely each possible answer was as the first token: letters of options, or yes and no.

A local model says it of every letter; a server only of its likeliest few tokens. A letter that is
not among them has no more than what is left of the probability: where that is little it counts as
impossible, and where it is not, nothing is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.records import Answer

SIGNALS: Final = frozenset({"letter_logprobs", "top_logprobs"})
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_YES: Final = ("no", "yes")
"""In the order of their codes."""

UNTOLD: Final = 0.05
"""An untold letter may have had at most this probability, or the others are not known either."""

_AROUND: Final = " \t\nĠ▁*_\"'"
_LARGEST_EXPONENT: Final = 700.0
_MOST: Final = 1e-3
"""By how much a sum of rounded probabilities may exceed 1."""


def letter_logprobs(answer: Answer, n_options: int) -> NDArray[np.float64] | None:
    """Log-probability of each option's letter as the first token of an answer.

    Args:
        answer: With one of `SIGNALS`.
        n_options: Options shown, 1 to 26.

    Returns:
        Natural log, shape (n_options,), minus infinity where a letter cannot come first or is
        not among the tokens told; None when neither signal is there, or an untold letter may have
        had more than `UNTOLD`.
    """
    told = answer.signals.get("letter_logprobs")
    if told is not None and told.size >= n_options:
        return _at_most_one(np.asarray(told[:n_options], dtype=np.float64))
    return _among_top(answer, [(letter, f"({letter}") for letter in LETTERS[:n_options]])


def yes_no_logprobs(answer: Answer) -> NDArray[np.float64] | None:
    """Log-probability of "no" and of "yes" as the first token, in any case; shapes as above."""
    spellings = [(word, word.capitalize(), word.upper()) for word in NO_YES]
    return _among_top(answer, spellings)


def _among_top(answer: Answer, spellings: Sequence[tuple[str, ...]]) -> NDArray[np.float64] | None:
    tokens, logprobs = answer.signals.get("top_tokens"), answer.signals.get("top_logprobs")
    if tokens is None or logprobs is None or not len(tokens):
        return None
    places = {text: place for place, texts in enumerate(spellings) for text in texts}
    found = np.full(len(spellings), -np.inf)
    left = 1.0 - float(np.exp(logprobs[0].astype(np.float64)).sum())
    for token, logprob in zip(tokens[0], logprobs[0], strict=True):
        place = places.get(str(token).strip(_AROUND))
        if place is not None:
            found[place] = np.logaddexp(found[place], float(logprob))
    if np.isneginf(found).any() and left > UNTOLD:
        return None
    return _at_most_one(found)


def _at_most_one(logprobs: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The same, or None where they cannot be log-probabilities of different tokens."""
    if np.isnan(logprobs).any():
        return None
    total = float(np.logaddexp.reduce(logprobs))
    if total > _MOST:
        return None
    # float32 lifts the sum of a certain model a hair above 0
    return logprobs - total if total > 0 else logprobs


def share_of_first(logprobs: NDArray[np.float64] | None) -> float | None:
    """Probability of the first of two against the second; None where neither has any.

    Args:
        logprobs: Natural log, shape (2,), or None.

    Returns:
        In [0, 1].
    """
    if logprobs is None or not np.isfinite(logprobs).any():
        return None
    apart = float(logprobs[1]) - float(logprobs[0])
    return 0.0 if apart > _LARGEST_EXPONENT else 1.0 / (1.0 + math.exp(apart))
