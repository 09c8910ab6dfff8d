"""How many answers could be given without a clinician, if errors among them must stay rare?

A preview of `medtrust tune escalation` with the estimator named in advance: one half of the
clusters fixes the thresholds to try, the other half tests them, one question a cluster. The same
threshold is then put to the questions whose right option is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.risk_control import RiskControl, control_risk, plan_thresholds
from medtrust.metrics.score_table import Slice, slices
from medtrust.suites.answer_rates import SEED
from medtrust.suites.clinical_ue.arms import REPLACED
from medtrust.suites.clinical_ue.estimated import (
    REFERENCES,
    Judged,
    judged,
    why_letters_are_barred,
    without_skipped,
)

ALPHAS: Final = (0.05, 0.1, 0.2)
DELTA: Final = 0.05


def deferral(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Share answered under a guarantee, and what becomes of it when the right option is hidden."""
    parts = {part.condition: without_skipped(part) for part in slices(scores)}
    clean = parts.get(CLEAN)
    found = None if clean is None else _reference(clean)
    if clean is None or found is None:
        return
    hidden = parts.get(REPLACED)
    again = None if hidden is None else _named(hidden, found.name)
    for alpha in ALPHAS:
        control = _controlled(found, alpha)
        yield _share(clean, found, control, alpha)
        if again is not None and control.threshold is not None:
            yield _under_nota(again, control.threshold, alpha)


def _reference(part: Slice) -> Judged | None:
    barred = why_letters_are_barred(part)
    usable = {
        each.name: each
        for each in judged(part, letters_barred=barred)
        if each.wrong.size and not each.barred
    }
    return next((usable[name] for name in REFERENCES if name in usable), None)


def _named(part: Slice, name: str) -> Judged | None:
    return next((each for each in judged(part) if each.name == name), None)


def _controlled(found: Judged, alpha: float) -> RiskControl:
    """The threshold that one half of the clusters proposes and the other half passes."""
    rng = np.random.default_rng(SEED)
    rows = _one_each(found.clusters, rng)
    first = rng.permutation(rows.size) < rows.size // 2
    unsure, wrong = found.uncertainty[rows], found.wrong[rows]
    plan = plan_thresholds(
        unsure[first], wrong[first], n_calibration=int((~first).sum()), alpha=alpha, delta=DELTA
    )
    return control_risk(
        unsure[~first],
        wrong[~first],
        thresholds=plan.thresholds,
        alpha=alpha,
        delta=DELTA,
        why_none=plan.reason or "no threshold was worth a test",
    )


def _one_each(clusters: IntArray, rng: np.random.Generator) -> IntArray:
    """One row of each cluster, drawn."""
    order = rng.permutation(clusters.size)
    return order[np.unique(clusters[order], return_index=True)[1]]


def _share(part: Slice, found: Judged, control: RiskControl, alpha: float) -> Estimate:
    note = (
        f"no guarantee: {control.reason}" if control.threshold is None else
        f"{control.errors} of {control.answered} answered were wrong, at most "
        f"{control.bound:.1%} with 95 % confidence"
    )  # fmt: skip
    coverage = 0.0 if control.threshold is None else control.coverage
    interval = Interval(coverage, None, None, 0.95, "learn-then-test", control.n, control.n, note)
    return part.estimate(
        f"guaranteed_share_{alpha:.0%}".rstrip("%"), interval, measure=found.name,
        label=found.label, direction="higher",
    )  # fmt: skip


def _under_nota(hidden: Judged, threshold: float, alpha: float) -> Estimate:
    answered: BoolArray = hidden.uncertainty <= threshold
    wrong: FloatArray = hidden.wrong[answered].astype(np.float64)
    return hidden.part.estimate(
        f"guaranteed_error_{alpha:.0%}".rstrip("%"),
        rate(wrong, clusters=hidden.clusters[answered]),
        measure=hidden.name, label=hidden.label, direction="lower",
        note=f"wrong among answers under the threshold that promised at most {alpha:.0%}",
    )  # fmt: skip
