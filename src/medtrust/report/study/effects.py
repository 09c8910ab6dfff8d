"""Numbers of one model and one estimator, each with the pull of every question on it.

The pulls (influences) of two numbers, multiplied and summed over clusters, are the covariance of
their sampling errors; that is what lets numbers of models that answered the same questions be
pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.intervals import Interval, mean
from medtrust.metrics.ranking import auroc_influence
from medtrust.metrics.ranking_intervals import auroc_interval
from medtrust.metrics.uncertainty_shift import standardised_difference
from medtrust.report.study.reading import CLEAN, HIDDEN, NULLS, Study

LEAST: Final = 20
"""With fewer items of either class an AUROC is not shown and not pooled."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A number, its interval, and the pull of each question on it.

    Attributes:
        interval: Value None where there is no number, and then its note says why.
        influence: Shape (n,) over all questions of the study, 0 where one had no part.
        positives: Items of the class that is looked for (errors, collapses); 0 for means.
    """

    interval: Interval
    influence: FloatArray
    positives: int = 0

    @property
    def value(self) -> float | None:
        """The number."""
        return self.interval.value


def nothing(size: int, n: int, note: str, positives: int = 0) -> Effect:
    """No number, for a reason."""
    empty = Interval(None, None, None, 0.95, "", n, 0, note)
    return Effect(empty, np.zeros(size), positives)


def mean_effect(values: FloatArray, rows: BoolArray, clusters: IntArray) -> Effect:
    """Mean over some questions; ``values`` has the shape of all."""
    chosen = values[rows]
    if chosen.size == 0:
        return nothing(rows.size, 0, "no questions")
    influence = np.zeros(rows.size)
    influence[rows] = (chosen - chosen.mean()) / chosen.size
    return Effect(mean(chosen, clusters=clusters[rows]), influence)


def auroc_effect(
    score: FloatArray, positive: FloatArray, rows: BoolArray, clusters: IntArray
) -> Effect:
    """AUROC over some questions; without number when either class has fewer than 20."""
    labels = positive[rows]
    n, found = labels.size, int(labels.sum())
    if min(found, n - found) < LEAST:
        note = f"fewer than {LEAST} of either class ({found} of {n})"
        return nothing(rows.size, n, note, found)
    own = clusters[rows]
    influence = np.zeros(rows.size)
    influence[rows] = auroc_influence(score[rows], labels, clusters=own)
    return Effect(auroc_interval(score[rows], labels, clusters=own), influence, found)


def accuracy(study: Study, model: int, condition: str, part: BoolArray) -> Effect:
    """Share of right answers; refused and unreadable ones are not right."""
    correct = study.correct(model, condition)
    return mean_effect(correct, part & np.isfinite(correct), study.clusters)


def error_detection(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """AUROC of uncertainty for errors among answers that were read, on the clean question."""
    score = study.values(model, CLEAN, estimator)
    correct = study.correct(model, CLEAN)
    rows = part & study.answered(model, CLEAN) & np.isfinite(score) & np.isfinite(correct)
    return auroc_effect(score, 1.0 - correct, rows, study.clusters)


def accuracy_change(study: Study, model: int, part: BoolArray) -> Effect:
    """How accuracy changes when the right answer is hidden, over questions asked both ways."""
    change = study.correct(model, HIDDEN) - study.correct(model, CLEAN)
    return mean_effect(change, part & np.isfinite(change), study.clusters)


def uncertainty_change(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """Mean paired change of uncertainty when the right answer is hidden, in its own unit."""
    change = _change(study, model, estimator)
    return mean_effect(change, part & np.isfinite(change), study.clusters)


def relative_change(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """The same over the standard deviation of clean uncertainty between questions.

    So methods of different units compare: 1 is as far as two questions typically lie apart.
    """
    clean, change = study.values(model, CLEAN, estimator), _change(study, model, estimator)
    rows = part & np.isfinite(change)
    values, before = change[rows], clean[rows]
    if values.size < 2 or np.ptp(before) <= 1e-12 * float(np.abs(before).max()):
        return nothing(rows.size, values.size, "uncertainty is the same for all questions")
    spread = float(before.std(ddof=1))
    value = float(values.mean()) / spread
    tilt = np.square((before - before.mean()) / spread)
    own = (values - values.mean()) / spread - value / 2.0 * (tilt - tilt.mean())
    influence = np.zeros(rows.size)
    influence[rows] = own / values.size
    around = mean(value + own, clusters=study.clusters[rows])
    return Effect(replace(around, value=value), influence)


def standardised_change(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """The same over the standard deviation of the changes (d_z)."""
    change = _change(study, model, estimator)
    rows = part & np.isfinite(change)
    values = change[rows]
    interval = standardised_difference(values, clusters=study.clusters[rows])
    if interval.value is None:
        return nothing(rows.size, values.size, interval.note)
    scaled = (values - values.mean()) / values.std(ddof=1)
    own = scaled - interval.value / 2.0 * (np.square(scaled) - np.square(scaled).mean())
    influence = np.zeros(rows.size)
    influence[rows] = own / values.size
    return Effect(interval, influence)


def _change(study: Study, model: int, estimator: str) -> FloatArray:
    return study.values(model, HIDDEN, estimator) - study.values(model, CLEAN, estimator)


def collapse_detection(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """AUROC of clean uncertainty for answers that turn wrong when the right one is hidden."""
    score, after, rows = _right_before(study, model, estimator, part)
    return auroc_effect(score, 1.0 - after, rows & np.isfinite(after), study.clusters)


def collapse_beyond_null(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """The same, minus its mean for answers that turn wrong under mere reshuffling or swapping.

    Same questions, same uncertainty; a null arm counts with 20 flips or more.
    """
    score, after, rows = _right_before(study, model, estimator, part)
    nulls = [study.correct(model, arm) for arm in NULLS if study.has(model, arm)]
    for arm in (after, *nulls):
        rows = rows & np.isfinite(arm)
    first = auroc_effect(score, 1.0 - after, rows, study.clusters)
    others = [auroc_effect(score, 1.0 - arm, rows, study.clusters) for arm in nulls]
    known = [other for other in others if other.value is not None]
    n = int(rows.sum())
    if first.value is None:
        return nothing(rows.size, n, first.interval.note, first.positives)
    if not known:
        note = f"fewer than {LEAST} flips under each null arm" if nulls else "no null arm asked"
        return nothing(rows.size, n, note, first.positives)
    second = average(known)
    value = first.value - (second.value or 0.0)
    influence = first.influence - second.influence
    around = mean(value + n * influence[rows], clusters=study.clusters[rows])
    note = "" if len(known) == len(NULLS) else f"{len(known)} of {len(NULLS)} null arms"
    interval = Interval(
        value, around.low, around.high, around.level, "influence-t", n, around.n_clusters, note
    )
    return Effect(interval, influence, first.positives)


def _right_before(
    study: Study, model: int, estimator: str, part: BoolArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Clean uncertainty, what became of the answer, and the questions answered right before."""
    score = study.values(model, CLEAN, estimator)
    rows = part & (study.correct(model, CLEAN) == 1.0) & np.isfinite(score)
    return score, study.correct(model, HIDDEN), rows


def average(effects: Sequence[Effect]) -> Effect:
    """Unweighted mean of numbers that are there; their pulls average alike."""
    known = [effect for effect in effects if effect.value is not None]
    if not known:
        size = effects[0].influence.size if effects else 0
        return nothing(size, 0, effects[0].interval.note if effects else "nothing to average")
    value = float(np.mean([effect.value for effect in known if effect.value is not None]))
    influence = np.mean([effect.influence for effect in known], axis=0)
    n = max(effect.interval.n for effect in known)
    interval = Interval(value, None, None, 0.95, "mean", n, 0, "")
    return Effect(interval, influence)
