"""All tasks of a run on one screen: what leads each, and what must stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.companions import CONTRAST, companions_of, lacking, needed
from medtrust.report.findings import Finding
from medtrust.report.leads import LEADS, PRIMARY
from medtrust.report.tables import BLANK, Headline, several_tasks, widest
from medtrust.report.uncertainty_names import COUNTS, HIDDEN

MOST_LINES: Final = 4
"""More rows than this of a task with conditions become one line or two."""


SHUFFLED: Final = "options=shuffled"

FEW: Final = 3
"""Companions on a line where none is needed."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A number beside the leading one.

    Attributes:
        remark: What must be read with it, e.g. the gap that chance alone makes.
    """

    name: str
    estimate: Estimate
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One task, or one data set of a task whose sets are not taken together.

    Attributes:
        name: The task; without its suite where all tasks are of one.
        lacking: Companions that were not measured; of an average, what it is over.
        beside: What never looking reaches, or the companions.
        changes: Of the leading number, when the question is asked otherwise.
        gaps: Between groups of patients.
    """

    name: str
    main: Estimate
    lacking: str
    beside: tuple[Beside, ...]
    changes: tuple[Beside, ...]
    gaps: tuple[Beside, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """The line in words, its name left out, then what else there is to say about the task."""
        main = self.main
        metric = wording.metric_said(main)
        if not wording.shown(main):
            return (f"{metric}: no value ({wording.why_nothing(main)})",)
        value = f"{metric} {wording.value_with_interval(main)}, n = {wording.size(main)}"
        told = [value, *([self.lacking] if self.lacking else []), self._listed(self.beside)]
        further = (
            ("asked otherwise", self._listed(self.changes)),
            ("gaps", self._listed(self.gaps)),
        )
        return (
            "; ".join(part for part in told if part),
            *(f"{name}: {numbers}" for name, numbers in further if numbers),
        )

    def _listed(self, numbers: Sequence[Beside]) -> str:
        return ", ".join(_said(number, self.main.n) for number in numbers)


def overview(rows: Sequence[Headline], findings: Sequence[Finding]) -> list[Line]:
    """Lines in the order of the tasks; none for a run of one task, whose first table says it all.

    Args:
        rows: The first table.
        findings: All findings of the run.
    """
    if not several_tasks(rows):
        return []
    suites = {row.main.task.partition("/")[0] for row in rows}
    suite = wording.visible(f"{suites.pop()}/") if len(suites) == 1 else ""
    reading = {row.main.task: row.main.reading for row in reversed(rows)}
    by_task: dict[str, list[Headline]] = {}
    for row in widest(rows):
        if row.main.reading == reading[row.main.task]:
            by_task.setdefault(row.main.task, []).append(row)
    return [
        replace(line, name=line.name.removeprefix(suite))
        for own in by_task.values()
        for line in _lines(own, findings)
    ]


def _lines(own: Sequence[Headline], findings: Sequence[Finding]) -> Iterator[Line]:
    """Lines of one task: one for each row or, of many rows, their average or their ends."""
    main = own[0].main
    if len(own) <= MOST_LINES or main.task not in LEADS:
        yield from (_line(row, row.name(with_task=True), findings) for row in own)
        return
    averages = [
        finding.estimate
        for finding in findings
        if (finding.estimate.task, finding.estimate.reading) == (main.task, main.reading)
        and wording.averaged(finding.estimate)
        and wording.shown(finding.estimate)
    ]
    leads = {row.main.metric for row in own}
    leading = [estimate for estimate in averages if wording.averaged(estimate) in leads]
    if leading:
        yield _average_line(leading[0], own, averages)
    else:
        yield from _ends(own, findings)


def _average_line(main: Estimate, own: Sequence[Headline], averages: Sequence[Estimate]) -> Line:
    told = {wording.averaged(estimate) for estimate in averages}
    others = [
        Beside(_other_average(estimate, main), estimate)
        for estimate in averages
        if estimate is not main and wording.averaged(estimate) != "accuracy"
    ]
    wanted = [metric for metric in needed(main.task, wording.averaged(main)) if metric not in told]
    twins = {metric: _worst(own, metric) for metric in wanted}
    names = [wording.metric_name(name, main.task) for name, twin in twins.items() if twin is None]
    lacks = [f"not measured beside it: {', '.join(names)}"] if names else []
    return Line(
        name=_average_name(main),
        main=main,
        lacking="; ".join([wording.note(main), *lacks]),
        beside=(*others, *(twin for twin in twins.values() if twin is not None)),
        changes=(),
        gaps=(),
    )


def _average_name(main: Estimate) -> str:
    """The task with what was asked, which a mean over data sets is of one of."""
    asked = f", {wording.condition_name(main.condition)}" if main.condition else ""
    return f"{wording.visible(main.task)}{asked}"


def _other_average(estimate: Estimate, main: Estimate) -> str:
    """What an average beside the leading one is of, and what was asked where that differs."""
    name = wording.mean_of(estimate)
    if estimate.condition == main.condition:
        return name
    pairs = [pair for pair in estimate.condition.split(";") if pair not in main.condition]
    return f"{name}, {wording.condition_name(';'.join(pairs))}"


def _worst(own: Sequence[Headline], metric: str) -> Beside | None:
    """The largest value of a companion, of equal ones the least certain, with its row."""
    found = [(row, estimate) for row in own if (estimate := row.companion(metric)) is not None]
    if not found:
        return None
    row, most = max(found, key=lambda pair: (pair[1].value or 0.0, pair[1].high or 0.0))
    name = wording.metric_name(metric, most.task)
    return Beside(f"{name}, most on {row.place.name}", most)


def _ends(own: Sequence[Headline], findings: Sequence[Finding]) -> Iterator[Line]:
    """The lowest and the highest of many rows of each metric."""
    metrics = dict.fromkeys(row.main.metric for row in own)
    for metric in metrics:
        same = [row for row in own if row.main.metric == metric and wording.shown(row.main)]
        ranked = sorted(same, key=lambda row: row.main.value or 0.0)
        ends = [("lowest", ranked[0]), ("highest", ranked[-1])] if len(ranked) > 1 else []
        for which, row in ends:
            name = f"{row.name(with_task=True)}: {which} of {len(ranked)}"
            yield _line(row, name, findings)
        if not ends:
            yield from (_line(r, r.name(with_task=True), findings) for r in own
                        if r.main.metric == metric)  # fmt: skip


def _line(row: Headline, name: str, findings: Sequence[Finding]) -> Line:
    return Line(
        name=name,
        main=row.main,
        lacking=lacking(row.main, row.beside),
        beside=tuple(number for number in _beside(row) if wording.shown(number.estimate)),
        changes=tuple(
            Beside(wording.condition_name(change.condition), change)
            for change in _telling(row.changes)
            if change.condition != BLANK and wording.shown(change)
        ),
        gaps=tuple(_gaps(row, findings)),
    )


def _telling(changes: Sequence[Estimate]) -> Sequence[Estimate]:
    """All changes; where the right option was hidden, that one and the one that changes nothing."""
    if not any(change.condition == HIDDEN for change in changes):
        return changes
    return [change for change in changes if change.condition in {HIDDEN, SHUFFLED}]


def _beside(row: Headline) -> Iterator[Beside]:
    for blind in row.blind:
        yield Beside(f"constant ({blind.kind})" if blind.kind else "constant", blind.estimate)
    if row.blank is not None and row.main.metric in PRIMARY:
        yield Beside("blanked", row.blank)
    main = row.main
    told = needed(main.task, main.metric) or companions_of(main.task, main.metric)[:FEW]
    for estimate in row.beside:
        # The contrast is the difference of two numbers that stand here already.
        if estimate.metric in {*told, *COUNTS} and estimate.metric != CONTRAST:
            yield Beside(wording.metric_name(estimate.metric, estimate.task), estimate)


def _gaps(row: Headline, findings: Sequence[Finding]) -> Iterator[Beside]:
    main = row.main
    for finding in findings:
        gap, noise = finding.estimate, finding.noise
        if (
            (gap.metric, gap.task) == (f"{main.metric}_gap", main.task)
            and (gap.reading, gap.condition) == (main.reading, main.condition)
            and finding.place.strata == row.place.strata
            and wording.shown(gap)
            and noise is not None
        ):
            name = f"by {wording.words(finding.place.attribute)}"
            yield Beside(name, gap, f"by chance {wording.points(noise.floor)}")


def _said(number: Beside, n: int) -> str:
    size = "" if number.estimate.n == n else f"n = {wording.count(number.estimate.n)}"
    remarks = ", ".join(part for part in (number.remark, size) if part)
    told = f"{number.name} {wording.value(number.estimate)}"
    return f"{told} ({remarks})" if remarks else told
