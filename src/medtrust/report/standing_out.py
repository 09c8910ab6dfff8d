"""Sentences that a committee should not have to find by itself in the tables.

Each is a rule over the estimates, never a verdict: what mark is good enough is for the hospital to
fix beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from medtrust.metrics.multiplicity import holm
from medtrust.report import wording
from medtrust.report.findings import Finding
from medtrust.report.sections import CORRECTED
from medtrust.report.tables import BLANK, Headline

CLEAR: Final = 0.05
"""Level of the family of gaps, after Holm."""


def standing_out(rows: Sequence[Headline], findings: Sequence[Finding]) -> list[str]:
    """Sentences about the rows of the first table and the gaps of their data.

    Args:
        rows: The first table.
        findings: All findings of the run.
    """
    own = [
        row
        for row in _widest(rows)
        if row.main.reading == CORRECTED and row.main.n >= wording.TOO_FEW
    ]
    said = [sentence for row in own for sentence in _about(row)]
    return [*said, *_gaps(own, findings)]


def _widest(rows: Sequence[Headline]) -> Iterator[Headline]:
    """Rows about all data of a task where there are such, else about each data set."""
    whole = {row.main.task for row in rows if not row.place.strata}
    return (row for row in rows if not row.place.strata or row.main.task not in whole)


def _about(row: Headline) -> Iterator[str]:
    main, where = row.main, row.place.name
    for blind in row.blind:
        baseline = blind.estimate
        if not blind.kind and main.low is not None and main.low <= (baseline.value or 0.0):
            yield (
                f"{where}: accuracy ({wording.value_with_interval(main)}, n = "
                f"{wording.count(main.n)}) is not shown to be better than never looking: "
                f"{blind.what} ({wording.value(baseline)}, n = "
                f"{wording.count(baseline.n)})."
            )
    for change in row.changes:
        if change.condition == BLANK and change.high is not None and change.high >= 0:
            yield (
                f"{where}: no loss is shown when the image is blanked (change of accuracy "
                f"{wording.value_with_interval(change)}, n = {wording.count(change.n)}): the "
                "answers may not come from the image."
            )


def _gaps(rows: Sequence[Headline], findings: Sequence[Finding]) -> Iterator[str]:
    places = {(row.main.task, row.place.strata) for row in rows}
    tested = [
        (finding, finding.noise)
        for finding in findings
        if finding.estimate.metric == "accuracy_gap"
        and finding.estimate.reading == CORRECTED
        and (finding.estimate.task, finding.place.strata) in places
        and wording.shown(finding.estimate)
    ]
    told = [(finding, noise) for finding, noise in tested if noise is not None]
    if not told:
        return
    adjusted = holm(np.array([noise.p_value for _, noise in told]))
    for (finding, noise), p_value in zip(told, adjusted, strict=True):
        if p_value < CLEAR:
            yield (
                f"{finding.place.name}: accuracy differs between groups by "
                f"{wording.visible(finding.place.attribute)}: {wording.value(finding.estimate)} "
                f"between the best and the worst (n = {wording.count(finding.estimate.n)}), where "
                f"a fair model would show {wording.points(noise.floor)} by chance."
            )
