"""The chance of collapse from several uncertainties at once: a ridge-penalised logistic model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, as_zero_one, require_same_length
from medtrust.metrics.logistic import expit, fit_logistic

RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class CollapseModel:
    """Chance of collapse of an answer that is right, from its uncertainties.

    The log odds are ``intercept + slopes . (uncertainty - centre) / scale``.

    Attributes:
        centre: Mean of each uncertainty where the model was fitted, shape (q,).
        scale: Its standard deviation, > 0; 1 where it did not vary.
        slopes: Log odds per standard deviation, drawn towards 0, shape (q,).
        intercept: Log odds at the centre.
    """

    centre: tuple[float, ...]
    scale: tuple[float, ...]
    slopes: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, uncertainty: npt.ArrayLike, collapsed: npt.ArrayLike) -> CollapseModel:
        """Penalised maximum likelihood: half the squared slopes are added to the log loss.

        Args:
            uncertainty: One or several estimators, shape (n,) or (n, q).
            collapsed: Zeros and ones of the answers right before, shape (n,).

        Returns:
            Without any collapse, or with nothing else, the slopes are 0 and the chance is
            (c + 1/2) / (n + 1) for c collapses of n.

        Raises:
            ShapeError: If lengths differ, values are missing, or n = 0.
        """
        columns, happened = as_columns(uncertainty), as_zero_one(collapsed, "collapsed")
        n = require_same_length(uncertainty=columns, collapsed=happened)
        if n == 0:
            raise ShapeError("A model of collapse needs at least one answer.")
        centre, scale = columns.mean(axis=0), columns.std(axis=0)
        scale = np.where(scale > 1e-12 * np.abs(columns).max(axis=0), scale, 1.0)
        slopes, count = np.zeros(columns.shape[1]), float(happened.sum())
        intercept = float(np.log((count + 0.5) / (n - count + 0.5)))
        if 0.0 < count < n:
            design = np.column_stack([np.ones(n), (columns - centre) / scale])
            ridge = np.full(design.shape[1], RIDGE)
            ridge[0] = 0.0
            fit = fit_logistic(design, happened, penalty=ridge)
            if fit is not None:
                intercept, slopes = float(fit.coefficients[0]), fit.coefficients[1:]
        return cls(tuple(centre.tolist()), tuple(scale.tolist()), tuple(slopes.tolist()), intercept)

    def apply(self, uncertainty: npt.ArrayLike) -> FloatArray:
        """Chance of collapse of each answer, in (0, 1), shape (n,).

        Args:
            uncertainty: The estimators fitted on, shape (n,) or (n, q).

        Raises:
            ShapeError: If there are more or fewer of them, or values are missing.
        """
        columns = as_columns(uncertainty)
        if columns.shape[1] != len(self.slopes):
            raise ShapeError(f"Fitted on {len(self.slopes)} columns, given {columns.shape[1]}.")
        standard = (columns - np.asarray(self.centre)) / np.asarray(self.scale)
        return expit(self.intercept + standard @ np.asarray(self.slopes))


def as_columns(uncertainty: npt.ArrayLike) -> FloatArray:
    """Uncertainties as columns, shape (n, q), q >= 1."""
    columns = np.asarray(uncertainty, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[1] == 0:
        raise ShapeError("uncertainty must have the shape (n,) or (n, q), q >= 1.")
    if not np.isfinite(columns).all():
        raise ShapeError("uncertainty holds NaN or infinity; leave missing values out beforehand.")
    return columns
