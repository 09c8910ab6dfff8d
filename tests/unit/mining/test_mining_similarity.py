"""The similarity that decides, and the margin that single precision is given."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from medtrust.mining.embeddings import from_array
from medtrust.mining.similarity import above, below, margin, similarity, summed
from medtrust.mining.state import rows_in_memory
from parts.embedding_rows import clustered


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 100, 513])
def test_a_sum_by_halves_is_the_sum(width: int) -> None:
    terms = np.random.default_rng(width).standard_normal((4, width))
    expected = [math.fsum(row) for row in terms]
    assert summed(terms) == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_similarity_is_the_same_from_both_sides_and_in_any_company() -> None:
    rows = rows_in_memory(from_array(clustered(300, 37, 1, dtype="float64") * 2.5))
    i = np.random.default_rng(0).integers(0, 300, 1000)
    j = np.random.default_rng(1).integers(0, 300, 1000)
    together = similarity(rows, i, rows, j)
    assert np.array_equal(together, similarity(rows, j, rows, i))
    alone = [similarity(rows, i[k : k + 1], rows, j[k : k + 1])[0] for k in range(1000)]
    assert np.array_equal(together, alone)


def test_similarity_of_float32_rows_is_exact_to_the_last_digits() -> None:
    values = clustered(40, 512, 3)
    rows = rows_in_memory(from_array(values))
    i, j = np.triu_indices(40, 1)
    found = similarity(rows, i, rows, j)
    for row, column, value in zip(i[::20], j[::20], found[::20], strict=True):
        exact = sum(
            Fraction(float(x)) * Fraction(float(y))
            for x, y in zip(values[row], values[column], strict=True)
        )
        assert abs(Fraction(float(value)) - exact) < Fraction(1, 10**15)


@pytest.mark.parametrize("dimension", [1, 5, 64, 512, 1024])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_no_product_in_single_precision_strays_beyond_the_margin(
    dimension: int, sign: float
) -> None:
    values = np.abs(clustered(200, dimension, 4, dtype="float64"))
    values[::2] *= sign
    rows = rows_in_memory(from_array(values / np.linalg.norm(values, axis=1, keepdims=True)))
    i, j = np.triu_indices(200, 1)
    exact = similarity(rows, i, rows, j)
    one_by_one = np.zeros((200, 200), dtype=np.float32)
    for column in rows.single.T:
        one_by_one += np.outer(column, column)
    for products in (rows.single @ rows.single.T, one_by_one):
        assert np.abs(products[i, j].astype(np.float64) - exact).max() < margin(dimension)


def test_the_margin_stays_small_beside_a_threshold() -> None:
    assert margin(512) < 3.2e-5
    assert margin(1) > 2.0**-23


@pytest.mark.parametrize("value", [0.9, -0.3, 0.0, 1.0, 1e-30])
def test_thresholds_in_single_precision_lie_beyond_the_true_ones(value: float) -> None:
    assert float(below(value)) < value < float(above(value))
