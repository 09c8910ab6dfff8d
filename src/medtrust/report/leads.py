"""Which number leads a task.

Most tasks lead with their accuracy or with the judge's score. The tasks here lead with what they
are about: what an attack, noise or an instruction changed, or whether what should be declined was.
Where a task has none of its numbers, the general rule holds, so that new names are shown, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.report import uncertainty_names, wording
from medtrust.report.findings import Finding, Place

PRIMARY: Final = ("accuracy", "judge_score", "set_accuracy")
"""Metrics that lead a table; a task that has none of them leads with its first metric."""

LEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "cares/uncertainty": ("uncertainty_accuracy",),
    "cares/fairness": ("accuracy_gap", "judge_score_gap"),
    "cares/jailbreak": (
        "accuracy_change", "judge_score_change", "compliance_rate", "abstention_change",
        "abstention_rate",
    ),
    "cares/overcaution": ("abstention_rate",),
    "cares/toxicity": ("toxicity_gap", "toxicity", "abstention_change"),
    "cares/privacy": ("abstention_rate", "disclosure_rate"),
    "cares/noise": ("accuracy_change", "judge_score_change"),
    "cares/out_of_distribution": ("abstention_rate",),
}  # fmt: skip
"""By task: the first of these metrics that a part of the data has a value of, under a condition."""

GAPS: Final = frozenset(LEADS["cares/fairness"])
"""Leading metrics that are between groups of patients."""


ESTIMATED: Final[Mapping[str, tuple[str, ...]]] = {
    uncertainty_names.TASK: ("error_auroc", "fragility_minus_null"),
}
"""By task: numbers of one estimator that lead beside its accuracy."""


def leading(findings: Sequence[Finding]) -> list[Finding]:
    """The leading numbers of every part of the data and reading of one task."""
    return [*_of_answers(findings), *_of_one_estimator(findings)]


def _of_one_estimator(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Numbers of the estimator that was chosen in advance, never of the one that ranks best."""
    names = ESTIMATED.get(findings[0].estimate.task, ()) if findings else ()
    for metric in names:
        own = [f for f in findings if f.estimate.metric == metric and f.place.of_estimator]
        valued = {f.place.detail for f in own if wording.shown(f.estimate)}
        ordered = [f"{uncertainty_names.BY_ESTIMATOR}={n}" for n in uncertainty_names.LEADING]
        some = {f.place.detail for f in own if f.estimate.n > 0 and not f.place.strata}
        # where none has a value, the first says why
        chosen = next((d for known in (valued, some) for d in ordered if d in known), "")
        asked = (
            CLEAN if any(f.estimate.condition == CLEAN for f in own) else uncertainty_names.HIDDEN
        )
        yield from (
            f
            for f in own
            if f.place.detail == chosen
            and f.estimate.condition == asked
            and not f.place.attribute
            and (valued or not f.place.strata)
        )


def _of_answers(findings: Sequence[Finding]) -> list[Finding]:
    plain = [finding for finding in findings if not finding.place.kind and not finding.place.detail]
    own = _own_leads(plain)
    if own:
        return own
    whole = [finding for finding in plain if not finding.place.attribute]
    metrics = [metric for metric in PRIMARY if any(f.estimate.metric == metric for f in whole)]
    if not metrics and whole:
        metrics = [whole[0].estimate.metric]
    clean = any(finding.estimate.condition == CLEAN for finding in whole)
    return [
        finding
        for finding in whole
        if finding.estimate.metric in metrics and (finding.estimate.condition == CLEAN or not clean)
    ]


def _own_leads(findings: Sequence[Finding]) -> list[Finding]:
    """What leads a task that does not lead with its accuracy; empty for any other task.

    Where ordinary questions are asked for comparison only, they have no row of their own.
    """
    names = LEADS.get(findings[0].estimate.task, ()) if findings else ()
    by_key: dict[tuple[Place, str], list[Finding]] = {}
    for finding in findings:
        estimate, place = finding.estimate, finding.place
        between = not place.group and estimate.metric in GAPS
        if estimate.metric in names and (between or not place.attribute):
            by_key.setdefault((place, estimate.condition), []).append(finding)
    asked_otherwise = any(condition != CLEAN for _, condition in by_key)
    found = []
    for (_, condition), own in by_key.items():
        if condition != CLEAN or not asked_otherwise:
            best = min(own, key=lambda f: _rank(f.estimate, names)).estimate.metric
            found += [finding for finding in own if finding.estimate.metric == best]
    return found


def _rank(estimate: Estimate, names: Sequence[str]) -> tuple[bool, int]:
    """A metric with a value goes before one without."""
    return not wording.shown(estimate), names.index(estimate.metric)
