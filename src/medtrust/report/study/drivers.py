"""First finding: does the quality of uncertainty follow the accuracy, the method, or nothing?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import ShapeError
from medtrust.metrics.intervals import Interval
from medtrust.metrics.random_effects import MIN_MODELS, Component
from medtrust.metrics.ranking import auroc_cap
from medtrust.metrics.ranking_intervals import auroc_covariance
from medtrust.metrics.two_way_effects import TwoWay, plain_shares, two_way_effects
from medtrust.report.study.finding import Finding, cells, frame
from medtrust.report.study.grid import Grid, figure_of, grid_of
from medtrust.report.study.naming import methods_said, models_said, named
from medtrust.report.study.pooling import chance, in_points, pool
from medtrust.report.study.reading import Study
from medtrust.report.wording import count, percent
from medtrust.suites.clinical_ue.estimated import ENOUGH

QUESTION: Final = "Does the AUROC of error detection follow the model's accuracy, or the method?"
SIGNIFICANT: Final = 0.05
_STEP: Final = 0.1
"""Slopes are told per ten points of accuracy."""

_SOURCES: Final = {
    "covariate": "the model's accuracy",
    "rows": "the model beyond its accuracy",
    "columns": "the method",
    "interaction": "model and method together",
}


_CAPTIONS: Final = {
    "error_detection": "AUROC of each method for each model's errors, among answers that were "
    "read. Accuracy: over all questions asked; errors: wrong answers among n; AUROC cap: what a "
    "perfect method would reach if right answers are known or guessed.",
    "sources": "Where the differences of the AUROCs come from. Deviation: standard deviation of "
    "true values in AUROC, sampling errors taken out; p: of no such difference; p (Holm): the same "
    "corrected for asking three things at once; share of true: share of the true variance; share "
    "if plain: the share by a plain analysis of variance, which takes sampling errors for effects.",
    "methods": "Each method over the models that have it (models). Mean AUROC, the smallest "
    "(least) and the largest of a model; its change per ten points of accuracy with the p of no "
    "change; between models: standard deviation of true values.",
}


def drivers(study: Study) -> Finding:
    """What the AUROC of error detection follows."""
    grid = grid_of(study)
    tables = {"error_detection": _per_cell(study, grid)}
    captions = dict(_CAPTIONS)
    figures = {"accuracy_against_auroc": figure_of(study, grid)}
    found, remarks = _taken_apart(study, grid), _copies_said(study, grid)
    if found is None:
        sentence = _not_taken_apart(study, grid)
    else:
        two_way, plain = found
        tables["sources"] = _sources(two_way, plain)
        sentence = _verdict(study, grid, two_way)
        remarks += _remarks(grid, two_way, plain)
    tables["methods"] = _per_method(study, grid)
    return Finding(QUESTION, sentence, tuple(remarks), tables, captions, figures)


def _per_cell(study: Study, grid: Grid) -> pl.DataFrame:
    rows = []
    for (model, estimator), effect in grid.cells.items():
        interval = effect.interval
        read = study.answered(model, CLEAN)
        right = study.correct(model, CLEAN)[read]
        options = study.options[read]
        cap = auroc_cap(float(right.mean()), options) if right.size and options.min() > 1 else None
        rows.append(
            {
                "model": study.models[model], "estimator": estimator,
                **cells("accuracy", grid.accuracy[model].interval), **cells("auroc", interval),
                "n": interval.n, "errors": effect.positives, "auroc_cap": cap,
                "note": interval.note,
            }
        )  # fmt: skip
    return frame(rows)


def _taken_apart(study: Study, grid: Grid) -> tuple[TwoWay, dict[str, float]] | None:
    """AUROCs by model and method; None where there are too few of either to say anything."""
    copies = grid.copies(study.estimators)
    known = [(model, name) for model, name in grid.known if name not in copies]
    models = sorted({model for model, _ in known})
    estimators = [name for name in study.estimators if any(name == own for _, own in known)]
    if len(models) < MIN_MODELS or len(estimators) < 2:
        return None
    effects = [grid.cells[key] for key in known]
    rows = np.array([models.index(model) for model, _ in known])
    columns = np.array([estimators.index(name) for _, name in known])
    values = np.array([effect.value for effect in effects], dtype=np.float64)
    over = np.array([grid.accuracy[model].value for model in models], dtype=np.float64)
    covariance = auroc_covariance(np.array([e.influence for e in effects]), study.clusters)
    try:
        found = two_way_effects(
            values, covariance, rows=rows, columns=columns,
            covariate=over if float(np.ptp(over)) > 1e-9 else None,
        )  # fmt: skip
    except ShapeError:
        return None
    return found, plain_shares(values, rows=rows, columns=columns)


def _sources(found: TwoWay, plain: Mapping[str, float]) -> pl.DataFrame:
    shares, tests = found.shares(), found.tests()
    parts: dict[str, Component | None] = {
        "rows": found.rows.component,
        "columns": None if found.columns is None else found.columns.component,
        "interaction": found.interaction,
    }
    rows: list[dict[str, Any]] = []
    if found.rows.slope is not None:
        explained = found.covariate_variance
        rows.append(
            {
                "source": _SOURCES["covariate"],
                "deviation": None if explained is None else float(np.sqrt(explained)),
                "deviation_low": None, "deviation_high": None, "p": found.rows.slope_p,
                "p_holm": tests.get("covariate"), "share_of_true": shares.get("covariate"),
                "share_if_plain": None, "note": "by the slope",
            }
        )  # fmt: skip
    for name, component in parts.items():
        if component is None:
            continue
        rows.append(
            {
                "source": _SOURCES[name], **cells("deviation", component.deviation),
                "p": component.p_value, "p_holm": tests.get(name),
                "share_of_true": shares.get(name),
                "share_if_plain": plain.get("rest" if name == "interaction" else name),
                "note": component.variance.note,
            }
        )  # fmt: skip
    return frame(rows)


def _verdict(study: Study, grid: Grid, found: TwoWay) -> str:
    """Which source is seen, in one sentence."""
    tests = found.tests()
    seen = [name for name, p in tests.items() if p < SIGNIFICANT]
    shares = found.shares()
    seen.sort(key=lambda name: -shares.get(name, 0.0))
    these = _these(study, grid)
    slope = _slope_said(found)
    if not seen:
        return (
            f"{these} nothing is seen to drive the AUROC: {slope}, and {_methods_said(found)}, all "
            "within what sampling alone brings."
        )
    names = " and ".join(_SOURCES[name] for name in seen)
    unseen = [_SOURCES[name] for name in tests if name not in seen]
    rest = f"; beyond sampling nothing is seen of {' or of '.join(unseen)}" if unseen else ""
    return f"{these} the AUROC follows {names}: {slope}, and {_methods_said(found)}{rest}."


def _these(study: Study, grid: Grid) -> str:
    models = len({model for model, _ in grid.known})
    copies = grid.copies(study.estimators)
    methods = len({name for _, name in grid.known} - set(copies))
    return (
        f"In these runs ({models_said(models)}, {methods_said(methods)}, "
        f"{count(len(study.samples))} questions)"
    )


def _slope_said(found: TwoWay) -> str:
    slope = found.rows.slope
    if slope is None or slope.value is None:
        return "a slope over accuracy cannot be estimated"
    scaled = _scaled(slope)
    return (
        f"with ten points more accuracy it changes by {in_points(scaled, signed=True)} "
        f"({chance(found.rows.slope_p)})"
    )


def _scaled(slope: Interval) -> Interval:
    low = None if slope.low is None else slope.low * _STEP
    high = None if slope.high is None else slope.high * _STEP
    value = None if slope.value is None else slope.value * _STEP
    return Interval(value, low, high, slope.level, slope.method, slope.n, slope.n_clusters)


def _methods_said(found: TwoWay) -> str:
    if found.columns is None:
        return "there is one method only"
    component = found.columns.component
    if component.variance.value is None:
        many = len(found.column_means)
        if component.p_value is not None and component.p_value >= SIGNIFICANT:
            return f"the {count(many)} methods are not seen to differ ({chance(component.p_value)})"
        return (
            f"the {count(many)} methods differ ({chance(component.p_value)}), but are too few to "
            "say by how much methods do"
        )
    return (
        f"the methods differ by a standard deviation of {in_points(component.deviation)} "
        f"({chance(component.p_value)})"
    )


def _copies_said(study: Study, grid: Grid) -> list[str]:
    copies = grid.copies(study.estimators)
    if not copies:
        return []
    pairs = "; ".join(f"{named(name)} as {named(other)}" for name, other in copies.items())
    return [f"Methods that rank all answers alike count once: {pairs}."]


def _remarks(grid: Grid, found: TwoWay, plain: Mapping[str, float]) -> list[str]:
    remarks = []
    if plain:
        remarks.append(
            "A plain analysis of variance of the same table would give the model "
            f"{percent(plain['rows'])} and the method {percent(plain['columns'])} of the scatter. "
            "It knows of no sampling errors and gives these to somebody: mostly to the model, "
            "since all methods judge the same right and wrong answers of it, and err together."
        )
    errors = [e.interval for e in grid.accuracy if e.value is not None]
    values = np.array([interval.value for interval in errors], dtype=np.float64)
    if values.size >= MIN_MODELS and found.rows.slope is not None:
        halves = [
            (interval.high - interval.low) / 3.92
            for interval in errors
            if interval.low is not None and interval.high is not None
        ]
        share = float(np.mean(np.square(halves))) / float(values.var(ddof=1)) if halves else 0.0
        remarks.append(
            f"Accuracies lie between {percent(float(values.min()))} and "
            f"{percent(float(values.max()))}; their own sampling errors make up "
            f"{percent(min(share, 1.0))} of their scatter and flatten the slope by about that much."
        )
    remarks.append(
        "The cap of the AUROC follows from accuracy and option count, so it is shown beside and "
        "is not a second covariate: part of what accuracy does is that lucky guesses become rarer."
    )
    return remarks


def _not_taken_apart(study: Study, grid: Grid) -> str:
    if len(study.models) < 2:
        return (
            "One run cannot tell: whether the AUROC follows the accuracy or the method takes "
            "several models."
        )
    models = len({model for model, _ in grid.known})
    if models < MIN_MODELS:
        few = f"{'is' if models == 1 else 'are'} too few"
        asked = (
            f" ({count(len(study.models) - models)} more without {ENOUGH} errors and {ENOUGH} "
            "right answers)"
        )
        return (
            f"In these runs {models_said(models)}{asked if models < len(study.models) else ''} "
            f"{few} to tell what drives the AUROC, accuracy, model or method: that takes "
            f"{MIN_MODELS} or more. Each model's numbers are below."
        )
    return f"{_these(study, grid)} there are too few methods to take the AUROCs apart."


def _per_method(study: Study, grid: Grid) -> pl.DataFrame:
    over = [effect.value for effect in grid.accuracy]
    rows = []
    for name in study.estimators:
        effects = [grid.cells[model, name] for model in range(len(study.models))]
        alone = pool(effects, study.clusters)
        sloped = pool(effects, study.clusters, covariate=over).effects
        slope = None if sloped is None else sloped.slope
        empty = Interval(None, None, None, 0.95, "", 0, 0)
        rows.append(
            {
                "estimator": name, "models": alone.n_models, **cells("mean_auroc", alone.mean),
                "least": alone.least, "largest": alone.largest,
                **cells("change_per_ten_points", _scaled(slope) if slope else empty),
                "p": None if sloped is None else sloped.slope_p,
                **cells("between_models", alone.effects.component.deviation
                        if alone.effects else empty),
            }
        )  # fmt: skip
    return frame(rows)
