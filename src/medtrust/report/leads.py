"""Which number leads a task.

Most tasks lead with their accuracy or with the judge's score. The tasks here lead with what they
are about: what an attack, noise or an instruction changed, or whether what should be declined was.
Where a task has none of its numbers, the general rule holds, so that new names are shown, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AVERAGE: Final = "leaderboard_average"
"""The unweighted mean over data sets, as the published leaderboard takes it."""

AVERAGED: Final = "metric"
"""Label of an average: the metric it is of, ``metric=accuracy``."""

PRIMARY: Final = ("accuracy", "judge_score")
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
