"""Numbers of many estimators: one table for each question, one row for each estimator.

An estimator is no part of the data: its numbers stand neither among groups of patients nor in the
list of all metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.report import wording
from medtrust.report.findings import Finding
from medtrust.report.uncertainty_names import (
    CALIBRATED,
    EXPLAINED,
    FAMILIES,
    OF_VALUES,
)

RANKED_BY: Final = "error_auroc"
_OTHERS: Final = "Other numbers"
_RECALIBRATED: Final = "Once made a probability on other answers, is it as sure as it is right?"


@dataclass(frozen=True, slots=True)
class EstimatorRow:
    """One estimator.

    Attributes:
        name: In words.
        code: As it is called in the files.
        values: A finding, or None, for each column.
    """

    name: str
    code: str
    values: tuple[Finding | None, ...]


@dataclass(frozen=True, slots=True)
class EstimatorTable:
    """What several estimators have for one question.

    Attributes:
        title: The question.
        asked: How the questions were put, in words.
        headings: Of the columns, in words.
        rows: The highest AUROC first, those without one last.
        explained: Pairs of a metric in words and what it says.
    """

    title: str
    asked: str
    headings: tuple[str, ...]
    rows: tuple[EstimatorRow, ...]
    explained: tuple[tuple[str, str], ...]


def estimator_tables(findings: Sequence[Finding], reading: str) -> tuple[EstimatorTable, ...]:
    """Tables of one part of the data, the plain question first.

    Args:
        findings: About everybody, of one task and part of the data.
        reading: The reading whose numbers are shown.
    """
    own = [f for f in findings if f.place.of_estimator and f.estimate.reading == reading]
    conditions = dict.fromkeys(f.estimate.condition for f in own)
    ordered = sorted(conditions, key=lambda condition: condition != CLEAN)
    rank = {
        f.estimator: f.estimate.value or 0.0
        for f in own
        if f.estimate.metric == RANKED_BY
        and f.estimate.condition == CLEAN
        and wording.shown(f.estimate)
    }
    lone = _alone(own)
    return tuple(
        table
        for condition in ordered
        for table in _tables(
            [f for f in own if f.estimate.condition == condition and f not in lone], rank
        )
    ) + tuple(_by_condition(lone, rank))


def _alone(own: Sequence[Finding]) -> list[Finding]:
    """Numbers that are the only one their condition has; several such conditions share a table."""
    metrics: dict[str, set[str]] = {}
    for finding in own:
        metrics.setdefault(finding.estimate.condition, set()).add(finding.estimate.metric)
    alone = {c: next(iter(found)) for c, found in metrics.items() if c != CLEAN and len(found) == 1}
    several = {metric for metric in alone.values() if list(alone.values()).count(metric) > 1}
    return [f for f in own if alone.get(f.estimate.condition) in several]


def _by_condition(lone: Sequence[Finding], rank: dict[str, float]) -> Iterator[EstimatorTable]:
    """One metric under several conditions, each a column."""
    for metric in dict.fromkeys(f.estimate.metric for f in lone):
        own = [f for f in lone if f.estimate.metric == metric]
        conditions = tuple(dict.fromkeys(f.estimate.condition for f in own))
        titles = (title for title, metrics in FAMILIES.items() if metric in metrics)
        name = wording.metric_name(metric, own[0].estimate.task)
        yield EstimatorTable(
            title=next(titles, _OTHERS),
            asked=f"{name}, by how the question was asked otherwise",
            headings=tuple(wording.condition_name(condition) for condition in conditions),
            rows=_rows(conditions, [(f, f.estimate.condition) for f in own], rank),
            explained=_explained((metric,), own[0].estimate.task),
        )


def _tables(own: Sequence[Finding], rank: dict[str, float]) -> Iterator[EstimatorTable]:
    made = [f for f in own if f"{CALIBRATED}=" in f.place.detail]
    yield from _families([f for f in own if f not in made], rank)
    for table in _families(made, rank):
        yield replace(table, title=_RECALIBRATED)


def _families(own: Sequence[Finding], rank: dict[str, float]) -> Iterator[EstimatorTable]:
    found = dict.fromkeys(f.estimate.metric for f in own)
    known = {metric for metrics in FAMILIES.values() for metric in metrics}
    families = {**FAMILIES, _OTHERS: tuple(metric for metric in found if metric not in known)}
    for title, metrics in families.items():
        columns = tuple(metric for metric in metrics if metric in found)
        if columns:
            yield _table(title, columns, own, rank)


def _table(
    title: str, columns: tuple[str, ...], own: Sequence[Finding], rank: dict[str, float]
) -> EstimatorTable:
    some = own[0].estimate
    asked = wording.condition_name(some.condition)
    return EstimatorTable(
        title=title,
        asked=f"asked with {asked}" if some.condition else f"asked {asked}",
        headings=tuple(wording.metric_name(metric, some.task) for metric in columns),
        rows=_rows(columns, [(f, f.estimate.metric) for f in own], rank),
        explained=_explained(columns, some.task),
    )


def _rows(
    columns: tuple[str, ...], own: Sequence[tuple[Finding, str]], rank: dict[str, float]
) -> tuple[EstimatorRow, ...]:
    """Rows of findings that each belong into a column."""
    of_value = any(f.estimate.metric in OF_VALUES for f, column in own if column in columns)
    by_row: dict[str, dict[str, Finding]] = {}
    for finding, column in own:
        if column in columns:
            by_row.setdefault(finding.place.detail, {})[column] = finding
    rows = [
        EstimatorRow(
            name=wording.detail_name(detail, of_value=of_value),
            code=next(iter(values.values())).estimator,
            values=tuple(values.get(column) for column in columns),
        )
        for detail, values in by_row.items()
    ]
    # sorting is stable: estimators without a rank keep their order
    return tuple(sorted(rows, key=lambda row: -rank.get(row.code, -1.0)))


def _explained(metrics: tuple[str, ...], task: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (wording.metric_name(metric, task), EXPLAINED[metric])
        for metric in metrics
        if metric in EXPLAINED
    )
