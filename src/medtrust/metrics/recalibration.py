"""Calibrated chances of being wrong, each learned on samples of other clusters.

A map that is learned and judged on the same samples looks calibrated whatever it is worth. So the
clusters are split into folds, and each fold is mapped by what was learned on the others.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    as_values,
    as_zero_one,
    require_same_length,
)
from medtrust.metrics.calibration_maps import MAPS
from medtrust.metrics.clusters import cluster_sums, dense_codes
from medtrust.metrics.confidence_bins import as_confidence

Method: TypeAlias = Literal["temperature", "platt", "isotonic"]


def cross_fitted(
    uncertainty: npt.ArrayLike,
    wrong: npt.ArrayLike,
    *,
    method: Method,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    folds: int = 2,
) -> FloatArray | None:
    """Probability of being wrong, each by a map fitted on folds that do not hold its cluster.

    Args:
        uncertainty: High is uncertain, finite, shape (n,); for ``temperature`` itself a
            probability of being wrong.
        wrong: 1 is an error, shape (n,).
        method: Kind of map, a name in `MAPS`.
        rng: Deals clusters to folds; equal generators give equal folds. With clusters, the order
            of the samples plays no part.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        folds: Number of folds, >= 2.

    Returns:
        Shape (n,), each in [0, 1]. Folds have their own maps, so ranks (and AUROC) are kept
        within a fold and not between folds. None when `why_not_cross_fitted` gives a reason.

    Raises:
        ShapeError: If lengths differ, a value is missing, a temperature is asked of something
            that is not a probability, or the method is unknown.

    Source: cross-fitting as in scikit-learn's CalibratedClassifierCV; folds by cluster are dealt
        so that errors and right answers reach every fold that they can.
    """
    if method not in MAPS:
        raise ShapeError(f"method must be one of {', '.join(MAPS)}, not {method!r}.")
    check = as_confidence if method == "temperature" else as_values
    score, errors = check(uncertainty, "uncertainty"), as_zero_one(wrong, "wrong")
    codes = None if clusters is None else as_codes(clusters, "clusters")
    n = require_same_length(uncertainty=score, wrong=errors, clusters=codes)
    if why_not_cross_fitted(errors, clusters=codes, folds=folds):
        return None
    fold = _folds(errors, np.arange(n) if codes is None else codes, folds, rng)
    chances = np.empty(n)
    for held_out in range(folds):
        inside = fold == held_out
        fitted = MAPS[method].fit(score[~inside], errors[~inside])
        if fitted is None:  # cannot be: folds are dealt so that both outcomes are outside each
            return None
        chances[inside] = fitted.apply(score[inside])
    return chances


def why_not_cross_fitted(
    wrong: npt.ArrayLike, *, clusters: IntArray | None = None, folds: int = 2
) -> str:
    """Why `cross_fitted` has no answer for these samples; empty when it has one.

    Raises:
        ShapeError: If lengths differ, outcomes are not 0 or 1, or folds < 2.
    """
    if folds < 2:
        raise ShapeError(f"folds must be at least 2, not {folds}.")
    errors = as_zero_one(wrong, "wrong")
    names = np.arange(errors.size) if clusters is None else as_codes(clusters, "clusters")
    require_same_length(wrong=errors, clusters=names)
    if errors.size == 0:
        return "no samples"
    for outcome, called in ((1.0, "errors"), (0.0, "right answers")):
        if np.unique(names[errors == outcome]).size < 2:
            kind = "samples" if clusters is None else "clusters"
            return f"{called} in fewer than two {kind}: no calibration on other samples"
    return ""


def _folds(wrong: FloatArray, clusters: IntArray, folds: int, rng: np.random.Generator) -> IntArray:
    """Fold of each sample.

    Clusters are dealt out in turn: those that are all wrong, the mixed ones, those that are all
    right, each in random order. So the clusters that hold an error are one run of the deal, and
    those that hold a right answer another: where there are two of a kind, two folds hold it.
    """
    codes, k = dense_codes(clusters)
    share = cluster_sums(wrong, codes, k) / np.bincount(codes, minlength=k)
    kind = np.where(share == 1.0, 0, np.where(share > 0.0, 1, 2))
    shuffled = rng.permutation(k)
    order = shuffled[np.argsort(kind[shuffled], kind="stable")]
    fold = np.empty(k, dtype=np.int64)
    fold[order] = np.arange(k) % folds
    return fold[codes]
