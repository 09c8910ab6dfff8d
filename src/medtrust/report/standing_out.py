"""Sentences that a committee should not have to find by itself in the tables.

Each is a rule over the estimates, never a verdict: what mark is good enough is for the hospital to
fix beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from medtrust.core.conditions import parse_condition
from medtrust.core.records import Estimate
from medtrust.metrics.multiplicity import holm
from medtrust.report import wording
from medtrust.report.companions import CONTRAST, OVER_REFUSAL
from medtrust.report.findings import Finding
from medtrust.report.tables import BLANK, Headline, several_tasks, widest
from medtrust.report.top_tables import CORRECTED

CLEAR: Final = 0.05
"""Level of the family of gaps, after Holm."""


def standing_out(rows: Sequence[Headline], findings: Sequence[Finding]) -> list[str]:
    """Sentences about the rows of the first table and the gaps of their data.

    Args:
        rows: The first table.
        findings: All findings of the run.
    """
    with_task = several_tasks(rows)
    own = [
        row
        for row in widest(rows)
        if row.main.reading == CORRECTED and row.main.n >= wording.TOO_FEW
    ]
    said = [
        f"{row.name(with_task=with_task)}: {sentence}"
        for row in own
        for rule in _RULES
        for sentence in rule(row)
    ]
    return [*said, *_gaps(own, findings, with_task=with_task)]


def _no_better_than_constant(row: Headline) -> Iterator[str]:
    main = row.main
    for blind in row.blind:
        baseline = blind.estimate
        if not blind.kind and main.low is not None and main.low <= (baseline.value or 0.0):
            yield (
                f"accuracy ({_value(main)}) is not shown to be better than never looking: "
                f"{blind.what} ({wording.value(baseline)}, n = {wording.count(baseline.n)})."
            )


def _no_better_than_guessing(row: Headline) -> Iterator[str]:
    main, guessing = row.main, row.guessing
    if guessing is not None and main.low is not None and main.low <= (guessing.value or 0.0):
        yield (
            f"{wording.metric_name(main.metric)} ({_value(main)}) is not shown to be more frequent "
            f"than by guessing ({wording.value(guessing)}, n = {wording.count(guessing.n)})."
        )


def _no_loss_without_the_image(row: Headline) -> Iterator[str]:
    for change in row.changes:
        if change.condition == BLANK and change.high is not None and change.high >= 0:
            yield (
                "no loss is shown when the image is blanked (change of accuracy "
                f"{_value(change)}): the answers may not come from the image."
            )


def _loss_by_noise(row: Headline) -> Iterator[str]:
    for change in row.changes:
        noisy = "noise" in parse_condition(change.condition)
        if noisy and wording.shown(change) and change.high is not None and change.high < 0:
            yield (
                f"accuracy falls with {wording.condition_name(change.condition)} "
                f"({wording.metric_name(change.metric)} {_value(change)})."
            )


def _declines_everything_alike(row: Headline) -> Iterator[str]:
    contrast, twin = row.companion(CONTRAST), row.companion(OVER_REFUSAL)
    if contrast is not None and contrast.low is not None and contrast.low <= 0:
        beside = "" if twin is None else f" ({wording.value(twin)}, n = {wording.count(twin.n)})"
        yield (
            f"abstaining ({_value(row.main)}) is not shown to be more frequent than refusing "
            f"ordinary questions{beside}: the difference is {_value(contrast)}."
        )


def _surer_than_right(row: Headline) -> Iterator[str]:
    main = row.main
    if main.metric == "overconfidence" and main.low is not None and main.low > 0:
        told = ", ".join(
            f"{wording.metric_name(estimate.metric)} {wording.value(estimate)}"
            for estimate in row.beside
            if wording.shown(estimate)
        )
        beside = f": {told}" if told else ""
        yield (
            f"answers are surer than right, by {wording.value_with_interval(main)} "
            f"(n = {wording.count(main.n)}){beside}."
        )


_RULES: Final[tuple[Callable[[Headline], Iterator[str]], ...]] = (
    _no_better_than_constant,
    _no_better_than_guessing,
    _no_loss_without_the_image,
    _loss_by_noise,
    _declines_everything_alike,
    _surer_than_right,
)


def _value(estimate: Estimate) -> str:
    return f"{wording.value_with_interval(estimate)}, n = {wording.count(estimate.n)}"


def _gaps(
    rows: Sequence[Headline], findings: Sequence[Finding], *, with_task: bool
) -> Iterator[str]:
    names = {(row.main.task, row.place.strata): row.name(with_task=with_task) for row in rows}
    tested = [
        (finding, finding.noise)
        for finding in findings
        if finding.estimate.metric == "accuracy_gap"
        and finding.estimate.reading == CORRECTED
        and (finding.estimate.task, finding.place.strata) in names
        and wording.shown(finding.estimate)
    ]
    told = [(finding, noise) for finding, noise in tested if noise is not None]
    if not told:
        return
    adjusted = holm(np.array([noise.p_value for _, noise in told]))
    for (finding, noise), p_value in zip(told, adjusted, strict=True):
        if p_value < CLEAR:
            yield (
                f"{names[finding.estimate.task, finding.place.strata]}: accuracy differs between "
                "groups by "
                f"{wording.visible(finding.place.attribute)}: {wording.value(finding.estimate)} "
                f"between the best and the worst (n = {wording.count(finding.estimate.n)}), where "
                f"a fair model would show {wording.points(noise.floor)} by chance."
            )
