"""Shannon entropy of a few shares, and sums of probabilities kept as logarithms.

Sums are made with `math.fsum`, which rounds once: the order of the terms cannot show in the result.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable


def entropy(shares: Iterable[float]) -> float:
    """Entropy in nats of shares that sum to 1; a share of 0 adds nothing.

    Args:
        shares: Non-negative numbers that sum to 1.

    Returns:
        Value in [0, log of the number of shares].
    """
    return max(0.0, -math.fsum(share * math.log(share) for share in shares if share > 0.0))


def entropy_of_counts(counts: Collection[int]) -> float:
    """Entropy in nats of the shares of counts; 0 where one count holds everything.

    Args:
        counts: Whole numbers of at least 1, not all absent.

    Returns:
        Value in [0, log of the sum of the counts].
    """
    total = sum(counts)
    return entropy([count / total for count in counts])


def normalised(value: float, outcomes: int) -> float:
    """An entropy divided by the largest one that so many outcomes can have.

    Args:
        value: Entropy in nats.
        outcomes: Number of outcomes, at least 2.

    Returns:
        Value in [0, 1].
    """
    # an even spread divides to 1 + 2e-16 at some counts
    return min(1.0, value / math.log(outcomes))


def shares_of(log_weights: Collection[float]) -> list[float]:
    """Weights given as logarithms, made to sum to 1.

    Args:
        log_weights: At least one number above minus infinity; their level does not matter.

    Returns:
        Shares in [0, 1], in the same order.
    """
    highest = max(log_weights)
    weights = [math.exp(value - highest) for value in log_weights]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def log_sum_exp(values: Collection[float]) -> float:
    """Logarithm of a sum of exponentials; minus infinity for a sum of zeros.

    Args:
        values: At least one number; minus infinity is allowed.
    """
    highest = max(values)
    if highest == -math.inf:
        return -math.inf
    return highest + math.log(math.fsum(math.exp(value - highest) for value in values))
