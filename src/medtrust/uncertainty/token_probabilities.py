"""Uncertainty from the token probabilities of the greedy answer: one pass, nothing else."""

from __future__ import annotations

import math

from medtrust.uncertainty.checks import token_entropies, token_logprobs
from medtrust.uncertainty.evidence import Absent, Evidence


def negative_log_likelihood(evidence: Evidence) -> float | Absent:
    """Minus the log-probability of the whole greedy answer, in nats.

    Returns:
        Value of at least 0, or why there is none.
    """
    logprobs = token_logprobs(evidence)
    return logprobs if isinstance(logprobs, Absent) else max(0.0, -math.fsum(logprobs))


def mean_negative_log_likelihood(evidence: Evidence) -> float | Absent:
    """Minus the mean log-probability of the tokens of the greedy answer, in nats a token.

    Returns:
        Value of at least 0, or why there is none.
    """
    logprobs = token_logprobs(evidence)
    if isinstance(logprobs, Absent):
        return logprobs
    return max(0.0, -math.fsum(logprobs) / len(logprobs))


def sequence_probability(evidence: Evidence) -> float | Absent:
    """One minus the probability of the whole greedy answer.

    Returns:
        Value in [0, 1], or why there is none. Longer answers are less probable whatever they say.

    Source: maximum sequence probability, Fomicheva et al. 2020, arXiv 2005.10608; the negative
    log-likelihood of Testoni and Calixto 2025, arXiv 2506.10769, orders answers the same way.
    """
    surprise = negative_log_likelihood(evidence)
    return surprise if isinstance(surprise, Absent) else -math.expm1(-surprise)


def perplexity(evidence: Evidence) -> float | Absent:
    """Exponential of the mean negative log-likelihood of a token.

    Returns:
        Value of at least 1, or why there is none; ``perplexity-too-large`` beyond 1e308.

    Source: Fomicheva et al. 2020, arXiv 2005.10608. lm-polygraph gives its logarithm this name.
    """
    surprise = mean_negative_log_likelihood(evidence)
    if isinstance(surprise, Absent):
        return surprise
    try:
        return math.exp(surprise)
    except OverflowError:
        return Absent("perplexity-too-large")


def mean_token_entropy(evidence: Evidence) -> float | Absent:
    """Mean entropy of the distributions that the tokens of the greedy answer were chosen from.

    Returns:
        Nats, at least 0 and at most the logarithm of the vocabulary; or why there is none.

    Source: Fomicheva et al. 2020, arXiv 2005.10608 (there called softmax entropy).
    """
    entropies = token_entropies(evidence)
    if isinstance(entropies, Absent):
        return entropies
    return math.fsum(entropies) / len(entropies)
