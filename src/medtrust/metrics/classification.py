"""Accuracy and its relatives, from integer labels.

Gold labels are codes 0 .. L-1. Predictions are the same codes, or -1 for none: the answer was
refused or could not be read. Such an answer is inside n and not correct; it is nobody's prediction.
What is undefined (no positives, no samples) is None, never 0.
"""

from __future__ import annotations

import numpy as np

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray, as_codes, require_same_length
from medtrust.metrics.bootstrap import cluster_bootstrap
from medtrust.metrics.intervals import Interval

NONE = -1


def confusion_counts(
    gold: IntArray, predicted: IntArray, *, n_labels: int | None = None
) -> IntArray:
    """Count each combination of gold label and prediction.

    Args:
        gold: Codes in 0 .. L-1, shape (n,).
        predicted: Codes in -1 .. L-1, shape (n,); -1 is none.
        n_labels: L >= 1; one more than the largest code if not given.

    Returns:
        Shape (L, L + 1); rows are gold, the last column is none.

    Raises:
        ShapeError: If the arrays differ in length or a code is out of range.
    """
    truth, answers, n_labels = _checked(gold, predicted, n_labels)
    cells = _cells(truth, answers, n_labels)
    counts = np.bincount(cells, minlength=n_labels * (n_labels + 1))
    return counts.reshape(n_labels, n_labels + 1).astype(np.int64)


def _checked(
    gold: IntArray, predicted: IntArray, n_labels: int | None
) -> tuple[IntArray, IntArray, int]:
    truth, answers = as_codes(gold, "gold"), as_codes(predicted, "predicted")
    require_same_length(gold=truth, predicted=answers)
    largest = max(truth.max(initial=-1), answers.max(initial=-1))
    labels = max(int(largest) + 1, 1) if n_labels is None else n_labels
    if truth.min(initial=0) < 0 or answers.min(initial=0) < NONE or largest >= labels:
        raise ShapeError(f"Labels must be 0 .. {labels - 1}, predictions also -1 for none.")
    return truth, answers, labels


def _cells(gold: IntArray, predicted: IntArray, n_labels: int) -> IntArray:
    """Flat index of each sample's cell in the table of `confusion_counts`."""
    column = np.where(predicted == NONE, n_labels, predicted)
    return (gold * (n_labels + 1) + column).astype(np.int64)


def accuracy(gold: IntArray, predicted: IntArray) -> float | None:
    """Share of correct predictions, in [0, 1]; None when n = 0. Its interval: `intervals.rate`."""
    truth, answers, _ = _checked(gold, predicted, None)
    return float(np.mean(truth == answers)) if truth.size else None


def balanced_accuracy(gold: IntArray, predicted: IntArray) -> float | None:
    """Mean recall over the labels that occur in gold, in [0, 1]; None when n = 0.

    Source: Brodersen et al. 2010, ICPR, pages 3121-3124, carried over to more than two labels.
    """
    return _single(balanced_accuracy_of(_stacked(gold, predicted)))


def macro_f1(gold: IntArray, predicted: IntArray) -> float | None:
    """Mean F1 over the labels that occur in gold or among predictions, in [0, 1].

    A none counts as a miss of its gold label and as no prediction of any. None when n = 0.

    Source: Opitz and Burst 2019, arXiv 1911.03347 (mean of F1 values).
    """
    return _single(macro_f1_of(_stacked(gold, predicted)))


def balanced_accuracy_of(counts: FloatArray) -> FloatArray:
    """Balanced accuracy of many confusion tables.

    Args:
        counts: Tables as made by `confusion_counts`, shape (..., L, L + 1).

    Returns:
        Shape (...,), NaN for an empty table.
    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    return _mean_where(hits, counts.sum(axis=-1))


def macro_f1_of(counts: FloatArray) -> FloatArray:
    """Macro-F1 of many confusion tables; shapes as in `balanced_accuracy_of`."""
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    involved = counts.sum(axis=-1) + counts[..., :-1].sum(axis=-2)
    return _mean_where(2.0 * hits, involved)


def _mean_where(numerators: FloatArray, denominators: FloatArray) -> FloatArray:
    """Mean over the last axis of the ratios whose denominator is not 0; NaN without any."""
    present = denominators > 0
    ratios = np.where(present, numerators / np.where(present, denominators, 1.0), 0.0)
    n_present = present.sum(axis=-1)
    means: FloatArray = np.where(
        n_present > 0, ratios.sum(axis=-1) / np.maximum(n_present, 1), np.nan
    )
    return means


def _stacked(gold: IntArray, predicted: IntArray) -> FloatArray:
    return confusion_counts(gold, predicted)[None].astype(np.float64)


def _single(values: FloatArray) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def sensitivity(gold: IntArray, predicted: IntArray, *, positive: int = 1) -> float | None:
    """Share of positives that were called positive; None without positives.

    Its interval is `intervals.rate` over the positives alone.
    """
    truth, answers, _ = _checked(gold, predicted, None)
    positives = truth == positive
    return float(np.mean(answers[positives] == positive)) if positives.any() else None


def specificity(gold: IntArray, predicted: IntArray, *, positive: int = 1) -> float | None:
    """Share of negatives that were called negative; None without negatives.

    A none is no call at all, so on a negative it is not correct either.
    """
    truth, answers, _ = _checked(gold, predicted, None)
    called = answers[truth != positive]
    return float(np.mean((called != positive) & (called != NONE))) if called.size else None


def yes_rate(predicted: IntArray, *, yes: int = 1) -> float | None:
    """Share of yes among all answers, nones included in the denominator; None when n = 0."""
    answers = as_codes(predicted, "predicted")
    return float(np.mean(answers == yes)) if answers.size else None


def constant_baselines(gold: IntArray, *, n_labels: int | None = None) -> FloatArray:
    """Accuracy of a model that always gives one label, for each label.

    Returns:
        Shape (L,), each in [0, 1], adding up to 1; empty when n = 0 (nothing is defined).
    """
    truth, _, labels = _checked(gold, gold, n_labels)
    if truth.size == 0:
        return np.empty(0)
    return np.bincount(truth, minlength=labels).astype(np.float64) / truth.size


def majority_baseline(gold: IntArray) -> float | None:
    """Accuracy of the best constant answer: the share of the most common label; None when n = 0."""
    shares = constant_baselines(gold)
    return float(shares.max()) if shares.size else None


def bootstrap_intervals(
    gold: IntArray,
    predicted: IntArray,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    n_labels: int | None = None,
    level: float = 0.95,
    draws: int = 10_000,
) -> dict[str, Interval]:
    """Intervals of balanced accuracy and macro-F1 from one set of cluster draws.

    Args:
        gold: Codes in 0 .. L-1, shape (n,).
        predicted: Codes in -1 .. L-1, shape (n,); -1 is none.
        rng: Source of the draws.
        clusters: Cluster codes, shape (n,); None when all samples are independent.
        n_labels: L >= 1; one more than the largest code if not given.
        level: Nominal coverage, in (0, 1).
        draws: Number of draws.

    Returns:
        ``balanced_accuracy`` and ``macro_f1``; see `medtrust.metrics.bootstrap.cluster_bootstrap`.

    Raises:
        ShapeError: If the arrays differ in length or a code is out of range.
    """
    truth, answers, labels = _checked(gold, predicted, n_labels)
    codes = np.arange(truth.size) if clusters is None else as_codes(clusters, "clusters")
    require_same_length(gold=truth, clusters=codes)
    width = labels * (labels + 1)
    names, row = np.unique(codes, return_inverse=True)
    flat = np.bincount(row * width + _cells(truth, answers, labels), minlength=names.size * width)
    totals = flat.reshape(names.size, width).astype(np.float64)

    def both(sums: FloatArray) -> FloatArray:
        counts = sums.reshape(-1, labels, labels + 1)
        return np.stack([balanced_accuracy_of(counts), macro_f1_of(counts)], axis=-1)

    intervals = cluster_bootstrap(
        totals, both, sizes=totals.sum(axis=1), rng=rng, level=level, draws=draws
    )
    return dict(zip(("balanced_accuracy", "macro_f1"), intervals, strict=True))
