"""The forest plot: intervals of the leading numbers on one axis, blind baselines as ticks.

An abstention has how often ordinary questions were refused as its tick. Differences, which can lie
left of 0, are no part of it. Only places on the axis are computed here; the page draws them as SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.core.records import Estimate
from medtrust.report import names, wording
from medtrust.report.companions import ABSTENTION, OVER_REFUSAL
from medtrust.report.tables import Headline, several_tasks

TICKS: Final = (0, 25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Mark:
    """A baseline on the axis, in percent from the left end."""

    at: float
    name: str
    value: str
    n: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the plot, places in percent from the left end.

    Attributes:
        low: Left end of the interval, or None when there is none.
        blind: What never looking, or guessing, reaches.
        twin: What an abstention must be more frequent than, or None.
    """

    label: str
    reading: str
    main: Estimate
    at: float
    low: float | None
    high: float | None
    blind: tuple[Mark, ...]
    blank: Mark | None
    twin: Mark | None = None

    @property
    def said(self) -> str:
        """The line in words, for those who do not see it."""
        marks = (*self.blind, self.blank, self.twin)
        told = [f"{mark.name} {mark.value}, n = {mark.n}" for mark in marks if mark]
        value = wording.value_with_interval(self.main)
        return "; ".join([f"{self.label}: {value}, n = {wording.count(self.main.n)}", *told])


def forest(rows: Sequence[Headline], *, with_task: bool | None = None) -> list[Bar]:
    """Lines of the plot for the rows that have a fraction to show.

    Args:
        rows: Of the first table.
        with_task: Whether labels name the task; None for where rows are of several.
    """
    with_task = several_tasks(rows) if with_task is None else with_task
    return [
        _bar(row, row.name(with_task=with_task))
        for row in rows
        if wording.shown(row.main)
        and row.main.unit == "fraction"
        and not wording.is_signed(row.main.metric)
        and not wording.is_decimal(row.main.metric)
        and row.main.metric not in names.DISTANCES
    ]


def _bar(row: Headline, label: str) -> Bar:
    blank = row.blank
    twin = row.companion(OVER_REFUSAL) if row.main.metric == ABSTENTION else None
    marks = [
        _mark(blind.estimate, f"{blind.what} ({blind.kind})" if blind.kind else blind.what)
        for blind in row.blind
    ]
    if row.guessing is not None:
        marks.append(_named(row.guessing))
    return _line(
        label,
        row.main,
        tuple(marks),
        _mark(blank, "image blanked") if blank is not None and wording.shown(blank) else None,
        None if twin is None else _named(twin),
    )


def _line(
    label: str,
    main: Estimate,
    marks: tuple[Mark, ...],
    blank: Mark | None = None,
    twin: Mark | None = None,
) -> Bar:
    return Bar(
        label=label,
        reading=main.reading,
        main=main,
        at=_place(main.value),
        low=None if main.low is None else _place(main.low),
        high=None if main.high is None else _place(main.high),
        blind=marks,
        blank=blank,
        twin=twin,
    )


def group_bar(label: str, main: Estimate, majority: Estimate | None) -> Bar:
    """One line for a group of patients, with its own majority baseline."""
    marks = () if majority is None else (_mark(majority, "always the commonest answer"),)
    return _line(label, main, marks)


def _named(estimate: Estimate) -> Mark:
    return _mark(estimate, wording.metric_name(estimate.metric, estimate.task))


def _mark(estimate: Estimate, name: str) -> Mark:
    return Mark(_place(estimate.value), name, wording.value(estimate), wording.count(estimate.n))


def _place(value: float | None) -> float:
    return round(100 * min(1.0, max(0.0, value or 0.0)), 3)
