from __future__ import annotations

import numpy as np
import pytest

from medtrust.metrics.clusters import dense_codes, effective_size, kish_clusters, mean_variance


def test_kish_number_is_k_for_even_and_less_for_uneven_clusters() -> None:
    assert kish_clusters(np.full(8, 5.0)) == pytest.approx(8.0)
    assert kish_clusters(np.array([97.0, 1.0, 1.0, 1.0])) == pytest.approx(10_000 / 9412)


def test_dense_codes_renumber_any_codes() -> None:
    codes, k = dense_codes(np.array([40, -3, 40, 7]))
    assert codes.tolist() == [2, 0, 2, 1]
    assert k == 3


def brute_force_moments(
    values: np.ndarray, clusters: np.ndarray, correlation: float
) -> tuple[float, float]:
    """Variance and degrees of freedom from full matrices, to check the O(k) sums."""
    codes, k = dense_codes(clusters)
    n = values.shape[0]
    sizes = np.bincount(codes).astype(float)
    leverage = sizes / n
    centre = np.eye(k) - np.outer(leverage, np.ones(k))
    spread = np.diag(sizes * (1 + correlation * (sizes - 1)))
    form = centre.T @ np.diag(1 / (1 - leverage)) @ centre
    product = form @ spread
    sums = np.bincount(codes, weights=values - values.mean())
    quadratic = sums @ np.diag(1 / (1 - leverage)) @ sums
    variance = quadratic * np.trace(spread) / np.trace(product) / n**2
    return float(variance), float(np.trace(product) ** 2 / np.trace(product @ product))


def test_mean_variance_equals_the_full_matrix_computation() -> None:
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(9), [1, 2, 3, 9, 4, 1, 7, 2, 5])
    values = rng.normal(size=9)[clusters] + rng.normal(size=clusters.size)
    residuals = values - values.mean()
    products = [
        residuals[i] * residuals[j]
        for i in range(values.size)
        for j in range(values.size)
        if i != j and clusters[i] == clusters[j]
    ]
    correlation = float(np.mean(products) / np.mean(residuals**2))
    assert 0.0 < correlation < 1.0
    estimate = mean_variance(values, clusters)
    assert estimate is not None
    found = (estimate.variance, estimate.degrees_of_freedom)
    assert found == pytest.approx(brute_force_moments(values, clusters, correlation), rel=1e-9)


def test_uneven_clusters_cost_degrees_of_freedom() -> None:
    rng = np.random.default_rng(6)
    even = np.repeat(np.arange(10), 10)
    uneven = np.repeat(np.arange(10), [55] + [5] * 9)
    values = rng.normal(size=100)
    even_estimate, uneven_estimate = mean_variance(values, even), mean_variance(values, uneven)
    assert even_estimate is not None
    assert uneven_estimate is not None
    assert even_estimate.degrees_of_freedom == pytest.approx(9.0)
    assert uneven_estimate.degrees_of_freedom < 6.0


def test_effective_size_is_at_most_n_and_at_least_near_the_worst_case() -> None:
    values = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0], 6)
    size = effective_size(values, np.repeat(np.arange(8), 6))
    assert size is not None
    assert size.n <= 8.0
    assert size.design_effect == pytest.approx(6.0, rel=0.2)


def test_one_cluster_has_no_effective_size() -> None:
    assert effective_size(np.array([1.0, 0.0]), np.array([1, 1])) is None
    assert mean_variance(np.array([1.0, 0.0]), np.array([1, 1])) is None
