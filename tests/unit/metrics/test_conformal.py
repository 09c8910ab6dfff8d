"""Sets of options: recorded case, agreement with brute force, coverage, odd input."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.conformal import (
    Score,
    calibrate_sets,
    conformity_scores,
    quantile_rank,
    set_quality,
)


@pytest.fixture
def recorded(shared: Path) -> Any:
    path = shared / "golden" / "uncertainty" / "12_split_conformal.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("score", "scores", "limit", "sets"),
    [
        ("lac", "lac_scores", "lac_qhat", "lac_sets"),
        ("aps", "aps_scores_nonrandomised", "aps_qhat", "aps_sets"),
    ],
)
def test_the_recorded_case_comes_out(
    recorded: Any, score: Score, scores: str, limit: str, sets: str
) -> None:
    probabilities, labels = recorded["cal_probs"], recorded["cal_labels"]
    found = conformity_scores(probabilities, labels, score=score)
    assert found == pytest.approx(recorded[scores], abs=1e-12)
    assert quantile_rank(len(labels), recorded["alpha"]) == recorded["k_rank"]
    rule = calibrate_sets(probabilities, labels, alpha=recorded["alpha"], score=score)
    assert rule.quantile == pytest.approx(recorded[limit], abs=1e-12)
    included = rule.sets(recorded["test_probs"])
    assert [np.flatnonzero(row).tolist() for row in included] == recorded[sets]


def made(n: int, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(k), size=n)
    labels = np.array([rng.choice(k, p=row) for row in probabilities])
    return probabilities, labels


def by_hand(row: np.ndarray, option: int, score: Score) -> float:
    """Everything at least as likely, earlier ones first among equals."""
    if score == "lac":
        return float(1.0 - row[option])
    return float(
        sum(
            p
            for other, p in enumerate(row)
            if p > row[option] or (p == row[option] and other <= option)
        )
    )


@pytest.mark.parametrize("score", ["lac", "aps"])
@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_sets_agree_with_brute_force(score: Score, alpha: float) -> None:
    probabilities, labels = made(60, 4, seed=4)
    tried, _ = made(40, 4, seed=5)
    scores = sorted(by_hand(row, y, score) for row, y in zip(probabilities, labels, strict=True))
    limit = scores[math.ceil(round(61 * (1 - alpha), 9)) - 1]
    expected = [[by_hand(row, y, score) <= limit + 1e-12 for y in range(4)] for row in tried]
    rule = calibrate_sets(probabilities, labels, alpha=alpha, score=score)
    assert rule.sets(tried).tolist() == expected


@pytest.mark.parametrize(
    ("n", "alpha", "rank"),
    [(9, 0.2, 8), (9, 0.7, 3), (99, 0.05, 95), (19, 0.05, 19), (18, 0.05, 19)],
)
def test_the_rank_is_not_moved_by_rounding(n: int, alpha: float, rank: int) -> None:
    assert quantile_rank(n, alpha) == rank


def test_too_few_calibration_cases_leave_no_option_out() -> None:
    probabilities, labels = made(18, 3, seed=0)
    rule = calibrate_sets(probabilities, labels, alpha=0.05)
    assert rule.quantile is None
    sets = rule.sets([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], options=[3, 2])
    assert sets.tolist() == [[True, True, True], [True, True, False]]


@pytest.mark.parametrize("score", ["lac", "aps"])
def test_coverage_is_as_promised_over_many_splits(score: Score) -> None:
    hits = []
    for seed in range(400):
        probabilities, labels = made(150, 4, seed)
        rule = calibrate_sets(probabilities[:100], labels[:100], alpha=0.2, score=score)
        hits.append(rule.sets(probabilities[100:])[np.arange(50), labels[100:]].mean())
    # at least 1 - alpha on average; LAC also at most 1 / (n + 1) more
    assert np.mean(hits) > 0.8 - 0.01
    assert score == "aps" or np.mean(hits) < 0.8 + 1 / 101 + 0.01


def test_randomised_sets_cover_what_was_asked_for_and_no_more() -> None:
    hits = []
    for seed in range(400):
        rng = np.random.default_rng((1, seed))
        probabilities, labels = made(150, 4, seed)
        rule = calibrate_sets(probabilities[:100], labels[:100], alpha=0.2, score="aps", rng=rng)
        hits.append(rule.sets(probabilities[100:], rng=rng)[np.arange(50), labels[100:]].mean())
    assert np.mean(hits) == pytest.approx(0.8 + 0.5 / 101, abs=0.012)


def test_a_randomised_rule_needs_its_generator() -> None:
    probabilities, labels = made(30, 3, seed=0)
    rule = calibrate_sets(
        probabilities, labels, alpha=0.2, score="aps", rng=np.random.default_rng(0)
    )
    with pytest.raises(ShapeError, match="generator"):
        rule.sets(probabilities)


def test_options_that_a_case_does_not_have_are_in_no_set() -> None:
    probabilities = np.tile([0.6, 0.4, 0.0], (30, 1))
    labels = np.tile([0, 1], 15)
    for score in ("lac", "aps"):
        rule = calibrate_sets(
            probabilities,
            labels,
            alpha=0.04,
            score=score,
            options=np.full(30, 2),
        )
        assert (
            rule.sets(probabilities, options=np.full(30, 2)).tolist() == [[True, True, False]] * 30
        )


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [
        ([[0.5, 0.4]], [0]),
        ([[1.5, -0.5]], [0]),
        ([[np.nan, 1.0]], [0]),
        ([0.5, 0.5], [0]),
        ([[0.5, 0.5]], [2]),
        ([[0.5, 0.5]], [-1]),
        ([[0.5, 0.5]], [0, 1]),
    ],
)
def test_what_is_no_distribution_or_no_label_is_refused(
    probabilities: list[Any], labels: list[int]
) -> None:
    with pytest.raises(ShapeError):
        calibrate_sets(probabilities, labels, alpha=0.2)


def test_quality_counts_by_stratum_and_by_size() -> None:
    sets = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=np.bool_)
    found = set_quality(sets, [0, 0, 2, 1], strata=["CT", "CT", "MR", None])
    assert found.coverage.value == 0.5
    assert found.mean_size.value == 1.5
    assert found.empty.value == 0.25
    assert {name: interval.value for name, interval in found.by_stratum.items()} == {
        "CT": 0.5, "MR": 0.0,
    }  # fmt: skip
    assert {size: interval.value for size, interval in found.by_size.items()} == {
        0: 0.0, 1: 1.0, 2: 0.0, 3: 1.0,
    }  # fmt: skip
    with pytest.raises(ShapeError, match="strata"):
        set_quality(sets, [0, 0, 2, 1], strata=["CT"])
