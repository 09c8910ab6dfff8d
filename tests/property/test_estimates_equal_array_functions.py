"""Estimates of a score table are the outputs of the array functions, over 200 seeds.

The coverage of those functions over 2,000 seeds is in `test_interval_coverage`; what is held here
is that nothing is lost or mixed up between a score table and them: no rows, no clusters, no order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from medtrust.core.records import OK, REFUSED, Estimate, Sample
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.comparison import difference
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.paired import paired_difference
from medtrust.suites import answering_metrics
from medtrust.suites.answering_metrics import answer_metrics
from parts.questions import estimates_of, named, scored, unanswered, yes_no

SEEDS = 200


@dataclass(frozen=True)
class World:
    """A planted truth: clusters across both sexes, a gap, a drop, refusals, missing answers."""

    samples: list[Sample]
    rows: list[list[tuple[object, ...]]]
    before: FloatArray
    after: FloatArray
    clusters: IntArray
    female: BoolArray


def world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(40, 90)), int(rng.integers(12, 30))
    patients = rng.integers(0, k, n)
    gold, female = rng.random(n) < 0.4, rng.random(n) < 0.5
    skill = np.clip(rng.normal(0.7, 0.15, k), 0, 1)[patients] - 0.15 * female
    before, after = ((rng.random(n) < skill - drop).astype(float) for drop in (0.0, 0.2))
    samples, rows = [], []
    for i in range(n):
        sample = yes_no(
            int(i),
            bool(gold[i]),
            cluster=f"patient:{patients[i]}",
            groups={"sex": "female" if female[i] else "male"},
        )
        samples.append(sample)
        for column, condition in ((before, ""), (after, "image=blank")):
            if rng.random() < 0.06:
                column[i] = np.nan
                rows.append(unanswered(sample, condition=condition))
                continue
            said = float(gold[i]) if column[i] else float(not gold[i])
            refused = not column[i] and rng.random() < 0.3
            status = REFUSED if refused else OK
            value = None if refused else said
            rows.append(scored(sample, value, status, condition=condition))
    order = rng.permutation(len(rows))
    return World(samples, [rows[i] for i in order], before, after, patients, female)


def same(estimate: Estimate, interval: Interval) -> None:
    expected = (interval.value, interval.low, interval.high, interval.n, interval.n_clusters)
    found = (estimate.value, estimate.low, estimate.high, estimate.n, estimate.n_clusters)
    assert found == pytest.approx(expected, abs=1e-12)
    assert estimate.method == interval.method


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bootstraps and permutations are not compared here."""
    monkeypatch.setattr(answering_metrics, "DRAWS", 20)


@pytest.mark.parametrize("block", range(4))
def test_estimates_are_what_the_array_functions_give(block: int) -> None:
    for seed in range(block * SEEDS // 4, (block + 1) * SEEDS // 4):
        truth = world(seed)
        found = estimates_of(answer_metrics(by=(), whole=True), truth.samples, truth.rows)
        there, there_too = ~np.isnan(truth.before), ~np.isnan(truth.after)
        same(named(found, "accuracy"), rate(truth.before[there], clusters=truth.clusters[there]))
        for how, value in (("wrong", 0.0), ("right", 1.0)) if not there.all() else ():
            filled = np.where(there, truth.before, value)
            same(named(found, f"accuracy_if_failed_{how}"), rate(filled, clusters=truth.clusters))
        sides = []
        for sex, members in (("female", truth.female), ("male", ~truth.female)):
            chosen = there & members
            sides.append(chosen)
            same(
                named(found, "accuracy", f"sex={sex}"),
                rate(truth.before[chosen], clusters=truth.clusters[chosen]),
            )
        same(
            named(found, "accuracy_difference", "sex=female-male"),
            difference(
                truth.before[sides[0]],
                truth.before[sides[1]],
                clusters_first=truth.clusters[sides[0]],
                clusters_second=truth.clusters[sides[1]],
            ),
        )
        both = there & there_too
        change = paired_difference(
            truth.before[both],
            truth.after[both],
            rng=np.random.default_rng(0),
            clusters=truth.clusters[both],
            draws=20,
        )
        same(named(found, "accuracy_change", condition="image=blank"), change.interval)


def test_the_worlds_hold_what_makes_this_hard() -> None:
    truths = [world(seed) for seed in range(20)]
    assert all(np.isnan(truth.before).any() or np.isnan(truth.after).any() for truth in truths)
    assert all(
        set(truth.clusters[truth.female]) & set(truth.clusters[~truth.female]) for truth in truths
    )
