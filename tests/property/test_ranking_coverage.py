"""Intervals of AUROCs and of their differences must hold about 95 % of the time, over 2,000 seeds.

``pytest tests/property/test_ranking_coverage.py --log-cli-level=INFO`` prints the measured table.
"""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.clusters import kish_clusters
from medtrust.metrics.intervals import Interval
from medtrust.metrics.ranking_intervals import (
    MIN_OF_A_CLASS,
    auroc_difference,
    auroc_interval,
)
from parts.coverage import SEEDS, Regime, measured_coverage

logger = logging.getLogger(__name__)

CLUSTER_SIZE = 4
WITHIN_CORRELATION = 0.3
N_LEVELS = 11


def distance(auroc: float) -> float:
    """How far apart two normal scores of unit variance lie for this AUROC."""
    return math.sqrt(2.0) * float(ndtri(auroc))


def normals(rng: np.random.Generator, clusters: IntArray | None, n: int) -> FloatArray:
    """Standard normal numbers, correlated within clusters."""
    own = rng.standard_normal(n)
    if clusters is None:
        return own
    shared = rng.standard_normal(int(clusters[-1]) + 1)[clusters]
    return math.sqrt(WITHIN_CORRELATION) * shared + math.sqrt(1.0 - WITHIN_CORRELATION) * own


def codes_of(n: int, *, clustered: bool) -> IntArray | None:
    return np.arange(n) // CLUSTER_SIZE if clustered else None


def n_holding(wrong: BoolArray, clusters: IntArray) -> float:
    """Effective number of clusters that hold errors."""
    return kish_clusters(np.bincount(clusters[wrong]).astype(np.float64)) if wrong.any() else 0.0


def one_score(auroc: float, errors: float, n: int, *, clustered: bool = False) -> Regime:
    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        clusters = codes_of(n, clustered=clustered)
        wrong = normals(rng, clusters, n) < ndtri(errors)
        while clusters is not None and n_holding(wrong, clusters) < MIN_OF_A_CLASS:
            wrong = normals(rng, clusters, n) < ndtri(errors)
        score = normals(rng, clusters, n) + distance(auroc) * wrong
        return auroc_interval(score, wrong, clusters=clusters), auroc

    return draw


def uneven_patients(auroc: float, errors: float, k: int) -> Regime:
    """Patients of very different numbers of images."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        sizes = np.ceil(rng.lognormal(1.2, 1.0, size=k)).astype(np.int64)
        clusters = np.repeat(np.arange(k), sizes)
        wrong = normals(rng, clusters, clusters.size) < ndtri(errors)
        score = normals(rng, clusters, clusters.size) + distance(auroc) * wrong
        return auroc_interval(score, wrong, clusters=clusters), auroc

    return draw


def vote_shares(auroc: float, errors: float, n: int) -> Regime:
    """Scores of 11 levels; the truth counts equal levels one half."""
    apart = distance(auroc)
    edges = np.linspace(-2.0, 2.0, N_LEVELS - 1) + apart / 2.0
    right, wrong_chances = (
        np.diff(np.concatenate([[0.0], ndtr(edges - shift), [1.0]])) for shift in (0.0, apart)
    )
    truth = float(wrong_chances @ (np.cumsum(right) - right / 2.0))

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        wrong = rng.random(n) < errors
        score = np.digitize(rng.standard_normal(n) + apart * wrong, edges)
        return auroc_interval(score, wrong), truth

    return draw


def few_errors(auroc: float, n_wrong: int, n: int) -> Regime:
    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        wrong = np.arange(n) < n_wrong
        return auroc_interval(rng.standard_normal(n) + distance(auroc) * wrong, wrong), auroc

    return draw


def two_scores(
    first: float, second: float, alike: float, n: int, *, clustered: bool = False
) -> Regime:
    """Two estimators of one model; ``alike`` is the correlation of their noise."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        clusters = codes_of(n, clustered=clustered)
        wrong = normals(rng, clusters, n) < ndtri(0.3)
        noise, other = normals(rng, clusters, n), normals(rng, clusters, n)
        other = alike * noise + math.sqrt(1.0 - alike**2) * other
        result = auroc_difference(
            noise + distance(first) * wrong, other + distance(second) * wrong, wrong,
            clusters=clusters,
        )  # fmt: skip
        return result.interval, first - second

    return draw


def two_arms(first: float, second: float, n: int) -> Regime:
    """One estimator in two arms: each arm has its own errors, on the same items."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        ease = rng.standard_normal(n)
        wrongs = [0.7 * ease + 0.7 * rng.standard_normal(n) < ndtri(share) for share in (0.2, 0.5)]
        noise = rng.standard_normal(n)
        scores = [
            0.8 * noise + 0.6 * rng.standard_normal(n) + distance(auroc) * wrong
            for auroc, wrong in zip((first, second), wrongs, strict=True)
        ]
        result = auroc_difference(scores[0], scores[1], wrongs[0], second_positive=wrongs[1])
        return result.interval, first - second

    return draw


def two_subsets(first: float, second: float, n: int) -> Regime:
    """The second AUROC is over another two thirds of the items, which share scores."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        noise, items = rng.standard_normal(n), np.arange(n)
        kept = [rng.permutation(n)[: 2 * n // 3] for _ in range(2)]
        wrong = [rng.random(n) < 0.3 for _ in range(2)]
        scores = [
            noise + distance(auroc) * side
            for auroc, side in zip((first, second), wrong, strict=True)
        ]
        result = auroc_difference(
            scores[0][kept[0]], scores[1][kept[1]], wrong[0][kept[0]],
            second_positive=wrong[1][kept[1]],
            clusters=items[kept[0]], second_clusters=items[kept[1]],
        )  # fmt: skip
        return result.interval, first - second

    return draw


NOMINAL: dict[str, Regime] = {
    **{
        f"AUROC {auroc} errors {errors} n={n}": one_score(auroc, errors, n)
        for auroc in (0.5, 0.72, 0.9)
        for errors in (0.1, 0.5)
        for n in (200, 1000)
    },
    "AUROC 0.5 11 levels errors 0.1 n=200": vote_shares(0.5, 0.1, 200),
    "AUROC 0.72 11 levels errors 0.5 n=200": vote_shares(0.72, 0.5, 200),
    "AUROC 0.9 11 levels errors 0.1 n=200": vote_shares(0.9, 0.1, 200),
    "AUROC 0.9 11 levels errors 0.1 n=1000": vote_shares(0.9, 0.1, 1000),
    "AUROC 0.5 clusters of 4 errors 0.5 n=200": one_score(0.5, 0.5, 200, clustered=True),
    "AUROC 0.72 clusters of 4 errors 0.1 n=200": one_score(0.72, 0.1, 200, clustered=True),
    "AUROC 0.9 clusters of 4 errors 0.1 n=1000": one_score(0.9, 0.1, 1000, clustered=True),
    "AUROC 0.72 200 uneven patients errors 0.3": uneven_patients(0.72, 0.3, 200),
    "difference 0 at 0.72 alike 0.7 n=200": two_scores(0.72, 0.72, 0.7, 200),
    "difference 0.18 at 0.9 alike 0.7 n=200": two_scores(0.9, 0.72, 0.7, 200),
    "difference 0.02 at 0.9 alike 0.95 n=200": two_scores(0.9, 0.88, 0.95, 200),
    "difference 0.1 alike 0 n=500": two_scores(0.8, 0.7, 0.0, 500),
    "difference 0.1 clusters of 4 n=200": two_scores(0.8, 0.7, 0.5, 200, clustered=True),
    "difference 0.1 of arms n=300": two_arms(0.75, 0.65, 300),
    "difference 0.1 of subsets n=300": two_subsets(0.75, 0.65, 300),
}

# Where a handful of errors decide, the intervals are wide: they may hold more often, never less.
CONSERVATIVE: dict[str, Regime] = {
    "AUROC 0.72 of 5 errors n=200": few_errors(0.72, 5, 200),
    "AUROC 0.9 of 5 errors n=200": few_errors(0.9, 5, 200),
    "AUROC 0.97 of 10 errors n=200": few_errors(0.97, 10, 200),
    "AUROC 0.995 of 20 errors n=200": few_errors(0.995, 20, 200),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOMINAL)
def test_intervals_of_aurocs_hold_at_their_nominal_level(name: str) -> None:
    assert 0.93 <= measured_coverage(name, NOMINAL[name]) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSERVATIVE)
def test_intervals_of_aurocs_err_on_the_wide_side_where_few_errors_decide(name: str) -> None:
    assert measured_coverage(name, CONSERVATIVE[name]) >= 0.94


@pytest.mark.slow
def test_intervals_of_aurocs_that_ignore_clusters_fail_the_same_test() -> None:
    def ignoring(rng: np.random.Generator) -> tuple[Interval, float]:
        clusters = np.arange(200) // 8
        ease = rng.standard_normal(25)[clusters]
        wrong = ease + 0.5 * rng.standard_normal(200) < 0.0
        noise = rng.standard_normal(25)[clusters] + 0.5 * rng.standard_normal(200)
        return auroc_interval(noise, wrong), 0.5

    assert measured_coverage("AUROC, clusters ignored", ignoring) < 0.8


@pytest.mark.slow
def test_equal_aurocs_are_called_different_about_as_often_as_they_should() -> None:
    rejected = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        wrong = rng.random(200) < 0.4
        noise = rng.standard_normal((3, 200))
        scores = 0.7 * noise[0] + 0.7 * noise[1:] + distance(0.72) * wrong
        p_value = auroc_difference(scores[0], scores[1], wrong).p_value
        assert p_value is not None
        rejected += p_value <= 0.05
    logger.info("| equal AUROCs, false positives at 5 %% | %.1f %% |", 100.0 * rejected / SEEDS)
    assert 0.03 <= rejected / SEEDS <= 0.07
