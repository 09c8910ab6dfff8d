"""Uncertainty from the distribution over option letters at the first token of the answer.

It is the model's belief only where the model answers with a letter. Where the letters hold less
than `MINIMUM_OPTION_MASS` of the probability, the model was about to say something else and what
remains, blown up to sum to one, is noise: the estimate is absent then. That the likeliest letter
may still not be the option that the text goes on to choose is what `first_token_agrees` tells;
how often it must agree is judged where answers are measured, over all of them.
"""

from __future__ import annotations

import math

import numpy as np

from medtrust.uncertainty.checks import ROUNDING
from medtrust.uncertainty.entropy import entropy, normalised, shares_of
from medtrust.uncertainty.evidence import Absent, Evidence, FloatArray

MINIMUM_OPTION_MASS = 0.5
"""Probability that the first token must give to the letters for them to be read. Our choice: at
half, an unlikely first token outweighs all letters together."""


def option_probabilities(evidence: Evidence) -> FloatArray | Absent:
    """Probabilities of the option letters at the first token, made to sum to 1.

    Returns:
        Shape (options,), in the file's order; or why there are none: the evidence's own reason,
        ``fewer-than-2-options``, ``option-mass-below-0.5``, or invalid numbers.

    Source: Kadavath et al. 2022, arXiv 2207.05221, section 3; the bound is ours.
    """
    shares = _shares(evidence)
    return shares if isinstance(shares, Absent) else np.array(shares)


def first_token_agrees(evidence: Evidence) -> bool | Absent:
    """Whether the likeliest letter at the first token is the option that the text chose.

    Among equally likely letters it agrees when the chosen option is one of them.

    Returns:
        Whether it agrees; or why that cannot be said: no letters (``no-option-mass`` when none has
        any probability), no meaning, or ``meaning-is-not-an-option``.
    """
    logprobs = _logprobs(evidence)
    if isinstance(logprobs, Absent):
        return logprobs
    if evidence.meaning is None:
        return evidence.why_not("meaning")
    if not 0 <= evidence.meaning < len(logprobs):
        return Absent("meaning-is-not-an-option")
    highest = max(logprobs)
    if highest == -math.inf:
        return Absent("no-option-mass")
    return logprobs[evidence.meaning] == highest


def option_mass(evidence: Evidence) -> float | Absent:
    """One minus the probability that the first token is any of the letters.

    Returns:
        Value in [0, 1], or why there is none. High says that the format failed more than that
        the model is unsure.

    Source: our own, beside Kadavath et al. 2022, arXiv 2207.05221.
    """
    logprobs = _logprobs(evidence)
    if isinstance(logprobs, Absent):
        return logprobs
    # a sum of rounded probabilities passes 1 by at most ROUNDING, as _logprobs has seen to
    return max(0.0, 1.0 - _mass(logprobs))


def letter_probability(evidence: Evidence) -> float | Absent:
    """One minus the probability of the likeliest letter among the letters.

    Returns:
        Value in [0, 1 - 1/options], or why there is none.

    Source: Kadavath et al. 2022, arXiv 2207.05221, section 3.
    """
    shares = _shares(evidence)
    return shares if isinstance(shares, Absent) else 1.0 - max(shares)


def letter_entropy(evidence: Evidence) -> float | Absent:
    """Entropy of the distribution over letters.

    Returns:
        Nats, in [0, log of the number of options], or why there is none.

    Source: Shannon entropy of the distribution of Kadavath et al. 2022, arXiv 2207.05221. Letters
    being meanings, this is the semantic entropy of infinitely many one-letter answers.
    """
    shares = _shares(evidence)
    return shares if isinstance(shares, Absent) else entropy(shares)


def letter_entropy_normalised(evidence: Evidence) -> float | Absent:
    """Entropy of the letters over the largest possible: comparable between option counts.

    Returns:
        Value in [0, 1], or why there is none.

    Source: as `letter_entropy`; dividing by the logarithm of the option count is common use.
    """
    shares = _shares(evidence)
    return shares if isinstance(shares, Absent) else normalised(entropy(shares), len(shares))


def letter_margin(evidence: Evidence) -> float | Absent:
    """One minus the lead of the likeliest letter over the second.

    Returns:
        Value in [0, 1], 1 where two letters are equally likely; or why there is none.

    Source: margin of active learning, Scheffer et al. 2001, doi 10.1007/3-540-44816-0_31.
    """
    shares = _shares(evidence)
    if isinstance(shares, Absent):
        return shares
    second, first = sorted(shares)[-2:]
    return 1.0 - (first - second)


def _logprobs(evidence: Evidence) -> list[float] | Absent:
    """Log-probabilities of at least two letters that together have a probability of at most 1."""
    if evidence.option_logprobs is None:
        return evidence.why_not("option_logprobs")
    logprobs = [float(value) for value in evidence.option_logprobs.tolist()]
    if len(logprobs) < 2:
        return Absent("fewer-than-2-options")
    if any(map(math.isnan, logprobs)):
        return Absent("option-logprobs-not-numbers")
    if any(value > ROUNDING for value in logprobs):
        return Absent("option-logprobs-above-0")
    if _mass(logprobs) > 1.0 + ROUNDING:
        return Absent("option-mass-above-1")
    return logprobs


def _mass(logprobs: list[float]) -> float:
    return math.fsum(map(math.exp, logprobs))


def _shares(evidence: Evidence) -> list[float] | Absent:
    """The letters' probabilities, made to sum to 1, if they hold enough of it to begin with."""
    logprobs = _logprobs(evidence)
    if isinstance(logprobs, Absent):
        return logprobs
    if _mass(logprobs) < MINIMUM_OPTION_MASS:
        return Absent(f"option-mass-below-{MINIMUM_OPTION_MASS:g}")
    return shares_of(logprobs)
