"""Every model's accuracy and every method's AUROC: what the first finding is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medtrust.core.conditions import CLEAN
from medtrust.report.figures import Axis, Line, Point, scatter
from medtrust.report.study.effects import Effect, accuracy, error_detection
from medtrust.report.study.naming import named
from medtrust.report.study.reading import Study
from medtrust.report.wording import count


@dataclass(frozen=True)
class Grid:
    """Every model's accuracy and every method's AUROC."""

    accuracy: tuple[Effect, ...]
    cells: Mapping[tuple[int, str], Effect]

    @property
    def known(self) -> list[tuple[int, str]]:
        """Model and method of every AUROC that there is."""
        return [key for key, effect in self.cells.items() if effect.value is not None]

    def copies(self, estimators: Sequence[str]) -> dict[str, str]:
        """Methods that rank every model's answers just as an earlier one does, and which."""
        first: dict[bytes, str] = {}
        found = {}
        for name in estimators:
            own = [self.cells[model, name] for model in range(len(self.accuracy))]
            if all(effect.value is None for effect in own):
                continue
            table = np.array([[effect.value or 0.0, *effect.influence] for effect in own])
            key = np.round(table, 12).tobytes()
            if first.setdefault(key, name) != name:
                found[name] = first[key]
        return found


def grid_of(study: Study) -> Grid:
    """All AUROCs of a study, over all questions."""
    every = np.ones(len(study.samples), dtype=np.bool_)
    models = range(len(study.models))
    return Grid(
        tuple(accuracy(study, model, CLEAN, every) for model in models),
        {
            (model, name): error_detection(study, model, name, every)
            for model in models
            for name in study.estimators
        },
    )


def figure_of(study: Study, grid: Grid) -> str:
    """Accuracy against AUROC as SVG, one point for each model and method."""
    points = []
    for model, name in grid.known:
        interval = grid.cells[model, name].interval
        x = grid.accuracy[model].interval
        assert interval.value is not None  # noqa: S101 - `known` says so
        assert x.value is not None  # noqa: S101 - an AUROC needs answers
        points.append(
            Point(
                x.value, interval.value, interval.low, interval.high,
                label=f"{study.models[model]}, {named(name)}", n=interval.n,
                group=study.models[model],
            )
        )  # fmt: skip
    ends = [point.x for point in points] or [0.0]
    chance_line = Line("chance", (Point(min(ends), 0.5), Point(max(ends), 0.5)), "dotted")
    return scatter(
        points,
        title="Accuracy against AUROC of error detection",
        x=Axis("accuracy on the plain question"),
        y=Axis("AUROC", low=0.4, unit="number"),
        lines=(chance_line,),
        labels=False,
        note=f"One point for each model and method, {count(len(points))} in all; cells with fewer "
        "than 20 errors or right answers are left out.",
    )
