"""The first table of the page: one for each task and metric, readings side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.companions import (
    ONE_COLUMN,
    companions_of,
    has_companions,
    needed,
)
from medtrust.report.findings import Place
from medtrust.report.tables import Headline
from medtrust.report.uncertainty_names import TASK

OFFICIAL: Final = "official"
CORRECTED: Final = "corrected"


@dataclass(frozen=True, slots=True)
class TopRow:
    """One row of the page's first table: a part of the data under a condition, in every reading."""

    place: Place
    condition: str
    lead: Headline
    by_reading: tuple[Headline | None, ...]

    def first_of(self, metrics: Iterable[str]) -> Estimate | None:
        """The first of several companions that the row has."""
        found = (self.lead.companion(metric) for metric in metrics)
        return next((estimate for estimate in found if estimate is not None), None)

    def unsaid(self, metrics: Iterable[str]) -> Estimate | None:
        """The first companion that has no number, and a reason that must be read."""
        return next(
            (
                estimate
                for estimate in self.lead.beside
                if estimate.metric in metrics and wording.not_said(estimate) != wording.NOTHING
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class TopTable:
    """The first table of one task and metric.

    Attributes:
        condition: That of all rows; empty where rows differ in it.
        by_condition: Rows differ in their condition.
        direction: Which way is better, in words, or empty.
        comparable: Readings, with the rows meant where they differ, and whether they may stand
            beside published numbers.
        repeats: A table above says the same of the same answers.
    """

    task: str
    version: int
    metric: str
    prompts: str
    condition: str
    by_condition: bool
    direction: str
    readings: tuple[str, ...]
    rows: tuple[TopRow, ...]
    comparable: tuple[tuple[str, str], ...]
    repeats: bool = False

    @property
    def has_companions(self) -> bool:
        """Whether companions stand beside the numbers, not baselines that never look."""
        return has_companions(self.task, self.metric)

    @property
    def companions(self) -> tuple[str, ...]:
        """Metrics that stand beside this one: those it needs, and what else was measured."""
        must = needed(self.task, self.metric)
        return tuple(
            metric
            for metric in companions_of(self.task, self.metric)
            if metric in must
            or any(row.lead.companion(metric) or row.unsaid((metric,)) for row in self.rows)
        )

    @property
    def columns(self) -> list[tuple[str, tuple[str, ...]]]:
        """Columns of companions: heading, and the metrics of which each row shows the first."""
        found: dict[str, tuple[str, ...]] = {}
        for metric in self.companions:
            shared = next((head for head, own in ONE_COLUMN.items() if metric in own), "")
            head = shared or wording.metric_name(metric, self.task)
            found[head] = (*found.get(head, ()), metric)
        return list(found.items())

    @property
    def has_blank(self) -> bool:
        """Whether there is anything to say about blanked images."""
        blanks = any(wording.shown(row.lead.blank) for row in self.rows)
        return blanks or not self.has_companions

    @property
    def width(self) -> int:
        """Number of columns on the page."""
        beside, counts = (len(self.columns), 1) if self.has_companions else (1, 3)
        return 1 + len(self.readings) + beside + self.has_blank + counts

    @property
    def has_values(self) -> bool:
        """Whether any row has a number to show."""
        found = (row for top in self.rows for row in top.by_reading)
        return any(row is not None and _says_something(row.main) for row in found)


def top_tables(rows: Sequence[Headline]) -> list[TopTable]:
    """The first table of each task and metric: readings side by side, conditions in rows."""
    tables: dict[tuple[str, str], list[Headline]] = {}
    for row in rows:
        tables.setdefault((row.main.task, row.main.metric), []).append(row)
    made: list[TopTable] = []
    for own in tables.values():
        table = _top_table(own)
        above = any((t.task, t.comparable) == (TASK, table.comparable) for t in made)
        made.append(replace(table, repeats=above and table.task == TASK))
    return made


def _says_something(estimate: Estimate) -> bool:
    return wording.shown(estimate) or (
        estimate.n > 0 and wording.not_said(estimate) != wording.NOTHING
    )


def _top_table(own: Sequence[Headline]) -> TopTable:
    main = own[0].main
    readings = in_order({row.main.reading for row in own})
    by_place: dict[Place, dict[str, dict[str, Headline]]] = {}
    for row in own:
        here = by_place.setdefault(row.place, {}).setdefault(row.main.condition, {})
        here[row.main.reading] = row
    by_condition = len({row.main.condition for row in own}) > 1
    return TopTable(
        task=main.task,
        version=main.version,
        metric=main.metric,
        prompts=main.prompts,
        condition="" if by_condition else main.condition,
        by_condition=by_condition,
        direction=wording.direction(main),
        readings=readings,
        rows=tuple(
            TopRow(
                place,
                condition,
                next(found[reading] for reading in readings if reading in found),
                tuple(found.get(reading) for reading in readings),
            )
            for place, conditions in by_place.items()
            for condition, found in conditions.items()
        ),
        comparable=tuple(
            (f"{reading} reading{f' ({about})' if about else ''}", said)
            for reading in readings
            for about, said in may_stand([row for row in own if row.main.reading == reading])
        ),
    )


def may_stand(rows: Sequence[Headline]) -> list[tuple[str, str]]:
    """Whether rows may stand beside published numbers: what most of them say first.

    Returns:
        Pairs of the rows meant, empty for all that are not named, and what is said of them.
    """
    said: dict[str, list[Headline]] = {}
    for row in rows:
        said.setdefault(row.main.comparable, []).append(row)
    usual, *others = sorted(said, key=lambda text: -len(said[text]))
    return [("", usual), *((_about(said[text], rows), text) for text in others)]


def _about(some: Sequence[Headline], rows: Sequence[Headline]) -> str:
    """What tells some rows from the others: their conditions, else their part of the data."""
    others = {row.main.condition for row in rows if row not in some}
    conditions = dict.fromkeys(row.main.condition for row in some)
    names = (
        dict.fromkeys(row.place.name for row in some)
        if others & set(conditions)
        else [wording.condition_name(condition) for condition in conditions]
    )
    return "; ".join(names)


def in_order(readings: Iterable[str]) -> tuple[str, ...]:
    """Readings with the corrected one first and the official one second."""
    order = {CORRECTED: 0, OFFICIAL: 1}
    return tuple(sorted(readings, key=lambda name: (order.get(name, 2), name)))
