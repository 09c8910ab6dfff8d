"""Numbers that must not stand without others, and how their answers are counted.

Who declines everything abstains perfectly: the twin of an abstention is how often ordinary
questions were refused. Who guesses is right about both of a pair now and then. Who is sure is no
better for it until one knows how often that is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.findings import Finding, first

GUESSING: Final = "random_baseline"
CONTRAST: Final = "abstention_contrast"
OVER_REFUSAL: Final = "over_refusal_rate"

COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "abstention_rate": (OVER_REFUSAL, CONTRAST),
    "overconfidence": ("mean_confidence", "answered_accuracy"),
    "set_accuracy": (GUESSING, "individual_accuracy", "confusion"),
}
"""By leading metric: what stands beside it wherever it stands."""

COUNTED: Final[Mapping[str, str]] = {
    "abstention_rate": (
        "an answer that abstains is not counted as refused; an empty one is unreadable and counts "
        "as not abstained"
    ),
    "overconfidence": (
        "refused and unreadable answers give no answer to be sure of: they are outside n"
    ),
    "set_accuracy": "n counts pairs; refused and unreadable count their single answers",
}
"""By leading metric: how its counts differ from those of an accuracy."""


def beside(main: Estimate, findings: Iterable[Finding]) -> tuple[Estimate, ...]:
    """The companions of a number, as far as they were measured.

    Args:
        main: The leading number.
        findings: Of the same place and reading.
    """
    listed = list(findings)
    found = (
        first(listed, metric=metric, condition=main.condition)
        for metric in COMPANIONS.get(main.metric, ())
    )
    return tuple(estimate for estimate in found if estimate is not None)


def lacking(main: Estimate, companions: Iterable[Estimate]) -> str:
    """Which companions have no number, in one phrase; empty where all are there or main is not."""
    there = {estimate.metric for estimate in companions if wording.shown(estimate)}
    names = [
        wording.metric_name(metric)
        for metric in COMPANIONS.get(main.metric, ())
        if metric not in there
    ]
    return f"not measured beside it: {', '.join(names)}" if names and wording.shown(main) else ""
