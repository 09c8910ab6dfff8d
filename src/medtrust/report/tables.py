"""Which numbers stand on the first table, and beside which others they must stand.

An accuracy never stands alone: beside it are what always giving one and the same answer would
reach, what the same model reaches with the image blanked, how many answers were refused, unreadable
or missing, and whether the number may be compared with published ones. Other numbers have
companions of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import REFUSED, UNPARSED, Estimate
from medtrust.report import companions, wording
from medtrust.report.findings import Finding, Place, findings_of, first
from medtrust.report.leads import LEADS, leading
from medtrust.report.uncertainty_names import CHECKED, COUNTS
from medtrust.run import Run

BLIND: Final = frozenset({"majority_baseline", "constant_baseline"})
BLANK: Final = "image=blank"

HEADLINE: Final = {
    "task": pl.String(),
    "data": pl.String(),
    "reading": pl.String(),
    "condition": pl.String(),
    "metric": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "level": pl.Float64(),
    "n": pl.Int64(),
    "n_clusters": pl.Int64(),
    "majority": pl.Float64(),
    "constant": pl.Float64(),
    "blank": pl.Float64(),
    "blank_n": pl.Int64(),
    "refused": pl.Int64(),
    "unparsed": pl.Int64(),
    "missing": pl.Int64(),
    "beside": pl.List(
        pl.Struct(
            {
                "metric": pl.String(),
                "value": pl.Float64(),
                "low": pl.Float64(),
                "high": pl.Float64(),
                "n": pl.Int64(),
            }
        )
    ),
    "comparable": pl.String(),
    "why_null": pl.String(),
}
"""Columns of `headline_frame`; fractions stay fractions."""


@dataclass(frozen=True, slots=True)
class Blind:
    """A baseline that never looks at the image.

    Attributes:
        kind: Form of the questions it is about, in words; empty when there is only one.
        what: What it always answers.
    """

    kind: str
    what: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Headline:
    """One row of the first table.

    Attributes:
        main: The leading number.
        place: The part of the data.
        blind: What never looking reaches: the best of always giving the commonest answer and
            always giving one and the same. One baseline over the same questions; one for each
            form of question only where they are mixed and nothing is over all of them.
        majority: Always the commonest answer, of each form its own.
        blank: The same number with the image blanked, or None.
        changes: Paired changes under the other conditions, the blanked image first.
        bounds: The leading number had all failed requests been wrong, and right, or None.
        beside: Companions without which the leading number must not stand.
    """

    main: Estimate
    place: Place
    blind: tuple[Blind, ...] = ()
    majority: Estimate | None = None
    blank: Estimate | None = None
    changes: tuple[Estimate, ...] = ()
    bounds: wording.Bounds | None = None
    beside: tuple[Estimate, ...] = ()

    @property
    def remarks(self) -> str:
        """What must be read with the leading number; empty where nothing must."""
        parts = (
            wording.footnote(self.main, self.bounds),
            companions.lacking(self.main, self.beside),
            *companions.cautions(self.main, self.beside),
        )
        return "; ".join(part for part in parts if part)

    @property
    def value_said(self) -> str:
        """The value with its interval; where there is none, what is said instead."""
        instead = wording.not_said(self.main)
        if instead == wording.NOTHING:
            return wording.value_with_interval(self.main)
        counted = [e for e in self.beside if e.metric in COUNTS and wording.shown(e)]
        return ": ".join([instead, *(companions.counted_said(e) for e in counted)])

    @property
    def guessing(self) -> Estimate | None:
        """What guessing reaches, where that stands beside the leading number."""
        return self.companion(companions.GUESSING)

    def companion(self, metric: str) -> Estimate | None:
        """The companion of that name, where it has a number."""
        return next((e for e in self.beside if e.metric == metric and wording.shown(e)), None)

    def name(self, *, with_task: bool) -> str:
        """The part of the data and its condition, after its task where a run has several."""
        told = [wording.visible(self.main.task)] if with_task else []
        if with_task and self.place == Place(detail=self.place.detail):
            told += [wording.detail_name(self.place.detail)] if self.place.of_estimator else []
        else:
            told.append(self.place.name)
        if self.main.condition:
            told.append(wording.condition_name(self.main.condition))
        return ", ".join(told)

    @property
    def refused(self) -> int:
        """Answers that were refusals; they count as not right."""
        return self.main.counts.get(REFUSED, 0)

    @property
    def unparsed(self) -> int:
        """Answers nobody could read; they count as not right."""
        return self.main.counts.get(UNPARSED, 0)

    @property
    def missing(self) -> int:
        """Questions without a value; they are outside n."""
        return sum(wording.missing_counts(self.main).values())


def headline(run: Run) -> list[Headline]:
    """Rows of the first table of a run, in the order of its tasks."""
    return headline_rows(findings_of(run))


def headline_rows(findings: Sequence[Finding]) -> list[Headline]:
    """Rows of the first table: per task, data set and reading, whatever leads it."""
    rows = []
    for own in by_task(findings):
        chosen = leading(own)
        on_top = _on_top({finding.place for finding in chosen})
        suite = _suite(own[0]) if chosen and chosen[0].estimate.task in LEADS else None
        others = [f for f in findings if f.estimate.condition == CLEAN and _suite(f) == suite]
        rows += [headline_row(lead, own, others) for lead in chosen if lead.place in on_top]
    return rows


def _suite(finding: Finding) -> str:
    return finding.estimate.task.partition("/")[0]


def by_task(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of each task, tasks in the order they appear."""
    tasks: dict[str, list[Finding]] = {}
    for finding in findings:
        tasks.setdefault(finding.estimate.task, []).append(finding)
    return list(tasks.values())


def several_tasks(rows: Iterable[Headline]) -> bool:
    """Whether rows must say their task to be told apart."""
    return len({row.main.task for row in rows}) > 1


def widest(rows: Sequence[Headline]) -> list[Headline]:
    """Rows about all data of a task where there are such, else about each data set."""
    whole = {row.main.task for row in rows if not row.place.strata}
    return [row for row in rows if not row.place.strata or row.main.task not in whole]


def _on_top(places: set[Place]) -> set[Place]:
    """All data together and each data set; whatever there is when there is neither."""
    names = [{name for name, _ in place.strata} for place in places]
    if any(not found or found == {"dataset"} for found in names):
        return {
            place
            for place in places
            if not place.strata or {n for n, _ in place.strata} == {"dataset"}
        }
    return places


def headline_row(
    lead: Finding, findings: Sequence[Finding], others: Sequence[Finding] = ()
) -> Headline:
    """A leading number with all that must stand beside it.

    Args:
        lead: The leading number.
        findings: Of the same task.
        others: Of ordinary questions of all tasks of the suite, where the task takes its
            over-refusal from them.
    """
    main, strata = lead.estimate, lead.place.strata
    same = [
        finding
        for finding in findings
        if finding.place.strata == strata and finding.estimate.reading == main.reading
    ]
    plain = [finding for finding in same if finding.place == lead.place]
    # what is said of all answers stands beside what one estimator makes of them
    bare = replace(lead.place, detail="")
    if bare != lead.place:
        plain += [finding for finding in same if finding.place == bare]
    plain += [
        replace(finding, estimate=replace(finding.estimate, metric="collapse_verified"))
        for finding in same
        if finding.place == replace(bare, detail=CHECKED) and finding.estimate.metric == "collapse"
    ]
    elsewhere = [
        finding
        for finding in others
        if finding.place == lead.place and finding.estimate.reading == main.reading
    ]
    changes = [
        finding.estimate for finding in plain if finding.estimate.metric == f"{main.metric}_change"
    ]
    return Headline(
        main=main,
        place=lead.place,
        blind=best_blind(f for f in same if not f.place.attribute)
        if main.metric == "accuracy"
        else (),
        majority=first(plain, metric="majority_baseline"),
        blank=first(plain, metric=main.metric, condition=BLANK),
        changes=tuple(sorted(changes, key=lambda change: change.condition != BLANK)),
        bounds=lead.bounds,
        beside=companions.beside(main, [*plain, *_about(lead), *elsewhere]),
    )


def _about(lead: Finding) -> list[Finding]:
    """What was put beside a number because it says more about it."""
    return [Finding(estimate, lead.place) for estimate in lead.beside.values()]


def best_blind(findings: Iterable[Finding]) -> tuple[Blind, ...]:
    """The best baseline of those that always answer the same.

    Over all questions where there is such; else the best for each form of question.

    Args:
        findings: Of one part of the data and reading.
    """
    best: dict[str, Blind] = {}
    for finding in findings:
        estimate, kind = finding.estimate, finding.place.kind
        if estimate.metric not in BLIND or not wording.shown(estimate):
            continue
        before = best.get(kind)
        if before is None or (estimate.value or 0.0) > (before.estimate.value or 0.0):
            best[kind] = Blind(wording.kind_name(kind), _always(finding), estimate)
    over_all = best.get("")
    return tuple(best.values()) if over_all is None else (over_all,)


def _always(finding: Finding) -> str:
    if finding.place.detail:
        name, _, value = finding.place.detail.partition("=")
        return wording.visible(f"always {value if name == 'answer' else f'{name} {value}'}")
    return wording.note(finding.estimate) or "always the commonest answer"


def headline_frame(run: Run) -> pl.DataFrame:
    """The first table as numbers, columns as in `HEADLINE`."""
    return pl.DataFrame([_frame_row(row) for row in headline(run)], schema=HEADLINE, orient="row")


def _frame_row(row: Headline) -> tuple[object, ...]:
    main = row.main
    return (
        main.task, row.place.name, main.reading, main.condition, main.metric,
        main.value, main.low, main.high, main.level, main.n, main.n_clusters,
        row.majority.value if row.majority else None,
        row.blind[0].estimate.value if len(row.blind) == 1 else None,
        row.blank.value if row.blank else None,
        row.blank.n if row.blank else None,
        row.refused, row.unparsed, row.missing,
        [{"metric": e.metric, "value": e.value, "low": e.low, "high": e.high, "n": e.n}
         for e in row.beside],
        main.comparable, wording.why_nothing(main),
    )  # fmt: skip
