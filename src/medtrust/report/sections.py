"""The chapters of a report: one per task and part of the data on the first table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.estimator_tables import EstimatorTable, estimator_tables
from medtrust.report.findings import Finding, Place, first
from medtrust.report.leads import PRIMARY, leading
from medtrust.report.tables import BLIND, Headline, by_task, headline_row, headline_rows
from medtrust.report.top_tables import CORRECTED, in_order

_GAP: Final = ("accuracy_gap", "judge_score_gap")
_STANDARDISED: Final = ("accuracy_gap_standardised", "judge_score_gap_standardised")
_DIFFERENCE: Final = ("accuracy_difference", "judge_score_difference")


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric under one condition, in every reading.

    Attributes:
        name: The metric, and what sets it apart, in words.
        by_reading: A finding, or None, for each reading of the chapter.
    """

    name: str
    condition: str
    by_reading: tuple[Finding | None, ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of patients: its value and what never looking would reach."""

    name: str
    main: Estimate
    majority: Estimate | None

    @property
    def too_few(self) -> bool:
        """Fewer samples than a number should be given for."""
        return self.main.n < wording.TOO_FEW


@dataclass(frozen=True, slots=True)
class GroupTable:
    """All groups of one patient attribute in one reading, with the gap between them.

    Attributes:
        metric: Of the rows.
        others: All other numbers about the attribute.
    """

    attribute: str
    metric: str
    reading: str
    rows: tuple[GroupRow, ...]
    gap: Finding | None
    standardised: Finding | None
    difference: Finding | None
    others: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Extremes:
    """The worst and the best group of one patient attribute, among those with enough samples."""

    place: Place
    table: GroupTable
    worst: GroupRow
    best: GroupRow


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The leading number for each value of one property of the case.

    Attributes:
        about: Whose number it is, where one estimator's is broken down; else empty.
    """

    stratum: str
    rows: tuple[Headline, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Everything about one task and one part of the data.

    Attributes:
        readings: In the order corrected, official, others.
        metrics: Clean condition first.
        statuses: The leading number under each condition and reading, for its counts.
        estimators: Numbers that belong to one estimator of uncertainty each.
    """

    task: str
    version: int
    prompts: str
    place: Place
    readings: tuple[str, ...]
    metrics: tuple[MetricRow, ...]
    groups: tuple[GroupTable, ...]
    statuses: tuple[Estimate, ...]
    breakdowns: tuple[Breakdown, ...]
    estimators: tuple[EstimatorTable, ...] = ()


def chapters(findings: Sequence[Finding]) -> list[Chapter]:
    """Chapters in the order of the first table."""
    found = []
    for own in by_task(findings):
        tops = dict.fromkeys(
            replace(row.place, attribute="", group="", detail="") for row in headline_rows(own)
        )
        found += [_chapter(place, own, set(tops)) for place in tops]
    return found


def extremes(found: Sequence[Chapter]) -> list[Extremes]:
    """Worst and best groups of each chapter in its first reading, about all data if there is such.

    Attributes with fewer than two groups of enough samples are left out.
    """
    whole = {chapter.task for chapter in found if not chapter.place.strata}
    rows = []
    for chapter in found:
        if chapter.place.strata and chapter.task in whole:
            continue
        for table in chapter.groups:
            enough = [row for row in table.rows if not row.too_few and wording.shown(row.main)]
            if table.reading == chapter.readings[0] and len(enough) > 1:
                ranked = sorted(enough, key=lambda row: row.main.value or 0.0)
                rows.append(Extremes(chapter.place, table, ranked[0], ranked[-1]))
    return rows


def _chapter(place: Place, own: Sequence[Finding], tops: set[Place]) -> Chapter:
    here = [finding for finding in own if finding.place.strata == place.strata]
    everybody = [finding for finding in here if not finding.place.attribute]
    readings = in_order({finding.estimate.reading for finding in here})
    some = here[0].estimate
    return Chapter(
        task=some.task,
        version=some.version,
        prompts=some.prompts,
        place=place,
        readings=readings,
        metrics=_metric_rows([f for f in everybody if not f.place.of_estimator], readings),
        groups=_group_tables(here, readings),
        statuses=_statuses(here),
        breakdowns=() if place.strata else _breakdowns(own, tops),
        estimators=estimator_tables(everybody, readings[0]),
    )


def _statuses(here: Sequence[Finding]) -> tuple[Estimate, ...]:
    """The leading numbers, once where several are about the same answers."""
    leads = {finding.estimate.metric for finding in leading(here)}
    own = [
        finding.estimate
        for finding in here
        if finding.estimate.metric in leads
        and not (finding.place.kind or finding.place.detail or finding.place.group)
    ]
    found: dict[tuple[object, ...], Estimate] = {}
    for estimate in own:
        key = (estimate.metric, estimate.reading, estimate.condition, str(estimate.counts))
        found.setdefault(key, estimate)
    return tuple(found.values())


def _metric_rows(findings: Sequence[Finding], readings: tuple[str, ...]) -> tuple[MetricRow, ...]:
    task = findings[0].estimate.task if findings else ""
    rows: dict[tuple[str, str, Place], dict[str, Finding]] = {}
    for finding in findings:
        estimate = finding.estimate
        key = (estimate.condition, estimate.metric, finding.place)
        rows.setdefault(key, {})[estimate.reading] = finding
    # what chance and other words explain stands above the shares that look like more
    ordered = sorted(
        rows.items(), key=lambda item: (item[0][0] != CLEAN, item[0][1].startswith("quadrant_"))
    )
    return tuple(
        MetricRow(
            name=_metric_row_name(metric, place, task),
            condition=condition,
            by_reading=tuple(by_reading.get(reading) for reading in readings),
        )
        for (condition, metric, place), by_reading in ordered
    )


def _metric_row_name(metric: str, place: Place, task: str) -> str:
    told = [
        *([wording.kind_name(place.kind)] if place.kind else []),
        *([wording.detail_name(place.detail)] if place.detail else []),
    ]
    name = wording.metric_name(metric, task)
    return f"{name}, {', '.join(told)}" if told else name


def _group_tables(here: Sequence[Finding], readings: tuple[str, ...]) -> tuple[GroupTable, ...]:
    tables = []
    for reading in readings:
        own = [
            finding
            for finding in here
            if finding.place.attribute
            and finding.estimate.reading == reading
            and finding.estimate.condition == CLEAN
        ]
        attributes = dict.fromkeys(finding.place.attribute for finding in own)
        tables += [
            _group_table([f for f in own if f.place.attribute == attribute], attribute, reading)
            for attribute in attributes
        ]
    return tuple(tables)


def _group_table(own: Sequence[Finding], attribute: str, reading: str) -> GroupTable:
    metric = _metric_of_groups(own)
    by_group: dict[str, list[Finding]] = {}
    for finding in own:
        if finding.place.group and finding.estimate.metric in {metric, *BLIND}:
            by_group.setdefault(finding.place.group, []).append(finding)
    rows = [_group_row(name, metric, found) for name, found in by_group.items()]
    gap, standardised, difference = (
        next((f for f in own if f.estimate.metric in names), None)
        for names in (_GAP, _STANDARDISED, _DIFFERENCE)
    )
    used = [f for found in by_group.values() for f in found]
    return GroupTable(
        attribute=attribute,
        metric=metric,
        reading=reading,
        rows=tuple(sorted((row for row in rows if row), key=lambda row: wording.natural(row.name))),
        gap=gap,
        standardised=standardised,
        difference=difference,
        others=tuple(f for f in own if f not in (*used, gap, standardised, difference)),
    )


def _metric_of_groups(own: Sequence[Finding]) -> str:
    """What groups are compared in; of unknown numbers the first about one group."""
    found = dict.fromkeys(f.estimate.metric for f in own if f.place.group)
    known = [metric for metric in PRIMARY if metric in found]
    others = [metric for metric in found if metric not in {*BLIND, *_DIFFERENCE}]
    return next(iter([*known, *others]), "")


def _group_row(name: str, metric: str, found: Sequence[Finding]) -> GroupRow | None:
    main = first(found, metric=metric)
    if main is None:
        return None
    return GroupRow(wording.visible(name), main, first(found, metric="majority_baseline"))


def _breakdowns(own: Sequence[Finding], tops: set[Place]) -> tuple[Breakdown, ...]:
    """The strata that have no chapter of their own, in the corrected reading."""
    everybody = [f for f in own if not f.place.attribute and f.estimate.reading == CORRECTED]
    tables: dict[tuple[str, str], list[Headline]] = {}
    for lead in leading(everybody):
        bare = replace(lead.place, detail="")
        if bare not in tops and len(lead.place.strata) == 1:
            same = [f for f in everybody if f.place.strata == lead.place.strata]
            key = (lead.place.strata[0][0], _about(lead))
            tables.setdefault(key, []).append(headline_row(lead, same))
    return tuple(
        Breakdown(
            stratum,
            tuple(sorted(rows, key=lambda row: wording.natural(row.place.strata[0][1]))),
            about,
        )
        for (stratum, about), rows in tables.items()
    )


def _about(lead: Finding) -> str:
    """The metric and the estimator of a number that belongs to one."""
    if not lead.place.of_estimator:
        return ""
    metric = wording.metric_name(lead.estimate.metric, lead.estimate.task)
    return f"{metric}, {wording.detail_name(lead.place.detail)}"
