from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.linalg import block_diag
from scipy.stats import t as student

from medtrust.core.errors import ShapeError
from medtrust.metrics.clusters import within_correlation
from medtrust.metrics.slope import slope


def clustered(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lengths and scores in 14 uneven clusters that share a part of both."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(14), rng.integers(1, 9, size=14))
    x = 5.0 + rng.normal(size=14)[codes] + rng.normal(size=codes.size)
    y = 0.3 * x + rng.normal(size=14)[codes] + rng.normal(size=codes.size)
    return x, y, codes


def dense_interval(x: np.ndarray, y: np.ndarray, codes: np.ndarray) -> tuple[float, float]:
    """Bell and McCaffrey's interval by the textbook's n x n matrices."""
    design = np.column_stack([np.ones_like(x), x])
    bread = np.linalg.inv(design.T @ design)
    hat = design @ bread @ design.T
    residuals = y - hat @ y
    members = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    correlation = within_correlation(
        residuals,
        np.array([residuals[rows].sum() for rows in members]),
        np.array([float(rows.size) for rows in members]),
    )
    model = block_diag(
        *[
            (1.0 - correlation) * np.eye(rows.size) + correlation * np.ones((rows.size, rows.size))
            for rows in members
        ]
    )
    columns = []
    for rows in members:
        squares, axes = np.linalg.eigh(np.eye(rows.size) - hat[np.ix_(rows, rows)])
        inverse_root = axes @ np.diag(squares**-0.5) @ axes.T
        column = np.zeros(x.size)
        column[rows] = inverse_root @ design[rows] @ bread[:, 1]
        columns.append((np.eye(x.size) - hat) @ column)
    contrasts = np.column_stack(columns)
    covariance = contrasts.T @ model @ contrasts
    trace = float(np.trace(covariance))
    truth = float((bread @ design.T @ model @ design @ bread)[1, 1])
    variance = float(np.square(contrasts.T @ y).sum()) * truth / trace
    half = student.ppf(0.975, trace**2 / np.square(covariance).sum()) * np.sqrt(variance)
    value = float((bread @ design.T @ y)[1])
    return value - half, value + half


@pytest.mark.parametrize("seed", range(4))
def test_interval_is_that_of_the_textbooks_matrices(seed: int) -> None:
    x, y, codes = clustered(seed)
    found = slope(x, y, clusters=codes)
    assert (found.low, found.high) == pytest.approx(dense_interval(x, y, codes))
    assert (found.method, found.n_clusters) == ("cluster-robust-t", 14)


def test_value_and_independent_variance_agree_with_statsmodels() -> None:
    x, y, _ = clustered(5)
    fitted = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC2")
    found = slope(x, y)
    assert found.value == pytest.approx(fitted.params[1])
    assert found.low is not None
    assert found.high is not None
    # Independent samples need no stretching on average: HC2 is unbiased under the working model,
    # so the two widths differ only by t quantiles on fewer degrees of freedom.
    assert (found.high - found.low) / 2 / fitted.bse[1] == pytest.approx(2.03, abs=0.06)


def test_three_points_give_the_classical_interval_on_one_degree_of_freedom() -> None:
    # by hand: slope 0.5, residuals -1/6, 1/3, -1/6; standard error sqrt(1/6 / 2)
    found = slope([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    half = student.ppf(0.975, 1) * np.sqrt(1.0 / 12.0)
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))


def test_units_of_x_and_y_carry_over_and_origins_do_not_matter() -> None:
    x, y, codes = clustered(6)
    plain = slope(x, y, clusters=codes)
    moved = slope(1e6 - 2.0 * x, 3.0 * y - 40.0, clusters=7 * codes - 3)
    assert plain.value is not None
    assert plain.low is not None
    assert plain.high is not None
    assert (moved.low, moved.value, moved.high) == pytest.approx(
        (-1.5 * plain.high, -1.5 * plain.value, -1.5 * plain.low), rel=1e-6
    )


def test_order_of_samples_does_not_matter() -> None:
    x, y, codes = clustered(7)
    shuffled = np.random.default_rng(0).permutation(x.size)
    there = slope(x, y, clusters=codes)
    back = slope(x[shuffled], y[shuffled], clusters=codes[shuffled])
    assert (back.low, back.high) == pytest.approx((there.low, there.high))


@pytest.mark.parametrize(
    ("x", "y", "clusters", "note"),
    [
        ([], [], None, "no samples"),
        ([0.1, 0.1, 0.1], [1.0, 2.0, 3.0], None, "x does not vary: no slope"),
    ],
)
def test_without_a_slope_it_says_why(
    x: list[float], y: list[float], clusters: None, note: str
) -> None:
    found = slope(x, y, clusters=clusters)
    assert (found.value, found.low, found.high, found.note) == (None, None, None, note)


@pytest.mark.parametrize(
    ("x", "y", "clusters", "note"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 2.0], [4, 4, 4], "one cluster: no interval"),
        ([1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 5.0], [0, 1, 2, 2], "hangs on one cluster"),
        ([1.0, 2.0, 3.0, 4.0], [0.5, 0.5, 0.5, 0.5], [0, 1, 2, 3], "do not scatter"),
        ([1.0, 2.0, 3.0, 4.0], [0.1, 0.2, 0.3, 0.4], [0, 1, 2, 3], "do not scatter"),
    ],
)
def test_without_an_interval_it_says_why(
    x: list[float], y: list[float], clusters: list[int], note: str
) -> None:
    found = slope(x, y, clusters=np.array(clusters))
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert note in found.note


def test_lengths_must_agree() -> None:
    with pytest.raises(ShapeError, match="differ in length"):
        slope([1.0, 2.0], [1.0])
