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

from medtrust.core.conditions import CLEAN
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.fragility_null import against_null
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.ranking import auroc_influence
from medtrust.metrics.ranking_intervals import auroc_interval
from medtrust.metrics.uncertainty_shift import standardised_difference, standardised_pulls
from medtrust.report.study.reading import Study
from medtrust.suites.clinical_ue.arms import NULLS, REPLACED
from medtrust.suites.clinical_ue.estimated import ENOUGH
from medtrust.uncertainty.known import known_estimators

SHARE: Final = (0.0, 1.0)
DIFFERENCE: Final = (-1.0, 1.0)

LEAST_SPREAD: Final = 0.02
"""A shift is told over the spread of clean uncertainty only where that is at least so much, in the
method's own unit: two points of a probability, or 2 % of one in nats. Less is as good as none, and
a change that nobody would notice would make many standard deviations."""

NO_SPREAD: Final = (
    f"uncertainty hardly differs between questions: standard deviation below {LEAST_SPREAD}, or "
    f"fewer than {ENOUGH} questions that lie so far from the median"
)


@dataclass(frozen=True, slots=True)
class Effect:
    """A number, its interval, and the pull of each question on it.

    Attributes:
        interval: Value None where there is no number, and then its note says why.
        influence: Shape (n,) over all questions of the study, 0 where one had no part.
        positives: Items of the class that is looked for (errors, collapses); 0 for means.
        bounds: Smallest and largest value there can be; None where there are no such.
    """

    interval: Interval
    influence: FloatArray
    positives: int = 0
    bounds: tuple[float, float] | None = None

    @property
    def value(self) -> float | None:
        """The number."""
        return self.interval.value


def nothing(size: int, n: int, note: str, positives: int = 0) -> Effect:
    """No number, for a reason."""
    empty = Interval(None, None, None, 0.95, "", n, 0, note)
    return Effect(empty, np.zeros(size), positives)


def mean_effect(
    values: FloatArray,
    rows: BoolArray,
    clusters: IntArray,
    bounds: tuple[float, float] | None = None,
) -> Effect:
    """Mean over some questions; ``values`` has the shape of all."""
    chosen = values[rows]
    if chosen.size == 0:
        return nothing(rows.size, 0, "no questions")
    influence = np.zeros(rows.size)
    influence[rows] = (chosen - chosen.mean()) / chosen.size
    own = clusters[rows]
    share = bounds == SHARE
    interval = rate(chosen, clusters=own) if share else mean(chosen, clusters=own, bounds=bounds)
    return Effect(interval, influence, bounds=bounds)


def auroc_effect(
    score: FloatArray, positive: FloatArray, rows: BoolArray, clusters: IntArray
) -> Effect:
    """AUROC over some questions; without number when either class has fewer than 20."""
    labels = positive[rows]
    n, found = labels.size, int(labels.sum())
    if min(found, n - found) < ENOUGH:
        note = f"fewer than {ENOUGH} of either class ({found} of {n})"
        return nothing(rows.size, n, note, found)
    own = clusters[rows]
    influence = np.zeros(rows.size)
    influence[rows] = auroc_influence(score[rows], labels, clusters=own)
    return Effect(auroc_interval(score[rows], labels, clusters=own), influence, found, SHARE)


def accuracy(study: Study, model: int, condition: str, part: BoolArray) -> Effect:
    """Share of right answers; refused and unreadable ones are not right."""
    correct = study.correct(model, condition)
    return mean_effect(correct, part & np.isfinite(correct), study.clusters, SHARE)


def error_detection(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """AUROC of uncertainty for errors among answers that were read, on the clean question."""
    score = study.values(model, CLEAN, estimator)
    correct = study.correct(model, CLEAN)
    rows = part & study.answered(model, CLEAN) & np.isfinite(score) & np.isfinite(correct)
    return auroc_effect(score, 1.0 - correct, rows, study.clusters)


def accuracy_change(study: Study, model: int, part: BoolArray) -> Effect:
    """How accuracy changes when the right answer is hidden, over questions asked both ways."""
    change = study.correct(model, REPLACED) - study.correct(model, CLEAN)
    return mean_effect(change, part & np.isfinite(change), study.clusters, DIFFERENCE)


def uncertainty_change(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """Mean paired change of uncertainty when the right answer is hidden, in its own unit."""
    change, about = _change(study, model, estimator), known_estimators()[estimator]
    rows, bounds = part & np.isfinite(change), None
    if about.low is not None and about.high is not None:
        span = about.high - about.low
        # rounding may carry a score a hair beyond its range
        if np.abs(change[rows]).max(initial=0.0) <= span:
            bounds = (-span, span)
    return mean_effect(change, rows, study.clusters, bounds)


def relative_change(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """The same over the standard deviation of clean uncertainty between questions.

    So methods of different units compare: 1 is as far as two questions typically lie apart. A
    model that is equally sure of all questions has no such unit (`LEAST_SPREAD`).
    """
    clean, change = study.values(model, CLEAN, estimator), _change(study, model, estimator)
    rows = part & np.isfinite(change)
    values, before = change[rows], clean[rows]
    if not _differs(before):
        return nothing(rows.size, values.size, NO_SPREAD if values.size else "no questions")
    spread = float(before.std(ddof=1))
    value = float(values.mean()) / spread
    tilt = np.square((before - before.mean()) / spread)
    own = (values - values.mean()) / spread - value / 2.0 * (tilt - tilt.mean())
    influence = np.zeros(rows.size)
    influence[rows] = own / values.size
    around = mean(value + own, clusters=study.clusters[rows])
    return Effect(replace(around, value=value), influence)


def _differs(values: FloatArray) -> bool:
    """Whether values differ enough between questions for their spread to be a unit."""
    if values.size < ENOUGH or float(values.std(ddof=1)) < LEAST_SPREAD:
        return False
    away = np.abs(values - np.median(values)) >= LEAST_SPREAD
    return int(away.sum()) >= ENOUGH


def standardised_change(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """The same over the standard deviation of the changes (d_z)."""
    change = _change(study, model, estimator)
    rows = part & np.isfinite(change)
    values = change[rows]
    interval = standardised_difference(values, clusters=study.clusters[rows])
    if interval.value is None:
        return nothing(rows.size, values.size, interval.note)
    influence = np.zeros(rows.size)
    influence[rows] = standardised_pulls(values) / values.size
    return Effect(interval, influence)


def _change(study: Study, model: int, estimator: str) -> FloatArray:
    return study.values(model, REPLACED, estimator) - study.values(model, CLEAN, estimator)


def collapse_detection(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """AUROC of clean uncertainty for answers that turn wrong when the right one is hidden."""
    score, after, rows = _right_before(study, model, estimator, part)
    return auroc_effect(score, 1.0 - after, rows & np.isfinite(after), study.clusters)


def collapse_beyond_null(study: Study, model: int, estimator: str, part: BoolArray) -> Effect:
    """The same, minus its mean for answers that turn wrong under mere reshuffling or swapping.

    Same questions, same uncertainty; which null arms count is decided by
    `medtrust.metrics.fragility_null.against_null`, as in a run's own report.
    """
    score, after, rows = _right_before(study, model, estimator, part)
    nulls = [study.correct(model, arm) for arm in NULLS if study.has(model, arm)]
    for arm in (after, *nulls):
        rows = rows & np.isfinite(arm)
    n, lost = int(rows.sum()), int((after[rows] == 0.0).sum())
    if min(lost, n - lost) < ENOUGH:
        return nothing(rows.size, n, f"fewer than {ENOUGH} of either class ({lost} of {n})", lost)
    if not nulls:
        return nothing(rows.size, n, "no null arm asked", lost)
    own = study.clusters[rows]
    found = against_null(
        score[rows], np.ones(n), after[rows], [arm[rows] for arm in nulls], clusters=own
    )
    interval = found.difference.interval
    if interval.low is None:
        return nothing(rows.size, n, interval.note, lost)
    pulls = [
        auroc_influence(score[rows], 1.0 - arm[rows], clusters=own)
        for arm in (after, *(nulls[place] for place in found.used))
    ]
    influence = np.zeros(rows.size)
    influence[rows] = pulls[0] - np.mean(pulls[1:], axis=0)
    return Effect(interval, influence, lost, DIFFERENCE)


def _right_before(
    study: Study, model: int, estimator: str, part: BoolArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Clean uncertainty, what became of the answer, and the questions answered right before."""
    score = study.values(model, CLEAN, estimator)
    rows = part & (study.correct(model, CLEAN) == 1.0) & np.isfinite(score)
    return score, study.correct(model, REPLACED), rows


def average(effects: Sequence[Effect]) -> Effect:
    """Unweighted mean of numbers of one kind; their pulls average alike.

    Nothing where one of them is absent: a mean over whichever are there compares unlike things.
    """
    if not effects:
        return nothing(0, 0, "nothing to average")
    values = [effect.value for effect in effects if effect.value is not None]
    size = effects[0].influence.size
    if len(values) < len(effects):
        return nothing(size, 0, next(e.interval.note for e in effects if e.value is None))
    n = max(effect.interval.n for effect in effects)
    interval = Interval(float(np.mean(values)), None, None, 0.95, "mean", n, 0, "")
    influence = np.mean([effect.influence for effect in effects], axis=0)
    return Effect(interval, influence, bounds=effects[0].bounds)
