"""Second finding: when the right answer is hidden, accuracy falls; does uncertainty rise?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.metrics.arrays import BoolArray
from medtrust.metrics.intervals import Interval
from medtrust.metrics.multiplicity import holm
from medtrust.report.figures import Axis, Row, Value, dumbbell
from medtrust.report.study.effects import (
    LEAST_SPREAD,
    NO_SPREAD,
    Effect,
    accuracy,
    accuracy_change,
    relative_change,
    standardised_change,
    uncertainty_change,
)
from medtrust.report.study.finding import Finding, cells, frame
from medtrust.report.study.naming import few_said, methods_said, models_said, named
from medtrust.report.study.pooling import Pooled, in_points, in_units, pool
from medtrust.report.study.reading import Study
from medtrust.report.study.shared_methods import SharedMethods, shared_methods
from medtrust.report.wording import count, percent
from medtrust.suites.clinical_ue.arms import REPLACED
from medtrust.suites.clinical_ue.estimated import ENOUGH
from medtrust.uncertainty.known import known_estimators

QUESTION: Final = "Does uncertainty move when the right answer is hidden?"
SIGNIFICANT: Final = 0.05

_CAPTIONS: Final = {
    "hidden_answer_accuracy": "Accuracy on the plain question and with its right option "
    "replaced (hidden), over the n questions asked both ways.",
    "uncertainty_shift": "Mean paired change of uncertainty over n questions. Change: in the "
    "method's own unit; shift: over the standard deviation of clean uncertainty between questions; "
    "d z: over that of the changes, which is large where all questions change alike, be it by "
    "little.",
    "uncertainty_shift_by_method": "The same pooled over the models that have it (models), with "
    "the smallest (least) and largest shift of a model. p: of no shift; p (Holm): corrected for "
    "the number of methods. Where uncertainty is a probability of being wrong (is probability), an "
    "honest one rises by as much as accuracy falls.",
}

Cells = Mapping[tuple[int, str], Effect]


def asked_models(study: Study) -> list[int]:
    """Models that were asked with the right answer hidden."""
    return [model for model in range(len(study.models)) if study.has(model, REPLACED)]


def hidden(study: Study) -> Finding:
    """Accuracy and uncertainty before and after the right answer was hidden."""
    models = asked_models(study)
    if not models:
        return Finding(QUESTION, f"No run was asked under {REPLACED}: this cannot be said.")
    every = np.ones(len(study.samples), dtype=np.bool_)
    names = [
        name
        for name in study.estimators
        if any(np.isfinite(study.values(model, REPLACED, name)).any() for model in models)
    ]
    drops = [accuracy_change(study, model, every) for model in models]
    drop = pool(drops, study.clusters)
    moved = {
        (model, name): relative_change(study, model, name, every)
        for model in models
        for name in names
    }
    by_method, tested, rose = _per_method(study, models, names, moved)
    shared = shared_methods(moved, study.estimators)
    tables = {
        "hidden_answer_accuracy": _accuracies(study, models, drops),
        "uncertainty_shift": _per_cell(study, models, names, moved),
        "uncertainty_shift_by_method": by_method,
    }
    sentence = (
        f"In these runs ({models_said(len(models))}) accuracy changes by "
        f"{in_points(drop.mean, signed=True)} when the right answer is hidden, and "
        f"{_moved(study, len(models), shared, moved)}; after Holm's correction {count(rose)} of "
        f"{methods_said(tested)} {'is' if rose == 1 else 'are'} seen to rise."
    )
    remarks = [
        *_remarks(study, models, names, drop),
        *shared.remarks("The average shift"),
        *_without_spread(moved),
    ]
    figures = {"clean_against_nota": _figure(study, models)}
    return Finding(QUESTION, sentence, tuple(remarks), tables, _CAPTIONS, figures)


def _moved(study: Study, asked: int, shared: SharedMethods, moved: Cells) -> str:
    """How far uncertainty moves over methods that all models have, for a sentence."""
    if not shared.models:
        return "uncertainty cannot be said to move, for it hardly differs between questions"
    if not shared.names:
        return "uncertainty cannot be averaged, for no method is one that all of them have"
    means = [shared.mean({n: moved[model, n] for n in shared.names}) for model in shared.models]
    among = (
        f" (in the {models_said(len(means))} where it differs between questions)"
        if len(means) < asked
        else ""
    )
    return (
        f"uncertainty{among} by {in_units(pool(means, study.clusters).mean)} of the standard "
        f"deviation it has between questions, {shared.said}"
    )


def _without_spread(moved: Cells) -> list[str]:
    """How many shifts are left out because there is no spread to tell them in."""
    flat = sum(effect.interval.note == NO_SPREAD for effect in moved.values())
    if not flat:
        return []
    said = (
        f"{count(flat)} of {count(len(moved))} shifts (one for each model and method) are left "
        "out: uncertainty there hardly differs between questions (standard deviation below "
        f"{LEAST_SPREAD}, or fewer than {ENOUGH} questions so far from the median), so that any "
        "change would be many standard deviations."
    )
    return [said]


def _accuracies(study: Study, models: Sequence[int], drops: Sequence[Effect]) -> pl.DataFrame:
    rows = []
    for model, drop in zip(models, drops, strict=True):
        both = np.isfinite(study.correct(model, CLEAN)) & np.isfinite(
            study.correct(model, REPLACED)
        )
        rows.append(
            {
                "model": study.models[model],
                **cells("accuracy", accuracy(study, model, CLEAN, both).interval),
                **cells("accuracy_hidden", accuracy(study, model, REPLACED, both).interval),
                **cells("change", drop.interval), "n": drop.interval.n,
            }
        )  # fmt: skip
    return frame(rows)


def _per_cell(
    study: Study,
    models: Sequence[int],
    names: Sequence[str],
    moved: Cells,
) -> pl.DataFrame:
    every = np.ones(len(study.samples), dtype=np.bool_)
    rows = []
    for model in models:
        for name in names:
            own = uncertainty_change(study, model, name, every).interval
            shift = moved[model, name].interval
            standard = standardised_change(study, model, name, every).interval
            rows.append(
                {
                    "model": study.models[model], "estimator": name, **cells("change", own),
                    **cells("shift", shift), **cells("d_z", standard),
                    "n": own.n, "note": shift.note or standard.note,
                }
            )  # fmt: skip
    return frame(rows)


def _per_method(
    study: Study,
    models: Sequence[int],
    names: Sequence[str],
    moved: Cells,
) -> tuple[pl.DataFrame, int, int]:
    """Pooled changes of each method, how many can be tested, and how many are seen to rise."""
    every = np.ones(len(study.samples), dtype=np.bool_)
    pooled = {
        name: pool([moved[model, name] for model in models], study.clusters) for name in names
    }
    p_values = {name: one.p_against(0.0) for name, one in pooled.items()}
    adjusted = corrected(p_values)
    rows = []
    for name, one in pooled.items():
        plain, standard = (
            pool([of(study, model, name, every) for model in models], study.clusters)
            for of in (uncertainty_change, standardised_change)
        )
        rows.append(
            {
                "estimator": name, "models": one.n_models, **cells("shift", one.mean),
                "least": one.least, "largest": one.largest, "p": p_values[name],
                "p_holm": adjusted.get(name),
                **cells("d_z", standard.mean), **cells("change", plain.mean),
                "is_probability": known_estimators()[name].is_probability,
            }
        )  # fmt: skip
    rose = sum(
        adjusted.get(name, 1.0) < SIGNIFICANT and (one.mean.value or 0.0) > 0.0
        for name, one in pooled.items()
    )
    return frame(rows), len(adjusted), rose


def corrected(p_values: dict[str, float | None]) -> dict[str, float]:
    """Holm's correction over those that are there."""
    known = {name: p for name, p in p_values.items() if p is not None}
    return dict(zip(known, map(float, holm(list(known.values()))), strict=True))


def _remarks(study: Study, models: Sequence[int], names: Sequence[str], drop: Pooled) -> list[str]:
    every = np.ones(len(study.samples), dtype=np.bool_)
    remarks = [
        _as_probability(study, models, name, every, drop)
        for name in names
        if known_estimators()[name].is_probability
    ][:2]
    remarks += few_said(len(models))
    verified = study.verified()
    if verified is not None and verified < 1.0:
        remarks.append(
            f'That "none of the others" is right once the right option is hidden was checked for '
            f"{percent(verified)} of the questions; elsewhere another option may be right, too."
        )
    return remarks


def _as_probability(
    study: Study, models: Sequence[int], name: str, every: BoolArray, drop: Pooled
) -> str:
    own = pool([uncertainty_change(study, model, name, every) for model in models], study.clusters)
    return (
        f"By {named(name)} ({name}), the stated chance of being wrong rises by "
        f"{in_points(own.mean, signed=True)} where being wrong becomes more frequent by "
        f"{in_points(_turned(drop.mean), signed=True)}."
    )


def _turned(interval: Interval) -> Interval:
    """The same with the other sign."""
    low, high = interval.low, interval.high
    return replace(
        interval,
        value=None if interval.value is None else -interval.value,
        low=None if high is None else -high,
        high=None if low is None else -low,
    )


def _figure(study: Study, models: Sequence[int]) -> str:
    rows = []
    for model in models:
        both = np.isfinite(study.correct(model, CLEAN)) & np.isfinite(
            study.correct(model, REPLACED)
        )
        ends = [accuracy(study, model, arm, both).interval for arm in (CLEAN, REPLACED)]
        first, second = (
            None if end.value is None else Value(end.value, end.low, end.high, end.n)
            for end in ends
        )
        rows.append(Row(study.models[model], first, second))
    return dumbbell(
        rows,
        title="Accuracy with the right answer there, and hidden",
        x=Axis("accuracy", low=0.0, high=1.0),
        first="right answer there",
        second="right answer hidden",
        note="Same questions in both arms; the hidden answer is replaced by none of the others.",
    )
