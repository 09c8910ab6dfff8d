"""Made embeddings with pairs near a threshold, and the pairs found the long way round."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def clustered(
    rows: int, dimension: int, seed: int, *, near: float = 0.9, dtype: str = "float32"
) -> Array:
    """Rows of length 1: clusters, exact copies, and pairs within 1e-6 of a similarity."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((max(1, rows // 6), dimension))
    spread = generator.uniform(0.05, 0.6, (rows, 1))
    made = centres[generator.integers(0, len(centres), rows)]
    made = made + spread * generator.standard_normal((rows, dimension))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    if dimension > 1:
        for row in range(1, rows, 3):
            made[row] = _at_similarity(made[row - 1], made[row], near, generator)
    for row in range(2, rows, 11):
        made[row] = made[row // 2]
    return made.astype(dtype)


def _at_similarity(
    one: Array, other: Array, wanted: float, generator: np.random.Generator
) -> Array:
    """A unit vector whose product with `one` lies within 1e-6 of `wanted`, or at it."""
    across = other - (other @ one) * one
    length = np.linalg.norm(across)
    if length < 1e-9:
        return other
    target = min(1.0, max(-1.0, wanted + generator.choice([0.0, 1e-7, -1e-7, 1e-6, -1e-6])))
    made: Array = target * one + math.sqrt(1.0 - target**2) * across / length
    return made


def reference_products(values: Array) -> Array:
    """Float64 products of all rows: halves added to halves, term by term, written anew."""
    wide = values.astype(np.float64)
    found = np.empty((len(wide), len(wide)))
    for row in range(len(wide)):
        terms = list((wide[row] * wide).T)
        while len(terms) > 1:
            half = (len(terms) + 1) // 2
            added = [terms[k] + terms[half + k] for k in range(len(terms) - half)]
            terms = added + terms[len(terms) - half : half]
        found[row] = terms[0]
    return found


def brute_force(
    first: Array, second: Array | None, above: float, below: float
) -> list[tuple[int, int, float, float | None]]:
    """All pairs, one by one."""
    a = reference_products(first)
    b = None if second is None else reference_products(second)
    kept = a > above if b is None else (a > above) & (b < below)
    return [
        (int(i), int(j), float(a[i, j]), None if b is None else float(b[i, j]))
        for i, j in np.argwhere(np.triu(kept, 1))
    ]
