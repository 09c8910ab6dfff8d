"""How many cases could be answered without a clinician, if errors among them must stay rare?

A preview of `medtrust tune escalation` with the estimator named in advance: one half of the
clusters fixes the thresholds to try, the other half tests them, one case a cluster. A case that was
refused, could not be read or has no value is handed over. The threshold that passes is then put to
the other half's questions with the right option hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import OK, Estimate
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.risk_control import RiskControl, control_risk, plan_thresholds
from medtrust.metrics.score_table import Slice, clusters_of, slices
from medtrust.suites.answer_rates import SEED
from medtrust.suites.clinical_ue.arms import REPLACED
from medtrust.suites.clinical_ue.estimated import REFERENCES, prepared, without_skipped

ALPHAS: Final = (0.05, 0.1, 0.2)
DELTA: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Cases:
    """One case of each cluster; those that must be handed over have no uncertainty (NaN)."""

    uncertainty: FloatArray
    wrong: BoolArray
    clusters: IntArray

    def take(self, rows: BoolArray) -> _Cases:
        return _Cases(self.uncertainty[rows], self.wrong[rows], self.clusters[rows])

    @property
    def answerable(self) -> BoolArray:
        return np.isfinite(self.uncertainty)


def deferral(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Share answered under a guarantee, and what becomes of it when the right option is hidden."""
    table = prepared(scores)
    parts = {part.condition: without_skipped(part) for part in slices(table)}
    clean = parts.get(CLEAN)
    name = None if clean is None else _reference(clean)
    if clean is None or name is None:
        return
    cases = _one_each(clean, name)
    first = np.random.default_rng(SEED).permutation(cases.wrong.size) < cases.wrong.size // 2
    hidden = None
    if REPLACED in parts and name in parts[REPLACED].frame.columns:
        hidden = _one_each(parts[REPLACED], name)
        hidden = hidden.take(np.isin(hidden.clusters, cases.clusters[~first]))
    for alpha in ALPHAS:
        control = _controlled(cases.take(first), cases.take(~first), alpha)
        yield _share(clean, name, control, alpha)
        if hidden is not None and control.threshold is not None:
            yield _under_nota(parts[REPLACED], name, hidden, control.threshold, alpha)


def _reference(part: Slice) -> str | None:
    """The first of the estimators named in advance that has values."""
    known = part.frame.columns
    return next((name for name in REFERENCES if name in known and part.scored(name).height), None)


def _one_each(part: Slice, name: str) -> _Cases:
    """One case of each cluster, drawn among those with an outcome."""
    rows = part.scored("correct")
    order = np.random.default_rng(SEED).permutation(rows.height)
    clusters = clusters_of(rows)
    chosen = np.sort(order[np.unique(clusters[order], return_index=True)[1]])
    silent = (rows.get_column("correct:status").cast(pl.String) != OK).to_numpy()
    values = rows.get_column(name).cast(pl.Float64).fill_null(np.nan).to_numpy()
    codes = rows.get_column("cluster").to_numpy().astype(np.int64)
    wrong = rows.get_column("correct").to_numpy() < 0.5
    unsure = np.where(silent, np.nan, values)
    return _Cases(unsure[chosen], wrong[chosen], codes[chosen])


def _controlled(planned: _Cases, tested: _Cases, alpha: float) -> RiskControl:
    """The threshold that one half proposes and the other half passes."""
    known, judged = planned.answerable, tested.answerable
    plan = plan_thresholds(
        planned.uncertainty[known],
        planned.wrong[known],
        n_calibration=tested.wrong.size,
        alpha=alpha,
        delta=DELTA,
        without=int((~known).sum()),
    )
    return control_risk(
        tested.uncertainty[judged],
        tested.wrong[judged],
        thresholds=plan.thresholds,
        alpha=alpha,
        delta=DELTA,
        without=int((~judged).sum()),
        why_none=plan.reason or "no threshold was worth a test",
    )


def _share(part: Slice, name: str, control: RiskControl, alpha: float) -> Estimate:
    note = f"not guaranteed: {control.reason}"
    if control.threshold is not None:
        note = (
            f"{control.errors} of {control.answered} answered were wrong, at most "
            f"{control.bound:.1%} with 95 % confidence; of all cases, one a cluster"
        )
    value = None if control.threshold is None else control.coverage
    interval = Interval(value, None, None, 0.95, "learn-then-test", control.n, control.n, note)
    return part.estimate(
        f"guaranteed_share_{100 * alpha:.0f}", interval, measure=name, label=f"estimator={name}",
        direction="higher",
    )  # fmt: skip


def _under_nota(part: Slice, name: str, hidden: _Cases, threshold: float, alpha: float) -> Estimate:
    answered = hidden.answerable & (np.nan_to_num(hidden.uncertainty, nan=np.inf) <= threshold)
    return part.estimate(
        f"guaranteed_error_{100 * alpha:.0f}", rate(hidden.wrong[answered]), measure=name,
        label=f"estimator={name}", direction="lower",
        note=f"wrong among answers under the threshold that promised at most {alpha:.0%}",
    )  # fmt: skip
