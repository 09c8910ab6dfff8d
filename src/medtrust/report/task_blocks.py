"""The results of a run, task by task, as the page shows them before its details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.beside_published import PublishedTable, published_table
from medtrust.report.findings import Finding
from medtrust.report.forest import Bar, forest
from medtrust.report.sections import Chapter, Extremes, extremes
from medtrust.report.tables import Headline, several_tasks
from medtrust.report.top_tables import TopTable, in_order, top_tables


@dataclass(frozen=True, slots=True)
class DrawnFigure:
    """A picture for the page.

    Attributes:
        svg: Escaped by what drew it.
        folded: Whether it is shown only when it is opened.
    """

    title: str
    svg: Markup
    folded: bool = False


@dataclass(frozen=True, slots=True)
class TaskBlock:
    """What leads one task, and all that stands beside it.

    Attributes:
        first_reading: The reading that baselines and changes belong to.
        bars: Of the leading numbers that are fractions.
        changes: Paired changes in the first reading.
        averages: Unweighted means over data sets, as the published leaderboard takes them.
        published: What others published, or None.
        figures: Pictures of this task's own.
    """

    task: str
    version: int
    first_reading: str
    several_readings: bool
    tables: tuple[TopTable, ...]
    bars: tuple[Bar, ...]
    extremes: tuple[Extremes, ...]
    changes: tuple[tuple[Headline, Estimate], ...]
    averages: tuple[Finding, ...]
    published: PublishedTable | None
    figures: tuple[DrawnFigure, ...] = ()


def task_blocks(
    rows: Sequence[Headline],
    findings: Sequence[Finding],
    parts: Sequence[Chapter],
    figures: Mapping[str, Sequence[DrawnFigure]] | None = None,
) -> list[TaskBlock]:
    """One block for each task, in the order of the first table.

    Args:
        rows: The first table.
        findings: All findings of the run.
        parts: All chapters.
        figures: Pictures by task.
    """
    worst = extremes(parts)
    tasks = dict.fromkeys(row.main.task for row in rows)
    drawn = figures or {}
    return [
        replace(_block(task, rows, findings, worst), figures=tuple(drawn.get(task, ())))
        for task in tasks
    ]


def _block(
    task: str, rows: Sequence[Headline], findings: Sequence[Finding], worst: Sequence[Extremes]
) -> TaskBlock:
    own = [row for row in rows if row.main.task == task]
    readings = in_order({row.main.reading for row in own})
    return TaskBlock(
        task=task,
        version=own[0].main.version,
        first_reading=readings[0],
        several_readings=len(readings) > 1,
        tables=tuple(top_tables(own)),
        bars=tuple(forest(own, with_task=several_tasks(rows))),
        extremes=tuple(row for row in worst if row.worst.main.task == task),
        changes=tuple(
            (row, change)
            for row in own
            for change in row.changes
            if row.main.reading == readings[0]
        ),
        averages=tuple(
            finding
            for finding in findings
            if finding.estimate.task == task and wording.averaged(finding.estimate)
        ),
        published=published_table(task, findings),
    )
