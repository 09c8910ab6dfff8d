"""Is the stated or derived confidence a probability? Only of what claims to be one.

An estimator whose value is no probability gets no calibration error. What it could become is shown
beside it: Platt's line and an isotonic map, of a probability also a temperature, fitted on one half
of the clusters and judged on the other, in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.records import Estimate
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.calibration_intervals import calibration_intervals
from medtrust.metrics.intervals import Interval
from medtrust.metrics.recalibration import Method, cross_fitted
from medtrust.metrics.score_table import Direction, slices
from medtrust.suites.answer_rates import DRAWS, FEW, SEED
from medtrust.suites.clinical_ue.arms import FULL
from medtrust.suites.clinical_ue.estimated import (
    Judged,
    judged,
    prepared,
    without_skipped,
)

PLAIN: Final = ("brier", "brier_skill", "ece_debiased_10_equal_width_right")
"""Of confidence that was made on held-out answers only these are shown."""

_BESIDE: Final = ("_noise_floor", "_p_value")


def calibration(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Calibration errors, scores and overconfidence, clean and with the right option hidden."""
    for part in map(without_skipped, slices(prepared(scores))):
        if part.condition not in FULL:
            continue
        for found in judged(part):
            if not found.wrong.size or found.barred:
                continue
            if found.is_probability:
                yield from _stated(found)
            yield from _held_out(found)


def _stated(found: Judged) -> Iterator[Estimate]:
    sure = 1.0 - found.uncertainty
    few = "too few to say" if found.wrong.size < FEW else ""
    for metric, interval, p_value in _measured(found, sure):
        yield found.part.estimate(
            metric, interval, measure=found.name, label=found.label, p_value=p_value, note=few,
            direction=_direction(metric),
        )  # fmt: skip


def _held_out(found: Judged) -> Iterator[Estimate]:
    """What the value becomes by a map that was fitted on the other half of the clusters."""
    methods: tuple[Method, ...] = ("platt", "isotonic")
    if found.is_probability:
        methods = ("temperature", *methods)
    for method in methods:
        rng = np.random.default_rng(SEED)
        made = cross_fitted(
            found.uncertainty, found.wrong, method=method, clusters=found.clusters, rng=rng
        )
        if made is None:
            return
        for metric, interval, p_value in _measured(found, 1.0 - made):
            if metric in PLAIN:
                yield found.part.estimate(
                    metric, interval, measure=found.name,
                    label=f"{found.label};calibration={method}", p_value=p_value,
                    direction=_direction(metric), note="by a map fitted on other clusters",
                )  # fmt: skip


def _measured(
    found: Judged, confidence: FloatArray
) -> Iterator[tuple[str, Interval, float | None]]:
    """Every measure of calibration with its p-value, where it has one."""
    intervals: Mapping[str, Interval] = calibration_intervals(
        confidence,
        ~found.wrong,
        rng=np.random.default_rng(SEED),
        clusters=found.clusters,
        draws=DRAWS,
    )
    for metric, interval in intervals.items():
        if metric.endswith(_BESIDE):
            continue
        beside = intervals.get(f"{metric}_p_value")
        yield metric, interval, None if beside is None else beside.value


def _direction(metric: str) -> Direction:
    if metric in {"overconfidence"} or metric.startswith("brier_res"):
        return "none"
    return "higher" if metric == "brier_skill" else "lower"
