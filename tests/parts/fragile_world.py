"""Items whose answers fail under several arms, with what is true of them known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Arm:
    """Log odds of failing: strength + slope * uncertainty."""

    strength: float
    slope: float


COLLAPSE = Arm(-0.5, 1.5)
SHUFFLE = Arm(-1.5, 0.7)


@dataclass(frozen=True, slots=True)
class Truth:
    """Population values."""

    conditional: float
    null: float
    discordant: float

    @property
    def difference(self) -> float:
        return self.conditional - self.null


@dataclass(frozen=True, slots=True)
class FragileWorld:
    """Normal uncertainty, correlated within clusters; the more uncertain the less often right.

    Given the uncertainty, all arms fail independently of each other.
    """

    uncertainty: FloatArray
    right: BoolArray
    after: BoolArray
    nulls: tuple[BoolArray, ...]
    clusters: IntArray
    arm: Arm
    null: Arm

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        *,
        clusters: int,
        size: int,
        arm: Arm = COLLAPSE,
        null: Arm = SHUFFLE,
        null_arms: int = 2,
        correlation: float = 0.5,
    ) -> FragileWorld:
        codes = np.repeat(np.arange(clusters), size)
        shared, own = rng.normal(size=clusters)[codes], rng.normal(size=codes.size)
        uncertainty = np.sqrt(correlation) * shared + np.sqrt(1.0 - correlation) * own

        def happens(which: Arm) -> BoolArray:
            chance = _chance(which, uncertainty)
            return np.asarray(rng.random(codes.size) < chance, dtype=np.bool_)

        right = happens(RIGHT)
        after = right & ~happens(arm)
        nulls = tuple(right & ~happens(null) for _ in range(null_arms))
        return cls(uncertainty, right, after, nulls, codes, arm, null)

    def truth(self) -> Truth:
        return truth(self.arm, self.null)


RIGHT = Arm(1.0, -1.0)


@cache
def truth(arm: Arm, null: Arm) -> Truth:
    """Population AUROCs by adding up over a fine grid of uncertainties."""
    grid = np.linspace(-8.0, 8.0, 8_001)
    weight = np.exp(-np.square(grid) / 2.0) * _chance(RIGHT, grid)
    falls, flips = _chance(arm, grid), _chance(null, grid)
    return Truth(
        _auroc(weight * falls, weight * (1.0 - falls)),
        _auroc(weight * flips, weight * (1.0 - flips)),
        _auroc(weight * falls * (1.0 - flips), weight * flips * (1.0 - falls)),
    )


def _chance(arm: Arm, uncertainty: FloatArray) -> FloatArray:
    chance: FloatArray = 1.0 / (1.0 + np.exp(-arm.strength - arm.slope * uncertainty))
    return chance


def _auroc(positive: FloatArray, negative: FloatArray) -> float:
    below = np.cumsum(negative) - negative / 2.0
    return float(np.sum(positive * below) / (positive.sum() * negative.sum()))
