"""Third finding: does uncertainty on the plain question foresee which answers will collapse?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from medtrust.report.study.effects import (
    Effect,
    collapse_beyond_null,
    collapse_detection,
)
from medtrust.report.study.finding import Finding, cells, frame
from medtrust.report.study.hidden import SIGNIFICANT, asked_models, corrected
from medtrust.report.study.naming import few_said, methods_said, models_said
from medtrust.report.study.pooling import Pooled, in_units, pool
from medtrust.report.study.reading import Study
from medtrust.report.study.shared_methods import SharedMethods, shared_methods
from medtrust.report.wording import count
from medtrust.suites.clinical_ue.arms import NULLS, REPLACED

QUESTION: Final = "Does uncertainty on the plain question foresee which right answers collapse?"

_CAPTIONS: Final = {
    "collapse_detection": "AUROC of uncertainty on the plain question for right answers (n) that "
    "turn wrong (collapsed) when the right option is hidden; beyond harmless flips: the same minus "
    "its mean for answers that turn wrong under mere reshuffling or a swapped distractor.",
    "collapse_detection_by_method": "The same pooled over the models that have it (models). p "
    "against chance: of an AUROC of 0.5; p: of nothing beyond harmless flips; p (Holm): corrected "
    "for the number of methods.",
}

Cells = Mapping[tuple[int, str], Effect]


def foresight(study: Study) -> Finding:
    """AUROC for collapse among right answers, and what is left of it beyond its null."""
    models = asked_models(study)
    if not models:
        return Finding(QUESTION, f"No run was asked under {REPLACED}: this cannot be said.")
    every = np.ones(len(study.samples), dtype=np.bool_)
    keys = [(model, name) for model in models for name in study.estimators]
    whole = {key: collapse_detection(study, *key, every) for key in keys}
    beyond = {key: collapse_beyond_null(study, *key, every) for key in keys}
    by_method, tested, seen = _per_method(study, models, whole, beyond)
    tables = {
        "collapse_detection": _per_cell(study, whole, beyond),
        "collapse_detection_by_method": by_method,
    }
    first, second = (shared_methods(cells, study.estimators) for cells in (whole, beyond))
    sentence = _whole_said(study, len(models), first, whole)
    if first.names:
        sentence += f"; {_beyond_said(study, second, beyond, tested, seen)}"
    remarks = [
        *_left_out(first, second),
        *_remarks(study, models),
    ]
    return Finding(QUESTION, f"{sentence}.", tuple(remarks), tables, _CAPTIONS)


def _left_out(first: SharedMethods, second: SharedMethods) -> list[str]:
    if first == second:
        return first.remarks("The average AUROC for collapse, also beyond harmless flips,")
    return [
        *first.remarks("The average AUROC for collapse"),
        *second.remarks("The average beyond harmless flips"),
    ]


def _whole_said(study: Study, asked: int, shared: SharedMethods, cells: Cells) -> str:
    if not shared.models:
        return "In these runs too few right answers collapse, or stay, to say what foresees it"
    these = models_said(len(shared.models))
    if len(shared.models) < asked:
        these += f" of {count(asked)}, those with enough collapses"
    if not shared.names:
        return (
            f"In these runs ({these}) no method is one that all of them have, so there is no "
            "average: see the table"
        )
    return (
        f"In these runs ({these}) uncertainty on the plain question ranks answers that will "
        "collapse above those that stay with an AUROC of "
        f"{in_units(_over(study, shared, cells).mean)}, {shared.said}"
    )


def _beyond_said(study: Study, shared: SharedMethods, cells: Cells, tested: int, seen: int) -> str:
    if not shared.models:
        return "what of that is particular to hiding cannot be said without enough harmless flips"
    above = (
        f"after Holm's correction {count(seen)} of {methods_said(tested)} "
        f"{'is' if seen == 1 else 'are'} above 0 there"
    )
    if not shared.names:
        return f"beyond harmless flips no method is one that all models have; {above}"
    return (
        "beyond what it foresees of harmless flips, under reshuffling or a swapped distractor, "
        f"that is {in_units(_over(study, shared, cells).mean)} "
        f"({models_said(len(shared.models))}, {shared.said}), and {above}"
    )


def _over(study: Study, shared: SharedMethods, cells: Cells) -> Pooled:
    """The models' means over the methods that all of them have, pooled."""
    means = [shared.mean({n: cells[model, n] for n in shared.names}) for model in shared.models]
    return pool(means, study.clusters)


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
) -> tuple[pl.DataFrame, int, int]:
    """Pooled numbers of each method, how many can be tested, how many foresee more than null."""
    first = {n: pool([whole[m, n] for m in models], study.clusters) for n in study.estimators}
    second = {n: pool([beyond[m, n] for m in models], study.clusters) for n in study.estimators}
    p_first = {name: one.p_against(0.5) for name, one in first.items()}
    p_second = {name: one.p_against(0.0) for name, one in second.items()}
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
    return frame(rows), len(adjusted), seen


def _remarks(study: Study, models: Sequence[int]) -> list[str]:
    remarks = []
    remarks += few_said(len(models))
    if not any(study.has(model, arm) for model in models for arm in NULLS):
        remarks.append(
            "No null arm was asked: hard questions flip for any reason, so an AUROC above one half "
            "need not be about the hidden answer."
        )
    return remarks
