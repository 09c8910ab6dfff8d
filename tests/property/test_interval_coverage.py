"""Nominal 95 % intervals must hold about 95 % of the time, over 2,000 fixed seeds.

``pytest tests/property/test_interval_coverage.py --log-cli-level=INFO`` prints the measured table
that stands in docs/statistics.md.
"""

from __future__ import annotations

import logging

import numpy as np
import pytest

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.classification import bootstrap_intervals
from medtrust.metrics.comparison import difference
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.paired import paired_difference
from parts.coverage import SEEDS, Regime, measured_coverage

logger = logging.getLogger(__name__)


def cluster_codes(rng: np.random.Generator, k: int, sizes: str) -> IntArray:
    """Codes of k clusters: all of one, all of five, of uneven sizes (mean 5), or a few huge."""
    if sizes == "single":
        return np.arange(k)
    if sizes == "heavy":
        each = np.ceil(rng.lognormal(1.2, 1.0, size=k)).astype(np.int64)
    else:
        each = np.full(k, 5) if sizes == "even" else rng.geometric(0.2, size=k)
    return np.repeat(np.arange(k), each)


def chances(rng: np.random.Generator, share: float, correlation: float, k: int) -> FloatArray:
    """Each cluster's chance of success: beta, so that members correlate as asked."""
    if correlation == 0.0 or share in {0.0, 1.0}:
        return np.full(k, share)
    strength = (1.0 - correlation) / correlation
    return rng.beta(share * strength, (1.0 - share) * strength, size=k)


def rate_of_independent(p: float, n: int) -> Regime:
    return lambda rng: (rate(rng.random(n) < p), p)


def rate_of_clusters(p: float, k: int, correlation: float, sizes: str) -> Regime:
    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = cluster_codes(rng, k, sizes)
        outcomes = rng.random(codes.size) < chances(rng, p, correlation, k)[codes]
        return rate(outcomes, clusters=codes), p

    return draw


def mean_of_clusters(k: int, sizes: str) -> Regime:
    """Judge scores of 1 to 10 with a cluster effect; true mean 5.5."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = cluster_codes(rng, k, sizes)
        effect = rng.uniform(-2.0, 2.0, size=k)[codes]
        scores = 5.5 + effect + rng.integers(-2, 3, size=codes.size)
        return mean(scores, clusters=codes), 5.5

    return draw


def difference_of_groups(
    first: float, second: float, k: tuple[int, int], correlation: float, sizes: str
) -> Regime:
    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = [cluster_codes(rng, count, sizes) for count in k]
        outcomes = [
            rng.random(code.size) < chances(rng, share, correlation, count)[code]
            for share, code, count in zip((first, second), codes, k, strict=True)
        ]
        if sizes == "single":
            return difference(outcomes[0], outcomes[1]), first - second
        interval = difference(
            outcomes[0],
            outcomes[1],
            clusters_first=codes[0],
            clusters_second=codes[1] + k[0],
        )
        return interval, first - second

    return draw


def difference_within_patients(first: float, second: float, k: int, sizes: str) -> Regime:
    """Both groups hold samples of the same patients, who are easy or hard in both."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = [cluster_codes(rng, k, sizes) for _ in range(2)]
        ease = rng.uniform(-0.25, 0.25, size=k)
        outcomes = [
            rng.random(code.size) < share + ease[code]
            for share, code in zip((first, second), codes, strict=True)
        ]
        interval = difference(
            outcomes[0], outcomes[1], clusters_first=codes[0], clusters_second=codes[1]
        )
        return interval, first - second

    return draw


def paired_drop(
    before: float, lost: float, won: float, k: int, correlation: float, sizes: str
) -> Regime:
    """Correct answers are lost with one chance, wrong ones won with another."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = cluster_codes(rng, k, sizes)
        old = rng.random(codes.size) < chances(rng, before, correlation, k)[codes]
        flips = np.where(
            old,
            chances(rng, lost, correlation, k)[codes],
            chances(rng, won, correlation, k)[codes],
        )
        new = old ^ (rng.random(codes.size) < flips)
        clusters = None if sizes == "single" else codes
        result = paired_difference(old, new, clusters=clusters, rng=rng, draws=1)
        return result.interval, (1.0 - before) * won - before * lost

    return draw


def balanced_accuracy_of_clusters(k: int) -> Regime:
    """Two uneven labels, both recognised in 70 % of cases."""

    def draw(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = cluster_codes(rng, k, "uneven")
        gold = (rng.random(codes.size) < 0.3).astype(np.int64)
        right = rng.random(codes.size) < chances(rng, 0.7, 0.2, k)[codes]
        predicted = np.where(right, gold, 1 - gold)
        intervals = bootstrap_intervals(gold, predicted, clusters=codes, rng=rng, draws=400)
        return intervals["balanced_accuracy"], 0.7

    return draw


# What the project promises: 93 to 97 % where the data are what benchmarks usually are.
NOMINAL: dict[str, Regime] = {
    "rate p=0.5 n=200": rate_of_independent(0.5, 200),
    "rate p=0.85 n=200": rate_of_independent(0.85, 200),
    "rate p=0.85 n=1000": rate_of_independent(0.85, 1000),
    "rate p=0.97 n=500": rate_of_independent(0.97, 500),
    "clustered rate p=0.5 k=60 icc=0.1 uneven": rate_of_clusters(0.5, 60, 0.1, "uneven"),
    "clustered rate p=0.5 k=60 icc=0.3 even": rate_of_clusters(0.5, 60, 0.3, "even"),
    "clustered rate p=0.85 k=60 icc=0.3 uneven": rate_of_clusters(0.85, 60, 0.3, "uneven"),
    "clustered rate p=0.85 k=60 icc=0.6 uneven": rate_of_clusters(0.85, 60, 0.6, "uneven"),
    "clustered rate p=0.7 k=30 icc=0.3 uneven": rate_of_clusters(0.7, 30, 0.3, "uneven"),
    "clustered rate p=0.85 k=200 icc=0.3 uneven": rate_of_clusters(0.85, 200, 0.3, "uneven"),
    "clustered rate p=0.85 k=200 icc=0 uneven": rate_of_clusters(0.85, 200, 0.0, "uneven"),
    "clustered rate p=0.95 k=60 icc=0.6 uneven": rate_of_clusters(0.95, 60, 0.6, "uneven"),
    "clustered rate p=0.85 k=60 icc=0.3 heavy": rate_of_clusters(0.85, 60, 0.3, "heavy"),
    "clustered rate p=0.95 k=200 icc=0.6 heavy": rate_of_clusters(0.95, 200, 0.6, "heavy"),
    "clustered mean k=60 uneven": mean_of_clusters(60, "uneven"),
    "clustered mean k=20 uneven": mean_of_clusters(20, "uneven"),
    "difference 0 n=200+200": difference_of_groups(0.7, 0.7, (200, 200), 0.0, "single"),
    "difference 0.15 n=200+100": difference_of_groups(0.85, 0.7, (200, 100), 0.0, "single"),
    "difference 0 k=60+60 icc=0.3": difference_of_groups(0.7, 0.7, (60, 60), 0.3, "uneven"),
    "difference 0.15 k=60+60 icc=0.3": difference_of_groups(0.85, 0.7, (60, 60), 0.3, "uneven"),
    "difference -0.1 k=200+100 icc=0.2": difference_of_groups(0.7, 0.8, (200, 100), 0.2, "uneven"),
    "difference 0 within 60 patients": difference_within_patients(0.6, 0.6, 60, "uneven"),
    "difference 0.15 within 60 patients": difference_within_patients(0.7, 0.55, 60, "uneven"),
    "paired 0 n=300": paired_drop(0.5, 0.15, 0.15, 300, 0.0, "single"),
    "paired drop 0.145 n=300": paired_drop(0.7, 0.25, 0.1, 300, 0.0, "single"),
    "paired 0 k=60 icc=0.3": paired_drop(0.5, 0.2, 0.2, 60, 0.3, "uneven"),
    "paired drop 0.145 k=60 icc=0.3": paired_drop(0.7, 0.25, 0.1, 60, 0.3, "uneven"),
    "paired drop 0.145 k=200 icc=0.3": paired_drop(0.7, 0.25, 0.1, 200, 0.3, "uneven"),
    "paired 0 k=200 icc=0": paired_drop(0.7, 0.09, 0.21, 200, 0.0, "uneven"),
    "balanced accuracy k=60 icc=0.2": balanced_accuracy_of_clusters(60),
    "balanced accuracy k=150 icc=0.2": balanced_accuracy_of_clusters(150),
}

# Where too little is known the intervals are wide: they may hold more often, never less.
CONSERVATIVE: dict[str, Regime] = {
    "clustered rate p=0.5 k=10 icc=0.2 uneven": rate_of_clusters(0.5, 10, 0.2, "uneven"),
    "clustered rate p=0.85 k=10 icc=0 uneven": rate_of_clusters(0.85, 10, 0.0, "uneven"),
    "clustered rate p=0.98 k=60 icc=0.3 uneven": rate_of_clusters(0.98, 60, 0.3, "uneven"),
    "clustered rate p=0.98 k=20 icc=0.6 uneven": rate_of_clusters(0.98, 20, 0.6, "uneven"),
    "difference 0 k=60+10 icc=0.3": difference_of_groups(0.7, 0.7, (60, 10), 0.3, "uneven"),
    "paired 0 k=20 icc=0.3": paired_drop(0.7, 0.09, 0.21, 20, 0.3, "uneven"),
    "paired rare changes 0 k=60 icc=0": paired_drop(0.8, 0.02, 0.08, 60, 0.0, "uneven"),
    "balanced accuracy k=25 icc=0.2": balanced_accuracy_of_clusters(25),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOMINAL)
def test_intervals_hold_at_their_nominal_level(name: str) -> None:
    assert 0.93 <= measured_coverage(name, NOMINAL[name]) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSERVATIVE)
def test_intervals_err_on_the_wide_side_where_little_is_known(name: str) -> None:
    assert measured_coverage(name, CONSERVATIVE[name]) >= 0.94


@pytest.mark.slow
def test_intervals_that_ignore_clusters_fail_the_same_test() -> None:
    def ignoring(rng: np.random.Generator) -> tuple[Interval, float]:
        codes = cluster_codes(rng, 60, "uneven")
        outcomes = rng.random(codes.size) < chances(rng, 0.7, 0.3, 60)[codes]
        return rate(outcomes), 0.7

    assert measured_coverage("clusters ignored", ignoring) < 0.85


@pytest.mark.slow
def test_sign_flip_rejects_a_true_null_about_as_often_as_it_should() -> None:
    rejected = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        codes = cluster_codes(rng, 60, "uneven")
        ease = chances(rng, 0.6, 0.3, 60)[codes]
        old, new = rng.random(codes.size) < ease, rng.random(codes.size) < ease
        p_value = paired_difference(old, new, clusters=codes, rng=rng, draws=199).p_value
        assert p_value is not None
        rejected += p_value <= 0.05
    logger.info("| sign-flip, false positives at 5 %% | %.1f %% |", 100.0 * rejected / SEEDS)
    assert 0.03 <= rejected / SEEDS <= 0.07
