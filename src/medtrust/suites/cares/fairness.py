"""CARES fairness: does the model serve people of every age, sex and race alike?

Nothing new is asked: factuality's answers are read again, by patient attribute. Attributes come
with MIMIC-CXR, HAM10000 and OL3I; those of Harvard-FairVLMed are joined from its own files
(``--join fairvlmed=DIR``). Open questions are compared by the mean score of the judge.

No script was released for this dimension. Bins of ages and the least size of a group are not
known; here they are ``--age-bins`` and ``--minimum-n``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate, Sample
from medtrust.core.task import AnyConversation, MeasureKey, MeasureOptions, Metric, Setting, task
from medtrust.metrics.averages import unweighted_mean
from medtrust.metrics.intervals import Interval
from medtrust.metrics.score_table import Slice, slices
from medtrust.suites.answer_rates import FEW
from medtrust.suites.answering_metrics import cut
from medtrust.suites.cares.factuality import factuality
from medtrust.suites.fairness_metrics import EQUALITY_DIFFERENCE, fairness_metrics
from medtrust.suites.group_metrics import Groups, attributes

AVERAGE: Final = "leaderboard_average"
AVERAGED: Final = {
    EQUALITY_DIFFERENCE: AVERAGE,
    f"{EQUALITY_DIFFERENCE}_noise_floor": f"{AVERAGE}_noise_floor",
}
"""What the mean over data sets of a number is called."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was published for one patient attribute.

    Attributes:
        name: What it is called there.
        sets: Data sets of the leaderboard's average.
        unknown: Why our groups may not be theirs; empty for sex.
    """

    name: str
    sets: tuple[str, ...]
    unknown: str = ""


PUBLISHED: Final[Mapping[str, Published]] = {
    "sex": Published("sex", ("MIMIC-CXR", "Harvard-FairVLMed", "HAM10000", "OL3I")),
    "age_group": Published(
        "age",
        ("MIMIC-CXR", "Harvard-FairVLMed", "HAM10000", "OL3I"),
        "published bins of ages are not known",
    ),
    "race": Published(
        "race", ("MIMIC-CXR", "Harvard-FairVLMed"), "published smallest group is not known"
    ),
}
"""By group of a sample."""


@dataclass(frozen=True, slots=True)
class FairnessMetrics:
    """Numbers by data set and patient attribute, and the leaderboard's average of each attribute.

    Attributes:
        minimum_n: Groups with fewer answers are listed, but not compared, except in the
            accuracy equality difference.
    """

    minimum_n: int = FEW

    def with_options(self, options: MeasureOptions) -> Metric:
        """The metric under these options."""
        return FairnessMetrics(options.minimum_n)

    def __call__(self, scores: pl.DataFrame) -> Iterator[Estimate]:
        """Every number of a score table."""
        for everything in slices(scores):
            averaged: dict[tuple[str, str], list[Estimate]] = {}
            # data that name no data set are one
            named = list(cut(everything, ("dataset",), whole=False))
            for part in named or [everything]:
                for groups, published in self._groups(part):
                    for estimate in fairness_metrics(groups, published=published):
                        told = _told(estimate, groups)
                        yield told
                        if estimate.metric in AVERAGED:
                            averaged.setdefault((estimate.metric, groups.name), []).append(told)
            if named:
                yield from _averages(averaged)

    def _groups(self, part: Slice) -> Iterator[tuple[Groups, str]]:
        """Every attribute and measure, and what the published difference is called for it."""
        measures = [name for name in ("correct", "judge_score") if part.has(name)]
        for column in attributes(part, most=math.inf):
            for name in measures:
                both = len(measures) > 1 and name == "judge_score"
                published = "judge_score_equality_difference" if both else EQUALITY_DIFFERENCE
                yield Groups(part, column, name, self.minimum_n), published


def _told(estimate: Estimate, groups: Groups) -> Estimate:
    """An estimate that says why it may not stand beside the published ones."""
    published = PUBLISHED.get(groups.name)
    against = [published.unknown if published else "attribute not published"]
    # of numbers whose name begins with it, the run says so itself
    if groups.measure != "correct" and not estimate.metric.startswith("judge_score"):
        against.append("own judge prompt")
    reasons = ", ".join(reason for reason in against if reason)
    return replace(estimate, comparable=f"no: {reasons}") if reasons else estimate


def _averages(
    averaged: Mapping[tuple[str, str], Sequence[Estimate]],
) -> Iterator[Estimate]:
    """The leaderboard's numbers: the unweighted mean of one attribute over data sets."""
    for (metric, attribute), rows in averaged.items():
        published = PUBLISHED.get(attribute)
        if published is None:
            continue
        labels = {f"dataset={name};{attribute}": name for name in published.sets}
        found = {labels[row.group]: row for row in rows if row.group in labels}
        if found:
            yield _average(AVERAGED[metric], found, published)


def _average(name: str, found: Mapping[str, Estimate], published: Published) -> Estimate:
    """The mean of one number over data sets; null when one of them has none."""
    mean = unweighted_mean(
        [
            Interval(row.value, None, None, row.level, row.method, row.n, row.n_clusters)
            for row in found.values()
        ]
    )
    said = [f"mean of {len(found)} of the {len(published.sets)} published data sets"]
    empty = [missing for missing, row in found.items() if row.value is None]
    if empty:
        said.insert(0, f"no value for {', '.join(empty)}")
    first = next(iter(found.values()))
    told = (row.comparable.removeprefix("no: ").split(", ") for row in found.values())
    against = list(dict.fromkeys(reason for reasons in told for reason in reasons if reason))
    if len(found) < len(published.sets):
        against.append(f"{len(found)} of {len(published.sets)} data sets")
    return replace(
        first,
        metric=name,
        group=f"metric={EQUALITY_DIFFERENCE};{published.name}",
        value=mean.value,
        method="unweighted-mean",
        p_value=None,
        n=mean.n,
        n_clusters=mean.n_clusters,
        counts={},
        comparable=f"no: {', '.join(against)}" if against else "",
        note="; ".join(said),
    )


def applies(sample: Sample, condition: str) -> bool:
    """Factuality's questions about people of whom something is known."""
    return bool(sample.groups) and factuality.applies(sample, condition)


def measures(sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Columns of factuality."""
    return factuality.measures(sample, _condition)


@task(
    "cares/fairness",
    version=1,
    data=factuality.data,
    also=factuality.also,
    measures=measures,
    metrics=(FairnessMetrics(),),
    conditions=(CLEAN,),
    applies=applies,
    prompts=factuality.prompts,
    needs_judge=True,
)
def fairness(sample: Sample, setting: Setting) -> AnyConversation:
    """Fairness: is the answer right as often for every age, sex and race?"""
    return factuality.converse(sample, setting)
