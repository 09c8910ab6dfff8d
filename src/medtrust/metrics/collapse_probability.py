"""How likely this answer is to collapse: a probability for each case, learned on other cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray, require_level
from medtrust.metrics.brier_skill import brier_skill
from medtrust.metrics.calibration import expected_calibration_error
from medtrust.metrics.calibration_maps import MAPS, CalibrationMap
from medtrust.metrics.clusters import dense_codes
from medtrust.metrics.collapse_model import CollapseModel, as_columns
from medtrust.metrics.debiased_calibration import debiased_calibration_error
from medtrust.metrics.intervals import Interval, mean
from medtrust.metrics.perturbation import NOTHING_WAS_RIGHT, right_before_only
from medtrust.metrics.recalibration import cross_fitted, why_not_cross_fitted

Method: TypeAlias = Literal["platt", "isotonic", "ridge"]

FOLDS = 5
N_BINS = 10


@dataclass(frozen=True, slots=True)
class CollapseProbability:
    """Cross-fitted chances of collapse, and how far they may be believed.

    Attributes:
        rows: Positions of the items right before, ascending, shape (m,).
        probability: Chance of collapse of each, from folds without its cluster, shape (m,); None
            with the reason in ``note``.
        skill: One minus the Brier score over that of the base rate known in hindsight: 1 =
            perfect, 0 or less = no better than the base rate.
        calibration_error: In [0, 1], by the name of its rule; biased upward but for the debiased.
        in_the_large: Mean probability minus the share that collapsed; 0 is calibrated.
        model: Fitted on all items right before; ``apply`` gives the chance for new answers.
        note: Why there are no probabilities.
    """

    rows: IntArray
    probability: FloatArray | None
    skill: Interval
    calibration_error: Mapping[str, float | None]
    in_the_large: Interval
    model: CalibrationMap | CollapseModel | None
    note: str = ""


def collapse_probability(
    uncertainty: npt.ArrayLike,
    right_before: npt.ArrayLike,
    right_after: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    method: Method | None = None,
    clusters: IntArray | None = None,
    folds: int = FOLDS,
    level: float = 0.95,
    draws: int = 2_000,
) -> CollapseProbability:
    """Chance that an answer that is right turns wrong under the perturbation, case by case.

    What a case gets is learned without its whole cluster, and what is said about calibration is
    about these probabilities. They hold for answers that are right: whether one is, nobody knows
    in use, so they are to be read beside the chance that it is wrong already.

    Args:
        uncertainty: One or several estimators before the perturbation, shape (n,) or (n, q).
        right_before: Booleans, or zeros and ones, shape (n,).
        right_after: Those of the same items under the perturbation, shape (n,).
        rng: Source of the folds and of the resamples.
        method: ``platt`` (a logistic line) or ``isotonic`` (only monotone) for one estimator, see
            `medtrust.metrics.recalibration`; ``ridge`` for one or several, see `CollapseModel`.
            None for ``platt`` with one estimator and ``ridge`` with several.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        folds: Number of parts, >= 2.
        level: Nominal coverage, in (0, 1).
        draws: Number of resamples, >= 1.

    Returns:
        No probabilities, and a reason, when fewer than two clusters hold a collapse or fewer than
        two an answer that stayed right.

    Raises:
        ShapeError: If the arrays differ in length, hold NaN or other labels, or a method for one
            estimator is asked of several.

    Source: Murphy 1973, Journal of Applied Meteorology 12 (Brier skill score).
    """
    require_level(level)
    columns = as_columns(uncertainty)
    chosen: Method = method or ("platt" if columns.shape[1] == 1 else "ridge")
    if chosen != "ridge" and columns.shape[1] > 1:
        raise ShapeError(f"method {chosen} takes one estimator, not {columns.shape[1]}.")
    part = right_before_only(columns[:, 0], right_before, right_after, clusters=clusters)
    columns, codes = columns[part.rows], part.clusters
    note = why_not_collapse(part.collapsed, codes, folds)
    if note:
        k = part.rows.size if codes is None else np.unique(codes).size
        silent = Interval(None, None, None, level, "", part.rows.size, k, note)
        return CollapseProbability(part.rows, None, silent, {}, silent, None, note)
    chances = _cross_fitted(columns, part.collapsed, codes, method=chosen, rng=rng, folds=folds)
    units = np.arange(chances.size) if codes is None else codes
    return CollapseProbability(
        part.rows,
        chances,
        brier_skill(chances, part.collapsed, clusters=units, rng=rng, level=level, draws=draws),
        _errors(chances, part.collapsed, units),
        mean(chances - part.collapsed, clusters=codes, bounds=(-1.0, 1.0), level=level),
        _fitted(columns, part.collapsed, chosen),
    )


def why_not_collapse(collapsed: FloatArray, clusters: IntArray | None, folds: int) -> str:
    """Why there can be no cross-fitted chance of collapse; empty when there can."""
    reason = why_not_cross_fitted(collapsed, clusters=clusters, folds=folds)
    if collapsed.size == 0:
        return NOTHING_WAS_RIGHT
    return reason.replace("right answers", "answers that held").replace("errors", "collapses")


def _cross_fitted(
    columns: FloatArray,
    collapsed: FloatArray,
    clusters: IntArray | None,
    *,
    method: Method,
    rng: np.random.Generator,
    folds: int,
) -> FloatArray:
    if method != "ridge":
        found = cross_fitted(
            columns[:, 0], collapsed, method=method, rng=rng, clusters=clusters, folds=folds
        )
        if found is not None:
            return found
    codes, _ = dense_codes(np.arange(collapsed.size) if clusters is None else clusters)
    chances = np.empty(collapsed.size)
    for inside in cluster_folds(codes, folds=folds, rng=rng):
        model = CollapseModel.fit(columns[~inside], collapsed[~inside])
        chances[inside] = model.apply(columns[inside])
    return chances


def _fitted(
    columns: FloatArray, collapsed: FloatArray, method: Method
) -> CalibrationMap | CollapseModel | None:
    if method == "ridge":
        return CollapseModel.fit(columns, collapsed)
    return MAPS[method].fit(columns[:, 0], collapsed)


def cluster_folds(
    clusters: IntArray, *, folds: int, rng: np.random.Generator
) -> Iterator[BoolArray]:
    """Masks of the items of each part that is not empty; no cluster is cut, sizes are similar.

    Args:
        clusters: Codes 0 .. k-1, k >= 2, shape (n,).
        folds: Number of parts, >= 2; parts beyond k stay empty.
        rng: Which cluster goes where.

    Yields:
        Shape (n,), each item in exactly one.
    """
    sizes = np.bincount(clusters)
    order = rng.permutation(sizes.size)
    order = order[np.argsort(-sizes[order], kind="stable")]
    part_of, filled = np.empty(sizes.size, dtype=np.int64), np.zeros(folds)
    for cluster in order:
        part_of[cluster] = int(np.argmin(filled))
        filled[part_of[cluster]] += sizes[cluster]
    for part in range(min(folds, sizes.size)):
        yield part_of[clusters] == part


def _errors(
    probability: FloatArray, happened: FloatArray, clusters: IntArray
) -> dict[str, float | None]:
    return {
        f"ece_{N_BINS}_equal_width_right": expected_calibration_error(probability, happened),
        f"ece_{N_BINS}_equal_mass": expected_calibration_error(probability, happened, bins="mass"),
        f"ece_debiased_{N_BINS}_equal_mass": debiased_calibration_error(
            probability, happened, clusters=clusters, bins="mass"
        ),
    }
