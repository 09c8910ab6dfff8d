"""Third finding: does uncertainty on the plain question foresee which answers will collapse?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from medtrust.metrics.random_effects import MIN_MODELS, TOO_FEW
from medtrust.report.study.effects import (
    Effect,
    average,
    collapse_beyond_null,
    collapse_detection,
)
from medtrust.report.study.finding import Finding, cells, frame
from medtrust.report.study.hidden import SIGNIFICANT, asked_models, corrected, models_said
from medtrust.report.study.pooling import in_units, p_against, pool
from medtrust.report.study.reading import HIDDEN, NULLS, Study

QUESTION: Final = "Does uncertainty on the plain question foresee which right answers collapse?"

Cells = Mapping[tuple[int, str], Effect]


def foresight(study: Study) -> Finding:
    """AUROC for collapse among right answers, and what is left of it beyond its null."""
    models = asked_models(study)
    if not models:
        return Finding(QUESTION, f"No run was asked under {HIDDEN}: this cannot be said.")
    every = np.ones(len(study.samples), dtype=np.bool_)
    keys = [(model, name) for model in models for name in study.estimators]
    whole = {key: collapse_detection(study, *key, every) for key in keys}
    beyond = {key: collapse_beyond_null(study, *key, every) for key in keys}
    by_method, seen = _per_method(study, models, whole, beyond)
    tables = {
        "collapse_detection": _per_cell(study, whole, beyond),
        "collapse_detection_by_method": by_method,
    }
    captions = {
        "collapse_detection": "AUROC of uncertainty on the plain question for right answers that "
        "turn wrong when the right option is hidden, and the same minus its mean for answers that "
        "turn wrong under mere reshuffling or a swapped distractor.",
        "collapse_detection_by_method": "The same pooled over models.",
    }
    sentence = _sentence(study, models, whole, beyond, seen)
    return Finding(QUESTION, sentence, tuple(_remarks(study, models)), tables, captions)


def _sentence(study: Study, models: Sequence[int], whole: Cells, beyond: Cells, seen: int) -> str:
    first = pool([_over(study, model, whole) for model in models], study.clusters)
    second = pool([_over(study, model, beyond) for model in models], study.clusters)
    if first.effects is None:
        return "In these runs too few right answers collapse, or stay, to say what foresees it."
    said = (
        f"In these runs ({models_said(first.n_models)} with enough collapses) uncertainty on "
        "the plain question ranks answers that will collapse above those that stay with an AUROC "
        f"of {in_units(first.mean)}, averaged over methods"
    )
    if second.effects is None:
        return f"{said}; what of that is particular to hiding cannot be said without null arms."
    return (
        f"{said}; beyond what it foresees of flips under mere reshuffling that is "
        f"{in_units(second.mean)} ({models_said(second.n_models)}), and after Holm's correction "
        f"{seen} of {len(study.estimators)} methods are above 0 there."
    )


def _over(study: Study, model: int, found: Cells) -> Effect:
    """A model's mean over methods."""
    return average([found[model, name] for name in study.estimators])


def _per_cell(study: Study, whole: Cells, beyond: Cells) -> pl.DataFrame:
    rows = []
    for (model, name), effect in whole.items():
        minus = beyond[model, name].interval
        rows.append(
            {
                "model": study.models[model], "estimator": name,
                **cells("auroc", effect.interval), "n": effect.interval.n,
                "collapsed": effect.positives, **cells("beyond_null", minus),
                "note": effect.interval.note or minus.note,
            }
        )  # fmt: skip
    return frame(rows)


def _per_method(
    study: Study, models: Sequence[int], whole: Cells, beyond: Cells
) -> tuple[pl.DataFrame, int]:
    """Pooled numbers of each method, and how many foresee more than their null."""
    first = {n: pool([whole[m, n] for m in models], study.clusters) for n in study.estimators}
    second = {n: pool([beyond[m, n] for m in models], study.clusters) for n in study.estimators}
    p_first = {name: p_against(one.mean, 0.5) for name, one in first.items()}
    p_second = {name: p_against(one.mean, 0.0) for name, one in second.items()}
    adjusted = corrected(p_second)
    rows = [
        {
            "estimator": name, "models": first[name].n_models,
            **cells("auroc", first[name].mean), "p_against_chance": p_first[name],
            "models_beyond_null": second[name].n_models,
            **cells("beyond_null", second[name].mean), "p": p_second[name],
            "p_holm": adjusted.get(name),
        }
        for name in study.estimators
    ]  # fmt: skip
    seen = sum(
        adjusted.get(name, 1.0) < SIGNIFICANT and (second[name].mean.value or 0.0) > 0.0
        for name in study.estimators
    )
    return frame(rows), seen


def _remarks(study: Study, models: Sequence[int]) -> list[str]:
    remarks = []
    if len(models) < MIN_MODELS:
        remarks.append(
            f"Only {models_said(len(models))}: {TOO_FEW}; intervals speak of these alone."
        )
    if not any(study.has(model, arm) for model in models for arm in NULLS):
        remarks.append(
            "No null arm was asked: hard questions flip for any reason, so an AUROC above one half "
            "need not be about the hidden answer."
        )
    return remarks
