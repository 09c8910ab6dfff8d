"""Chance without a generator: numbers that depend on nothing but what they are asked for."""

from __future__ import annotations

import math
from hashlib import blake2b
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()


def uniform(*parts: str) -> float:
    """A number in (0, 1) that depends on nothing but its arguments."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**64


def correlated(shared: float, own: float, correlation: float) -> float:
    """A uniform number whose normal score has the given correlation within a cluster.

    Args:
        shared: The cluster's uniform number.
        own: The item's uniform number.
        correlation: Of the normal scores of two items of one cluster, in [0, 1].
    """
    if correlation == 0:
        return own
    score = math.sqrt(correlation) * _NORMAL.inv_cdf(shared)
    score += math.sqrt(1 - correlation) * _NORMAL.inv_cdf(own)
    return _NORMAL.cdf(score)
