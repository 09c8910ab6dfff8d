"""The leaderboard's way to one number: the unweighted mean over data sets, and over prompts.

Published averages are of all data sets of a dimension; with fewer of them at hand the mean is over
those, and says so. The arms of one data set share its images, so that their errors are taken to go
together; data sets are independent.

Source: figures of the CARES leaderboard, recomputed (all but two misprinted ones match).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
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

_SAME_SCALE: Final = {"accuracy": ("accuracy", "judge_score")}
"""Open sets stand beside closed ones with the mean score of the judge."""


def with_average(
    metric: Metric,
    *,
    of: str,
    sets: Sequence[str] = ALL,
    conditions: Sequence[str] = ("",),
) -> Metric:
    """A metric that ends with its average over data sets, in each reading.

    Args:
        metric: Estimates by data set, labelled ``dataset=NAME``.
        of: Name of the averaged metric; ``accuracy`` takes ``judge_score`` of open sets.
        sets: Data sets of the published average.
        conditions: Arms that the average is over.
    """
    names = _SAME_SCALE.get(of, (of,))
    labels = {f"dataset={name}" for name in sets}

    def measure(scores: pl.DataFrame) -> Iterator[Estimate]:
        found: dict[str, list[Estimate]] = {}
        for estimate in metric(scores):
            yield estimate
            wanted = estimate.metric in names and estimate.condition in conditions
            if wanted and estimate.group in labels:
                found.setdefault(estimate.reading, []).append(estimate)
        for estimates in found.values():
            yield average(estimates, of=of, n_sets=len(sets), n_arms=len(conditions))

    return measure


def average(estimates: Sequence[Estimate], *, of: str, n_sets: int, n_arms: int) -> Estimate:
    """The unweighted mean of one metric over data sets and arms.

    Args:
        estimates: Of one reading, each labelled with its data set.
        of: What is averaged, for the label.
        n_sets: Data sets of the published average.
        n_arms: Arms of each.
    """
    by_set: dict[str, list[Estimate]] = {}
    for estimate in estimates:
        by_set.setdefault(estimate.group, []).append(estimate)
    interval = unweighted_mean([_over_arms(arms) for arms in by_set.values()])
    first = estimates[0]
    said = [f"unweighted mean over {len(by_set)} of {n_sets} data sets"]
    if n_arms > 1:
        said.append(f"and over {n_arms} prompts")
    some = "" if len(by_set) == n_sets else f"no: {len(by_set)} of {n_sets} data sets"
    return replace(
        first,
        metric=NAME,
        group=f"metric={of}",
        condition=first.condition if n_arms == 1 else "",
        value=interval.value,
        low=interval.low,
        high=interval.high,
        method=interval.method,
        p_value=None,
        n=interval.n,
        n_clusters=interval.n_clusters,
        counts={},
        comparable=some,
        note="; ".join(text for text in (" ".join(said), interval.note) if text),
    )


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
