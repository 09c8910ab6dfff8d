"""The first table of the page: one for each task and metric, readings side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.report import wording
from medtrust.report.companions import COMPANIONS
from medtrust.report.findings import Place
from medtrust.report.tables import Headline

OFFICIAL: Final = "official"
CORRECTED: Final = "corrected"


@dataclass(frozen=True, slots=True)
class TopRow:
    """One row of the page's first table: a part of the data in every reading."""

    place: Place
    lead: Headline
    by_reading: tuple[Headline | None, ...]


@dataclass(frozen=True, slots=True)
class TopTable:
    """The first table of one task and metric.

    Attributes:
        comparable: Readings with whether they may stand beside published numbers.
    """

    task: str
    version: int
    metric: str
    prompts: str
    condition: str
    readings: tuple[str, ...]
    rows: tuple[TopRow, ...]
    comparable: tuple[tuple[str, str], ...]

    @property
    def companions(self) -> tuple[str, ...]:
        """Metrics that must stand beside this one; empty for those that baselines stand beside."""
        return COMPANIONS.get(self.metric, ())

    @property
    def has_blank(self) -> bool:
        """Whether there is anything to say about blanked images."""
        blanks = any(wording.shown(row.lead.blank) for row in self.rows)
        return blanks or not self.companions

    @property
    def has_values(self) -> bool:
        """Whether any row has a number to show."""
        found = (row for top in self.rows for row in top.by_reading)
        return any(row is not None and wording.shown(row.main) for row in found)


def top_tables(rows: Sequence[Headline]) -> list[TopTable]:
    """The first table, readings side by side."""
    tables: dict[tuple[str, str, str], list[Headline]] = {}
    for row in rows:
        key = (row.main.task, row.main.metric, row.main.condition)
        tables.setdefault(key, []).append(row)
    return [_top_table(own) for own in tables.values()]


def _top_table(own: Sequence[Headline]) -> TopTable:
    main = own[0].main
    readings = in_order({row.main.reading for row in own})
    by_place: dict[Place, dict[str, Headline]] = {}
    for row in own:
        by_place.setdefault(row.place, {})[row.main.reading] = row
    return TopTable(
        task=main.task,
        version=main.version,
        metric=main.metric,
        prompts=main.prompts,
        condition=main.condition,
        readings=readings,
        rows=tuple(
            TopRow(
                place,
                next(found[reading] for reading in readings if reading in found),
                tuple(found.get(reading) for reading in readings),
            )
            for place, found in by_place.items()
        ),
        comparable=tuple(dict.fromkeys((row.main.reading, row.main.comparable) for row in own)),
    )


def in_order(readings: Iterable[str]) -> tuple[str, ...]:
    """Readings with the corrected one first and the official one second."""
    order = {CORRECTED: 0, OFFICIAL: 1}
    return tuple(sorted(readings, key=lambda name: (order.get(name, 2), name)))
