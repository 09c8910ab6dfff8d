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
        condition: How the data was put.
        columns: Metrics.
        rows: The highest AUROC first, those without one last.
        explained: Pairs of a metric in words and what it says.
    """

    title: str
    condition: str
    columns: tuple[str, ...]
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
    return tuple(
        table
        for condition in ordered
        for table in _tables([f for f in own if f.estimate.condition == condition], rank)
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
    by_row: dict[str, dict[str, Finding]] = {}
    for finding in own:
        if finding.estimate.metric in columns:
            by_row.setdefault(finding.place.detail, {})[finding.estimate.metric] = finding
    # sorting is stable: estimators without a rank, and what was made of one, keep their order
    ordered = sorted(
        by_row.items(), key=lambda item: -rank.get(next(iter(item[1].values())).estimator, -1.0)
    )
    return EstimatorTable(
        title=title,
        condition=some.condition,
        columns=columns,
        rows=tuple(
            EstimatorRow(
                name=wording.detail_name(detail),
                code=next(iter(values.values())).estimator,
                values=tuple(values.get(metric) for metric in columns),
            )
            for detail, values in ordered
        ),
        explained=tuple(
            (wording.metric_name(metric, some.task), EXPLAINED[metric])
            for metric in columns
            if metric in EXPLAINED
        ),
    )
