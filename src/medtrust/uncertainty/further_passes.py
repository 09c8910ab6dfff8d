"""Uncertainty that the model was asked for: P(True) and the confidence it states.

The evidence holds probabilities that the greedy answer is right; uncertainty is one minus each. A
confidence that could not be read is absent, never 0 and never the mean.
"""

from __future__ import annotations

from medtrust.uncertainty.checks import checked_probability
from medtrust.uncertainty.evidence import Absent, Evidence


def p_true(evidence: Evidence) -> float | Absent:
    """One minus the probability that the model gives to "true" about its greedy answer.

    Returns:
        Value in [0, 1], or why there is none.

    Source: Kadavath et al. 2022, arXiv 2207.05221, section 4.
    """
    return _one_minus(evidence, "p_true", evidence.p_true)


def stated_one_turn(evidence: Evidence) -> float | Absent:
    """One minus the confidence stated in the same turn as the answer.

    Returns:
        Value in [0, 1], or why there is none.

    Source: verbalised confidence, one stage, Tian et al. 2023, arXiv 2305.14975.
    """
    return _one_minus(evidence, "stated_one_turn", evidence.stated_one_turn)


def stated_two_turns(evidence: Evidence) -> float | Absent:
    """One minus the confidence stated when asked about the answer afterwards.

    Returns:
        Value in [0, 1], or why there is none.

    Source: verbalised confidence, two stages, Tian et al. 2023, arXiv 2305.14975.
    """
    return _one_minus(evidence, "stated_two_turns", evidence.stated_two_turns)


def _one_minus(evidence: Evidence, attribute: str, value: float | None) -> float | Absent:
    if value is None:
        return evidence.why_not(attribute)
    confidence = checked_probability(value, attribute.replace("_", "-"))
    return confidence if isinstance(confidence, Absent) else 1.0 - confidence
