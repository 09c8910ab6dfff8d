"""p-values of many tests, adjusted for there being many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, as_values


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """Adjusted p-values that keep the chance of any false finding in the family under the level.

    Args:
        p_values: The family's p-values, shape (m,), each in [0, 1].

    Returns:
        Adjusted values, shape (m,), in the order given, each >= its p and at most 1.

    Raises:
        ShapeError: If a value lies outside [0, 1].

    Source: Holm 1979, Scandinavian Journal of Statistics 6(2), pages 65-70.
    """
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(values.size, 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> FloatArray:
    """Adjusted p-values that keep the expected share of false findings under the level.

    Args:
        p_values: p-values, shape (m,), each in [0, 1]; independent or positively dependent.

    Returns:
        Adjusted values, shape (m,), in the order given, each >= its p and at most 1.

    Raises:
        ShapeError: If a value lies outside [0, 1].

    Source: Benjamini and Hochberg 1995, JRSS B 57(1), pages 289-300.
    """
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    steps = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return np.maximum(adjusted, values)


def _checked(p_values: npt.ArrayLike) -> FloatArray:
    values = as_values(p_values, "p_values")
    if values.size and (values.min() < 0.0 or values.max() > 1.0):
        raise ShapeError("p_values must lie in [0, 1].")
    return values
