"""Whose doing it is: estimates of models by methods, taken apart with their sampling errors.

Methods applied to one model's answers share the draw of which answers were wrong, so that all of
a model's estimates lie too high or too low together. A plain analysis of variance takes that for
an effect of the model. Here the covariance of the sampling errors is taken out first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray, as_codes, as_values, require_same_length
from medtrust.metrics.clusters import dense_codes
from medtrust.metrics.multiplicity import holm
from medtrust.metrics.random_effects import (
    Component,
    RandomEffects,
    random_effects,
    variance_beyond_sampling,
)


@dataclass(frozen=True, slots=True)
class AdjustedMeans:
    """Level means of both factors, each free of the other's effect, and what is left.

    Attributes:
        rows: Linear map from estimates to row means, shape (j, n).
        columns: Linear map from estimates to column means, shape (k, n).
        design: Indicators of rows and columns, shape (n, j + k).
    """

    rows: FloatArray
    columns: FloatArray
    design: FloatArray


@dataclass(frozen=True, slots=True)
class TwoWay:
    """Estimates taken apart by row (model) and column (method).

    Attributes:
        rows: Row means as random effects, with the slope over the covariate if there is one.
        columns: Column means as random effects.
        interaction: What is left after both, beyond sampling; None with one row or column.
        row_means: Shape (j,).
        column_means: Shape (k,).
        covariate_variance: Variance of row means that the slope explains, its own error taken off.
    """

    rows: RandomEffects
    columns: RandomEffects | None
    interaction: Component | None
    row_means: FloatArray
    column_means: FloatArray
    covariate_variance: float | None

    def shares(self) -> dict[str, float]:
        """Shares of the true variance by source (covariate, rows, columns, interaction).

        They add up to 1; empty when all are 0 or rows or columns cannot be estimated.
        """
        columns = None if self.columns is None else self.columns.component.variance.value
        rows = self.rows.component.variance.value
        if columns is None or rows is None:
            return {}
        left = 0.0 if self.interaction is None else self.interaction.variance.value or 0.0
        parts = {
            "covariate": self.covariate_variance or 0.0,
            "rows": rows,
            "columns": columns,
            "interaction": left,
        }
        total = sum(parts.values())
        return {name: part / total for name, part in parts.items()} if total > 0.0 else {}

    def tests(self) -> dict[str, float]:
        """p-values of covariate, rows (beyond it) and columns, Holm's correction over them."""
        found = {
            "covariate": self.rows.slope_p,
            "rows": self.rows.component.p_value,
            "columns": None if self.columns is None else self.columns.component.p_value,
        }
        named = {name: p for name, p in found.items() if p is not None}
        return dict(zip(named, map(float, holm(list(named.values()))), strict=True))


def two_way_effects(
    estimates: npt.ArrayLike,
    covariance: FloatArray,
    *,
    rows: IntArray,
    columns: IntArray,
    covariate: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> TwoWay:
    """Take estimates apart by row and column with their known sampling covariance removed.

    The model: estimate = mean (+ slope * covariate of the row) + row effect + column effect +
    interaction + sampling error. Each variance is estimated where it is seen: the interaction in
    what an additive fit leaves, rows and columns in their adjusted means, whose errors hold the
    sampling covariance and the interaction. That takes the inverse of no larger covariance than
    one of rows or of columns: the inverse of that of all estimates would be too noisy, and methods
    that are near copies of each other would have all the weight.

    Args:
        estimates: Shape (n,), at most one for each row and column; cells may be absent.
        covariance: Of their sampling errors, shape (n, n).
        rows: Codes of rows (models), shape (n,).
        columns: Codes of columns (methods), shape (n,).
        covariate: One value per row in the order of sorted codes, shape (j,).
        level: Nominal coverage, in (0, 1).

    Raises:
        ShapeError: If shapes do not fit, a cell occurs twice, or rows and columns fall into parts
            that share nothing, so that they cannot be told apart.

    Source: ours; the components of each level as in `medtrust.metrics.random_effects`.
    """
    values = as_values(estimates, "estimates")
    row_codes, n_rows = dense_codes(as_codes(rows, "rows"))
    column_codes, n_columns = dense_codes(as_codes(columns, "columns"))
    require_same_length(estimates=values, rows=row_codes, columns=column_codes)
    if np.unique(row_codes * n_columns + column_codes).size < values.size:
        raise ShapeError("a row and column occur together twice.")
    maps = adjusted_means(row_codes, column_codes)
    interaction, errors = None, np.asarray(covariance, dtype=np.float64)
    if n_rows > 1 and n_columns > 1 and values.size > n_rows + n_columns - 1:
        interaction = variance_beyond_sampling(values, errors, maps.design, level=level)
        errors = errors + np.eye(values.size) * (interaction.variance.value or 0.0)
    row_means, row_errors = maps.rows @ values, maps.rows @ errors @ maps.rows.T
    column_means, column_errors = maps.columns @ values, maps.columns @ errors @ maps.columns.T
    by_row = random_effects(row_means, row_errors, covariate=covariate, level=level)
    by_column = random_effects(column_means, column_errors, level=level) if n_columns > 1 else None
    return TwoWay(
        by_row, by_column, interaction, row_means, column_means,
        None if covariate is None else _explained(by_row, as_values(covariate, "covariate")),
    )  # fmt: skip


def adjusted_means(rows: IntArray, columns: IntArray) -> AdjustedMeans:
    """Linear maps from estimates to row means and column means of an additive fit.

    Args:
        rows: Codes 0 .. j-1, shape (n,).
        columns: Codes 0 .. k-1, shape (n,).

    Raises:
        ShapeError: If some rows share no column with the others, not even over a third.
    """
    n_rows, n_columns = int(rows.max()) + 1, int(columns.max()) + 1
    design = np.concatenate([np.eye(n_rows)[rows], np.eye(n_columns)[columns]], axis=1)
    if np.linalg.matrix_rank(design) < n_rows + n_columns - 1:
        raise ShapeError("rows and columns fall into parts that share nothing.")
    solution = np.linalg.pinv(design)
    by_row, by_column = solution[:n_rows], solution[n_rows:]
    return AdjustedMeans(by_row + by_column.mean(axis=0), by_column + by_row.mean(axis=0), design)


def _explained(found: RandomEffects, covariate: FloatArray) -> float | None:
    """Variance of the row means along the slope, less what the slope's own error feigns."""
    slope = found.slope
    if slope is None or slope.value is None or slope.low is None or slope.high is None:
        return None
    from medtrust.metrics.intervals import t_quantile

    half = t_quantile(0.5 + slope.level / 2.0, covariate.size - 2)
    error = (slope.high - slope.low) / (2.0 * half)
    return max(slope.value**2 - error**2, 0.0) * float(covariate.var(ddof=1))


def plain_shares(
    estimates: npt.ArrayLike, *, rows: IntArray, columns: IntArray
) -> dict[str, float]:
    """Eta squared of a plain two-way analysis of variance, which knows of no sampling error.

    It stands beside `two_way_effects` because this is how such tables are often taken apart. It
    gives the whole scatter to somebody: where nothing differs, to the rows, whose estimates err
    together.

    Args:
        estimates: Shape (n,).
        rows: Codes of rows, shape (n,).
        columns: Codes of columns, shape (n,).

    Returns:
        Shares of ``rows``, ``columns`` and ``rest`` in the squared deviations, summing to 1 when
        every cell is there; sums of squares beyond the other factor otherwise. Empty without
        scatter.
    """
    values = as_values(estimates, "estimates")
    row_codes, n_rows = dense_codes(as_codes(rows, "rows"))
    column_codes, n_columns = dense_codes(as_codes(columns, "columns"))
    require_same_length(estimates=values, rows=row_codes, columns=column_codes)
    by_row, by_column = np.eye(n_rows)[row_codes], np.eye(n_columns)[column_codes]
    total = float(np.sum(np.square(values - values.mean())))
    if total <= 0.0:
        return {}
    left = _left(values, np.concatenate([by_row, by_column], axis=1))
    return {
        "rows": (_left(values, by_column) - left) / total,
        "columns": (_left(values, by_row) - left) / total,
        "rest": left / total,
    }


def _left(values: FloatArray, design: FloatArray) -> float:
    """Squared residuals of a least-squares fit."""
    fit = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(np.sum(np.square(values - fit)))
