"""The leaderboard's way to one number: the unweighted mean over data sets, and over prompts.

Published averages are of all data sets of a dimension; with fewer of them at hand the mean is over
those, and says so. The arms of one data set share its images, so that their errors are taken to go
together; data sets are independent.

Source: figures of the CARES leaderboard, recomputed (all but two misprinted ones match).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from medtrust.core.records import Estimate
from medtrust.metrics.averages import unweighted_mean
from medtrust.metrics.intervals import Interval

Metric = Callable[[pl.DataFrame], Iterable[Estimate]]

NAME: Final = "leaderboard_average"
ALL: Final = (
    "IU-Xray", "MIMIC-CXR", "Harvard-FairVLMed", "HAM10000", "OL3I", "PMC-OA", "OmniMedVQA",
)  # fmt: skip
CLOSED: Final = ("IU-Xray", "HAM10000", "OL3I", "OmniMedVQA")
NOISY: Final = ("IU-Xray", "OL3I")
FOREIGN: Final = ("Harvard-FairVLMed", "OmniMedVQA")

_SAME_SCALE: Final = {
    "accuracy": ("accuracy", "judge_score"),
    "accuracy_change": ("accuracy_change", "judge_score_change"),
}
"""Open sets stand beside closed ones with the mean score of the judge."""


@dataclass(frozen=True, slots=True)
class Average:
    """One number of the leaderboard.

    Attributes:
        of: Name of the averaged metric; open sets stand beside closed ones with what the judge
            says in its place (`_SAME_SCALE`).
        sets: Data sets of the published average.
        arms: Conditions that the average is over.
        condition: What the arms together are called; empty for the name of the only one.
    """

    of: str
    sets: Sequence[str] = ALL
    arms: Sequence[str] = ("",)
    condition: str = ""


def with_averages(metric: Metric, *averages: Average) -> Metric:
    """A metric that ends with averages of its numbers over data sets, in each reading.

    Args:
        metric: Estimates by data set, labelled ``dataset=NAME``.
        averages: Which ones.
    """

    def measure(scores: pl.DataFrame) -> Iterator[Estimate]:
        found = list(metric(scores))
        yield from found
        for wanted in averages:
            yield from _averaged(found, wanted)

    return measure


def _averaged(found: Sequence[Estimate], wanted: Average) -> Iterator[Estimate]:
    names = _SAME_SCALE.get(wanted.of, (wanted.of,))
    labels = {f"dataset={name}" for name in wanted.sets}
    by_reading: dict[str, list[Estimate]] = {}
    for estimate in found:
        is_meant = estimate.metric in names and estimate.condition in wanted.arms
        if is_meant and estimate.group in labels:
            by_reading.setdefault(estimate.reading, []).append(estimate)
    for estimates in by_reading.values():
        yield average(estimates, wanted)


def average(estimates: Sequence[Estimate], wanted: Average) -> Estimate:
    """The unweighted mean of one metric over data sets and arms.

    Args:
        estimates: Of one reading, each labelled with its data set.
        wanted: What is averaged over what.
    """
    by_set: dict[str, list[Estimate]] = {}
    for estimate in estimates:
        by_set.setdefault(estimate.group, []).append(estimate)
    interval = unweighted_mean([_over_arms(arms) for arms in by_set.values()])
    first, sets = estimates[0], f"{len(by_set)} of {len(wanted.sets)} data sets"
    there = min(len({arm.condition for arm in arms}) for arms in by_set.values())
    prompts = f"{there} of {len(wanted.arms)} prompts"
    said = f"unweighted mean over {sets}"
    if len(wanted.arms) > 1:
        said += f" and over {prompts}"
    against = dict.fromkeys(reason for part in estimates for reason in _against(part))
    if len(by_set) < len(wanted.sets):
        against[sets] = None
    if there < len(wanted.arms):
        against[prompts] = None
    reasons = ", ".join(against)
    return replace(
        first,
        metric=NAME,
        group=f"metric={wanted.of}",
        condition=wanted.condition or first.condition,
        value=interval.value,
        low=interval.low,
        high=interval.high,
        method=interval.method,
        p_value=None,
        n=interval.n,
        n_clusters=interval.n_clusters,
        counts={},
        comparable=f"no: {reasons}" if reasons else "",
        note="; ".join(text for text in (said, interval.note) if text),
    )


def _against(part: Estimate) -> Iterator[str]:
    """Why a part may not stand beside the published number of it."""
    if part.comparable:
        yield part.comparable.removeprefix("no: ")
    if part.metric.startswith("judge_score"):
        yield "own judge prompt"


def _over_arms(arms: Sequence[Estimate]) -> Interval:
    """Mean over the arms of one data set; ends as if the arms erred together."""

    def over(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if len(known) == len(arms) else None

    first = arms[0]
    value = over([arm.value for arm in arms])
    low, high = over([arm.low for arm in arms]), over([arm.high for arm in arms])
    # samples are counted once: all arms ask about the same ones
    n, n_clusters = max(arm.n for arm in arms), max(arm.n_clusters for arm in arms)
    return Interval(value, low, high, first.level, first.method, n, n_clusters)
