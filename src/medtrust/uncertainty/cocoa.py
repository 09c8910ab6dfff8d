"""CoCoA: how improbable the greedy answer is, times how unlike the draws it is.

Either factor at zero makes the product zero: an answer that every draw repeats is certain however
improbable its wording. The paper compares texts with a cross-encoder; here words are compared, as
everywhere in this package, since no further model is asked.
"""

from __future__ import annotations

from medtrust.uncertainty.evidence import Absent, Evidence
from medtrust.uncertainty.similarity import mean_dissimilarity
from medtrust.uncertainty.token_probabilities import (
    mean_negative_log_likelihood,
    mean_token_entropy,
    negative_log_likelihood,
)


def cocoa_probability(evidence: Evidence) -> float | Absent:
    """Minus the log-probability of the greedy answer times its mean dissimilarity to the draws.

    Returns:
        Nats, at least 0, or why there is none.

    Source: Vashurin et al. 2025, arXiv 2502.04964, the variant of the sequence probability.
    """
    return _times(negative_log_likelihood(evidence), evidence)


def cocoa_perplexity(evidence: Evidence) -> float | Absent:
    """Logarithm of the perplexity times the mean dissimilarity.

    Returns:
        Nats a token, at least 0, or why there is none. The logarithm, as in the paper, lets a
        certain answer reach 0.

    Source: Vashurin et al. 2025, arXiv 2502.04964, the variant of the perplexity.
    """
    return _times(mean_negative_log_likelihood(evidence), evidence)


def cocoa_entropy(evidence: Evidence) -> float | Absent:
    """Mean token entropy times the mean dissimilarity.

    Returns:
        Nats, at least 0, or why there is none.

    Source: Vashurin et al. 2025, arXiv 2502.04964, the variant of the mean token entropy.
    """
    return _times(mean_token_entropy(evidence), evidence)


def _times(confidence_term: float | Absent, evidence: Evidence) -> float | Absent:
    if isinstance(confidence_term, Absent):
        return confidence_term
    dissimilarity = mean_dissimilarity(evidence)
    if isinstance(dissimilarity, Absent):
        return dissimilarity
    return confidence_term * dissimilarity
