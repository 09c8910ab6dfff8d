"""The findings cut by a property of the case: modality, dataset, number of options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from medtrust.core.errors import UnknownNameError
from medtrust.metrics.arrays import BoolArray, FloatArray
from medtrust.metrics.intervals import Interval
from medtrust.report.figures import Axis, Point, scatter
from medtrust.report.study.effects import (
    LEAST,
    Effect,
    accuracy,
    accuracy_change,
    average,
    collapse_beyond_null,
    collapse_detection,
    error_detection,
    relative_change,
)
from medtrust.report.study.finding import Finding, cells, frame
from medtrust.report.study.hidden import models_said
from medtrust.report.study.pooling import (
    in_units,
    leaving_models_out,
    pearson,
    pool,
    slope,
    spearman,
)
from medtrust.report.study.reading import CLEAN, STRATA, Study
from medtrust.report.wording import count, visible, words

OfMethod = Callable[[Study, int, str, BoolArray], Effect]


@dataclass(frozen=True)
class Spot:
    """One model on one part of the data: its accuracy and its AUROCs by method."""

    model: int
    part: str
    accuracy: Effect
    by_method: Mapping[str, Effect]

    @property
    def mean(self) -> Effect:
        """AUROC averaged over methods."""
        return average(list(self.by_method.values()))


def wanted(study: Study, by: Sequence[str]) -> list[str]:
    """Strata to cut by: those asked for, or the usual ones that divide the questions.

    Raises:
        UnknownNameError: If a stratum asked for does not exist.
    """
    known = (*study.strata, "options")
    for name in by:
        if name not in known:
            raise UnknownNameError.among("stratum", name, known)
    return [name for name in by or STRATA if name in known and (by or len(study.parts(name)) > 1)]


def by_stratum(study: Study, name: str) -> Finding:
    """All three findings on each part, and how AUROC goes with accuracy over models and parts."""
    parts = study.parts(name)
    spots = [
        Spot(
            model,
            part,
            accuracy(study, model, CLEAN, rows),
            {key: error_detection(study, model, key, rows) for key in study.estimators},
        )
        for part, rows in parts.items()
        for model in range(len(study.models))
    ]
    table = f"by_{name}"
    tables = {
        table: _parts(study, parts, spots),
        f"{table}_cells": _cells(study, spots),
        f"{table}_correlation": _correlations(study, spots),
    }
    captions = {
        table: "Each part over all models; AUROCs and shifts of uncertainty averaged over methods.",
        f"{table}_cells": f"One row per model, part and method; fewer than {LEAST} errors or right "
        "answers: no AUROC.",
        f"{table}_correlation": "How AUROC goes with accuracy over all models and parts; intervals "
        "by leaving out one model at a time.",
    }
    figure = {f"{table}_accuracy_against_auroc": _figure(study, name, spots)}
    return Finding(
        f"By {words(name)}", _sentence(study, name, parts, spots), (), tables, captions, figure
    )


def _sentence(
    study: Study, name: str, parts: Mapping[str, BoolArray], spots: Sequence[Spot]
) -> str:
    known = [spot for spot in spots if spot.mean.value is not None]
    left_out = len(spots) - len(known)
    dropped = f", {count(left_out)} left out for too few errors or right answers"
    x, y, models = _coordinates(known, [spot.mean for spot in known])
    correlation = leaving_models_out(spearman, x, y, models, bounded=True)
    these = f"{count(len(parts))} parts and {models_said(len(study.models))}"
    return (
        f"In these runs, over {these} by {words(name)} ({count(len(known))} points"
        f"{dropped if left_out else ''}), accuracy and AUROC (averaged over methods) have a rank "
        f"correlation of {in_units(correlation)}"
        f"{f' ({correlation.note})' if correlation.note else ''}."
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
    for name in ("mean of methods", *study.estimators):
        own = [spot.mean if name == "mean of methods" else spot.by_method[name] for spot in spots]
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
    rows = []
    for part, members in parts.items():
        own = [spot for spot in spots if spot.part == part]
        pooled = {
            "accuracy": [spot.accuracy for spot in own],
            "auroc": [spot.mean for spot in own],
            "accuracy_change": [accuracy_change(study, s.model, members) for s in own],
            "shift": _averaged(study, relative_change, members),
            "collapse_auroc": _averaged(study, collapse_detection, members),
            "beyond_null": _averaged(study, collapse_beyond_null, members),
        }
        intervals = {
            key: value
            for name, effects in pooled.items()
            for key, value in cells(name, pool(effects, study.clusters).mean).items()
        }
        rows.append({"part": visible(part), "questions": int(members.sum()), **intervals})
    return frame(rows)


def _averaged(study: Study, of: OfMethod, members: BoolArray) -> list[Effect]:
    """Each model's mean over methods on one part."""
    return [
        average([of(study, model, name, members) for name in study.estimators])
        for model in range(len(study.models))
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
