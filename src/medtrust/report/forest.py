"""The forest plot: intervals of the leading numbers on one axis, blind baselines as ticks.

Only places on the axis are computed here; the page draws them as SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.tables import Headline

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
    """

    label: str
    reading: str
    main: Estimate
    at: float
    low: float | None
    high: float | None
    blind: tuple[Mark, ...]
    blank: Mark | None

    @property
    def said(self) -> str:
        """The line in words, for those who do not see it."""
        marks = [*self.blind, *((self.blank,) if self.blank else ())]
        told = [f"{mark.name} {mark.value}, n = {mark.n}" for mark in marks]
        value = wording.value_with_interval(self.main)
        return "; ".join([f"{self.label}: {value}, n = {wording.count(self.main.n)}", *told])


def forest(rows: Sequence[Headline]) -> list[Bar]:
    """Lines of the plot for the rows that have a fraction to show."""
    return [_bar(row) for row in rows if wording.shown(row.main) and row.main.unit == "fraction"]


def _bar(row: Headline) -> Bar:
    blank = row.blank if wording.shown(row.blank) else None
    marks = tuple(
        _mark(blind.estimate, f"{blind.what} ({blind.kind})" if blind.kind else blind.what)
        for blind in row.blind
    )
    return _line(
        row.place.name, row.main, marks, None if blank is None else _mark(blank, "image blanked")
    )


def _line(label: str, main: Estimate, marks: tuple[Mark, ...], blank: Mark | None) -> Bar:
    return Bar(
        label=label,
        reading=main.reading,
        main=main,
        at=_place(main.value),
        low=None if main.low is None else _place(main.low),
        high=None if main.high is None else _place(main.high),
        blind=marks,
        blank=blank,
    )


def group_bar(label: str, main: Estimate, majority: Estimate | None) -> Bar:
    """One line for a group of patients, with its own majority baseline."""
    marks = () if majority is None else (_mark(majority, "always the commonest answer"),)
    return _line(label, main, marks, None)


def _mark(estimate: Estimate, name: str) -> Mark:
    return Mark(_place(estimate.value), name, wording.value(estimate), wording.count(estimate.n))


def _place(value: float | None) -> float:
    return round(100 * min(1.0, max(0.0, value or 0.0)), 3)
