"""What makes a stored number usable: checked once, with a reason where it is not.

Nothing is clipped into its range. The one allowance is `ROUNDING`, the error that float32
arithmetic leaves: a log-probability of 1e-7 stands for 0, one of 0.1 makes the estimate absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from medtrust.uncertainty.evidence import Absent, Evidence

ROUNDING = 1e-5
"""How far past a bound a value may lie and still stand for the bound."""


def checked_logprobs(values: Iterable[float], name: str) -> list[float] | Absent:
    """Log-probabilities of things that happened: finite and at most 0.

    Args:
        values: Log-probabilities, natural logarithm.
        name: What they belong to, in kebab-case; begins the reason.

    Returns:
        The same values as floats, or ``<name>-not-finite`` or ``<name>-above-0``.
    """
    floats = [float(value) for value in values]
    if not all(map(math.isfinite, floats)):
        return Absent(f"{name}-not-finite")
    if any(value > ROUNDING for value in floats):
        return Absent(f"{name}-above-0")
    return [min(value, 0.0) for value in floats]


def checked_probability(value: float, name: str) -> float | Absent:
    """A probability or a confidence in [0, 1].

    Args:
        value: The number.
        name: What it is, in kebab-case; begins the reason.

    Returns:
        The same value, or ``<name>-not-finite`` or ``<name>-outside-0-1``.
    """
    if not math.isfinite(value):
        return Absent(f"{name}-not-finite")
    if not -ROUNDING <= value <= 1.0 + ROUNDING:
        return Absent(f"{name}-outside-0-1")
    return min(max(float(value), 0.0), 1.0)


def token_logprobs(evidence: Evidence) -> list[float] | Absent:
    """Log-probabilities of the tokens of the greedy answer, at least one."""
    if evidence.token_logprobs is None:
        return evidence.why_not("token_logprobs")
    if len(evidence.token_logprobs) == 0:
        return Absent("no-tokens")
    return checked_logprobs(evidence.token_logprobs.tolist(), "token-logprobs")


def token_entropies(evidence: Evidence) -> list[float] | Absent:
    """Entropies at the tokens of the greedy answer in nats, at least one, none negative."""
    if evidence.token_entropies is None:
        return evidence.why_not("token_entropies")
    if len(evidence.token_entropies) == 0:
        return Absent("no-tokens")
    values = [float(value) for value in evidence.token_entropies.tolist()]
    if not all(map(math.isfinite, values)):
        return Absent("token-entropies-not-finite")
    if any(value < -ROUNDING for value in values):
        return Absent("token-entropies-below-0")
    return [max(value, 0.0) for value in values]
