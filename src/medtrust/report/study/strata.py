"""The findings cut by a property of the case: modality, dataset, number of options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import UnknownNameError
from medtrust.metrics.arrays import BoolArray, FloatArray
from medtrust.metrics.intervals import Interval
from medtrust.report.figures import Axis, Point, scatter
from medtrust.report.study.effects import (
    Effect,
    accuracy,
    accuracy_change,
    collapse_beyond_null,
    collapse_detection,
    error_detection,
    relative_change,
)
from medtrust.report.study.finding import Finding, cells, frame
from medtrust.report.study.hidden import asked_models
from medtrust.report.study.naming import models_said
from medtrust.report.study.pooling import (
    in_units,
    leaving_models_out,
    pearson,
    pool,
    slope,
    spearman,
)
from medtrust.report.study.reading import Study
from medtrust.report.study.shared_methods import SharedMethods, shared_methods
from medtrust.report.wording import count, visible, words
from medtrust.suites.clinical_ue.estimated import BY, ENOUGH

_CAPTIONS: Final = {
    "": "Each part over all models, with its number of questions, and after each number of how "
    "many models it is. Change of accuracy and shift of "
    "uncertainty when the right answer is hidden; AUROC for errors, for collapse, and for "
    "collapse beyond harmless flips. All but accuracy are averaged over methods that all models "
    "have; models without one of them on a part are left out there.",
    "_cells": f"One row per model, part and method, n answers each; fewer than {ENOUGH} errors or "
    "right answers: no AUROC.",
    "_correlation": "How AUROC goes with accuracy over all models and parts (points); intervals "
    "by leaving out one model at a time; slope: change of AUROC per unit of accuracy.",
}
MEAN: Final = "mean of methods"

OfMethod = Callable[[Study, int, str, BoolArray], Effect]


@dataclass(frozen=True)
class Spot:
    """One model on one part of the data.

    Attributes:
        model: Its place.
        part: Value of the stratum.
        accuracy: On the plain question.
        by_method: AUROC for errors of each method.
        mean: Those averaged over the methods that all models have on all questions.
    """

    model: int
    part: str
    accuracy: Effect
    by_method: Mapping[str, Effect]
    mean: Effect


def wanted(study: Study, by: Sequence[str]) -> list[str]:
    """Strata to cut by: those asked for, or the usual ones that divide the questions.

    Raises:
        UnknownNameError: If a stratum asked for does not exist.
    """
    known = (*study.strata, "options")
    for name in by:
        if name not in known:
            raise UnknownNameError.among("stratum", name, known)
    return [name for name in by or BY if name in known and (by or len(study.parts(name)) > 1)]


def by_stratum(study: Study, name: str) -> Finding:
    """All three findings on each part, and how AUROC goes with accuracy over models and parts."""
    parts = study.parts(name)
    shared = _shared(study, error_detection, range(len(study.models)))
    spots = [
        _spot(study, model, part, rows, shared)
        for part, rows in parts.items()
        for model in range(len(study.models))
    ]
    table = f"by_{name}"
    tables = {
        table: _parts(study, parts, spots),
        f"{table}_cells": _cells(study, spots),
        f"{table}_correlation": _correlations(study, spots),
    }
    captions = {f"{table}{end}": caption for end, caption in _CAPTIONS.items()}
    figure = {f"{table}_accuracy_against_auroc": _figure(study, name, spots)}
    return Finding(
        f"By {words(name)}",
        _sentence(study, name, parts, spots, shared),
        tuple(shared.remarks("The average AUROC")),
        tables,
        captions,
        figure,
    )


def _shared(study: Study, of: OfMethod, models: Iterable[int]) -> SharedMethods:
    """Methods that all models have over all questions: a part has the same or none."""
    every = np.ones(len(study.samples), dtype=np.bool_)
    cells = {(m, key): of(study, m, key, every) for m in models for key in study.estimators}
    return shared_methods(cells, study.estimators)


def _spot(study: Study, model: int, part: str, rows: BoolArray, shared: SharedMethods) -> Spot:
    found = {key: error_detection(study, model, key, rows) for key in study.estimators}
    return Spot(model, part, accuracy(study, model, CLEAN, rows), found, shared.mean(found))


def _sentence(
    study: Study,
    name: str,
    parts: Mapping[str, BoolArray],
    spots: Sequence[Spot],
    shared: SharedMethods,
) -> str:
    known = [spot for spot in spots if spot.mean.value is not None]
    these = (
        f"In these runs, over {count(len(parts))} parts and {models_said(len(study.models))} by "
        f"{words(name)}"
    )
    if not shared.names:
        return f"{these}, accuracy and AUROC cannot be laid side by side: no method is shared."
    left_out = len(spots) - len(known)
    if left_out:
        these += f" ({count(len(known))} points, {count(left_out)} left out for too few errors "
        these += "or right answers)"
    else:
        these += f" ({count(len(known))} points)"
    x, y, models = _coordinates(known, [spot.mean for spot in known])
    correlation = leaving_models_out(spearman, x, y, models, bounded=True)
    if correlation.value is None:
        return f"{these}, there are too few points, or none that differ, to correlate."
    if correlation.low is None:
        return (
            f"{these}, accuracy and AUROC ({shared.said}) have a rank correlation of "
            f"{in_units(correlation)}, without an interval: {correlation.note}."
        )
    return (
        f"{these}, accuracy and AUROC ({shared.said}) have a rank correlation of "
        f"{in_units(correlation)}."
    )


def _coordinates(
    spots: Sequence[Spot], effects: Sequence[Effect]
) -> tuple[FloatArray, FloatArray, np.ndarray[Any, np.dtype[np.int64]]]:
    rows = [
        (spot.accuracy.value, effect.value, spot.model)
        for spot, effect in zip(spots, effects, strict=True)
        if effect.value is not None and spot.accuracy.value is not None
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2].astype(np.int64)


def _cells(study: Study, spots: Sequence[Spot]) -> pl.DataFrame:
    return frame(
        [
            {
                "part": visible(spot.part), "model": study.models[spot.model], "estimator": name,
                **cells("accuracy", spot.accuracy.interval), **cells("auroc", effect.interval),
                "n": effect.interval.n, "errors": effect.positives, "note": effect.interval.note,
            }
            for spot in spots
            for name, effect in spot.by_method.items()
        ]
    )  # fmt: skip


def _correlations(study: Study, spots: Sequence[Spot]) -> pl.DataFrame:
    rows = []
    for name in (MEAN, *study.estimators):
        own = [spot.mean if name == MEAN else spot.by_method[name] for spot in spots]
        x, y, models = _coordinates(spots, own)
        found: dict[str, Interval] = {
            "spearman": leaving_models_out(spearman, x, y, models, bounded=True),
            "pearson": leaving_models_out(pearson, x, y, models, bounded=True),
            "slope": leaving_models_out(slope, x, y, models),
        }
        intervals = {key: value for one in found for key, value in cells(one, found[one]).items()}
        note = found["spearman"].note
        rows.append({"estimator": name, "points": int(x.size), **intervals, "note": note})
    return frame(rows)


def _parts(study: Study, parts: Mapping[str, BoolArray], spots: Sequence[Spot]) -> pl.DataFrame:
    of_methods: dict[str, OfMethod] = {
        "shift": relative_change,
        "collapse_auroc": collapse_detection,
        "beyond_null": collapse_beyond_null,
    }
    shared = {key: _shared(study, of, asked_models(study)) for key, of in of_methods.items()}
    rows = []
    for part, members in parts.items():
        own = [spot for spot in spots if spot.part == part]
        pooled = {
            "accuracy": [spot.accuracy for spot in own],
            "auroc": [spot.mean for spot in own],
            "accuracy_change": [accuracy_change(study, s.model, members) for s in own],
        }
        for key, of in of_methods.items():
            pooled[key] = _averaged(study, of, members, shared[key])
        row: dict[str, Any] = {"part": visible(part), "questions": int(members.sum())}
        for name, effects in pooled.items():
            found = pool(effects, study.clusters)
            row |= cells(name, found.mean) | {f"{name}_models": found.n_models}
        rows.append(row)
    return frame(rows)


def _averaged(
    study: Study, of: OfMethod, members: BoolArray, shared: SharedMethods
) -> list[Effect]:
    """Each model's mean over the shared methods on one part."""
    return [
        shared.mean({name: of(study, model, name, members) for name in shared.names})
        for model in shared.models
    ]


def _figure(study: Study, name: str, spots: Sequence[Spot]) -> str:
    points = [
        Point(
            spot.accuracy.value, spot.mean.value, n=spot.mean.interval.n,
            label=f"{study.models[spot.model]}, {spot.part}", group=visible(spot.part),
        )
        for spot in spots
        if spot.mean.value is not None and spot.accuracy.value is not None
    ]  # fmt: skip
    return scatter(
        points,
        title=f"Accuracy against AUROC by {words(name)}",
        x=Axis("accuracy on the plain question"),
        y=Axis("AUROC, mean of methods", unit="number"),
        labels=False,
        note="One point for each model and part; parts with fewer than 20 errors or right answers "
        "are left out.",
    )
