"""Predictive entropies: how improbable the sampled answers are, whatever they mean.

They estimate the entropy of the answer distribution only where the stored log-probabilities are
those of the distribution that was sampled from: with top-p or a temperature other than 1, the
model's own log-probabilities give a cross-entropy instead.
"""

from __future__ import annotations

import math

from medtrust.uncertainty.checks import checked_logprobs
from medtrust.uncertainty.draws import sampled
from medtrust.uncertainty.evidence import Absent, Draw, Evidence


def draw_logprobs(
    evidence: Evidence, *, length_normalised: bool, at_least: int = 1
) -> list[float] | Absent:
    """Log-probabilities of the draws, in their order.

    Args:
        evidence: The stored answer.
        length_normalised: Divide each by the number of its tokens.
        at_least: The fewest draws.

    Returns:
        Nats, each at most 0; or why there are none: what `sampled` says, the evidence's reason for
        ``draw_logprobs`` or ``draw_tokens`` (by default ``no-draw-logprobs``, ``no-draw-tokens``)
        if any draw lacks it, ``draw-without-tokens``, or invalid numbers.
    """
    draws = sampled(evidence, at_least)
    if isinstance(draws, Absent):
        return draws
    known = [draw.logprob for draw in draws if draw.logprob is not None]
    if len(known) < len(draws):
        return evidence.why_not("draw_logprobs")
    logprobs = checked_logprobs(known, "draw-logprobs")
    if isinstance(logprobs, Absent) or not length_normalised:
        return logprobs
    lengths = _lengths(evidence, draws)
    if isinstance(lengths, Absent):
        return lengths
    return [value / length for value, length in zip(logprobs, lengths, strict=True)]


def predictive_entropy(evidence: Evidence) -> float | Absent:
    """Mean of minus the log-probability of the draws: a Monte-Carlo entropy of the answer.

    Returns:
        Nats, at least 0, or why there is none.

    Source: Malinin and Gales 2021, arXiv 2002.07650, the sequence-level Monte-Carlo estimate.
    """
    return _mean_surprise(draw_logprobs(evidence, length_normalised=False))


def predictive_entropy_length_normalised(evidence: Evidence) -> float | Absent:
    """The same with each log-probability divided by the number of tokens.

    Returns:
        Nats a token, at least 0, or why there is none.

    Source: Malinin and Gales 2021, arXiv 2002.07650, with length normalisation.
    """
    return _mean_surprise(draw_logprobs(evidence, length_normalised=True))


def _mean_surprise(logprobs: list[float] | Absent) -> float | Absent:
    if isinstance(logprobs, Absent):
        return logprobs
    return max(0.0, -math.fsum(logprobs) / len(logprobs))


def _lengths(evidence: Evidence, draws: tuple[Draw, ...]) -> list[int] | Absent:
    known = [draw.tokens for draw in draws if draw.tokens is not None]
    if len(known) < len(draws):
        return evidence.why_not("draw_tokens")
    return Absent("draw-without-tokens") if min(known) < 1 else known
