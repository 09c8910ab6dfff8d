"""Score tables of models and methods in which it is known what drives the AUROC.

All models answer the same items, whose difficulty they share; all methods of a model look at the
same answers, and what misleads one method about an item misleads the others as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.ranking import auroc, auroc_influence

World = Literal["method", "accuracy", "nothing"]

MODELS, METHODS, ITEMS = 12, 8, 800
SHARED_BY_METHODS, SHARED_BY_MODELS = 0.6, 0.2
"""Shares of the noise of a method that a model's methods have in common, and that all have."""


@dataclass(frozen=True)
class Table:
    """Simulated uncertainties and errors.

    Attributes:
        uncertainty: Shape (models, methods, items).
        wrong: Zeros and ones, shape (models, items).
        auroc: True AUROCs, shape (models, methods).
        accuracy: True accuracies, shape (models,).
    """

    uncertainty: FloatArray
    wrong: FloatArray
    auroc: FloatArray
    accuracy: FloatArray

    def estimates(self) -> tuple[FloatArray, FloatArray]:
        """AUROCs, shape (models * methods,), and the covariance of their sampling errors."""
        values, influences = [], []
        for model, wrong in zip(self.uncertainty, self.wrong, strict=True):
            for score in model:
                value = auroc(score, wrong)
                assert value is not None
                values.append(value)
                influences.append(auroc_influence(score, wrong))
        pull = np.array(influences)
        return np.array(values), pull @ pull.T


def draw(
    world: World,
    rng: np.random.Generator,
    *,
    models: int = MODELS,
    methods: int = METHODS,
    items: int = ITEMS,
) -> Table:
    """One table of a world.

    Uncertainty is normal, with a mean that is higher by d where the answer is wrong, so that the
    true AUROC is the normal distribution function of d / sqrt(2).
    """
    accuracy = np.linspace(0.35, 0.85, models)
    rng.shuffle(accuracy)
    true = np.full((models, methods), 0.66)
    if world == "method":
        true += np.linspace(-0.08, 0.08, methods)
    if world == "accuracy":
        true += 0.3 * (accuracy[:, None] - 0.6)
    difficulty = rng.normal(size=items)
    own = rng.normal(size=(models, items))
    depth = np.sqrt(0.5) * difficulty + np.sqrt(0.5) * own
    wrong = (depth > ndtri(accuracy)[:, None]).astype(np.float64)
    noise = (
        np.sqrt(SHARED_BY_MODELS) * rng.normal(size=(1, 1, items))
        + np.sqrt(SHARED_BY_METHODS) * rng.normal(size=(models, 1, items))
        + np.sqrt(1.0 - SHARED_BY_METHODS - SHARED_BY_MODELS)
        * rng.normal(size=(models, methods, items))
    )
    distance = np.sqrt(2.0) * ndtri(true)
    uncertainty = noise + distance[:, :, None] * wrong[:, None, :]
    return Table(uncertainty, wrong, true, accuracy)
