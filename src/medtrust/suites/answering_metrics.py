"""What is said about answers that are right or wrong: rates, blind baselines, paired changes.

Beside every accuracy stand its blind baselines; what is said about groups is in `group_metrics`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate, Kind
from medtrust.core.task import MeasureOptions, Metric
from medtrust.metrics.arrays import IntArray
from medtrust.metrics.classification import bootstrap_intervals
from medtrust.metrics.intervals import rate
from medtrust.metrics.score_table import STRATUM, Slice, clusters_of, slices
from medtrust.suites.answer_rates import DRAWS, FEW, SEED, accuracy, change, judge_score
from medtrust.suites.blind_baselines import constants, forms, label_codes, majority
from medtrust.suites.group_metrics import group_metrics

MOST_LABELS: Final = 30


@dataclass(frozen=True, slots=True)
class AnswerMetrics:
    """A metric that heeds how small a group may be; arguments as in `answer_metrics`."""

    by: tuple[str, ...]
    whole: bool
    terms: tuple[str, ...] = ()
    groups: bool = True
    minimum_n: int = FEW

    def with_options(self, options: MeasureOptions) -> Metric:
        """The metric under these options."""
        return replace(self, minimum_n=options.minimum_n)

    def __call__(self, scores: pl.DataFrame) -> Iterator[Estimate]:
        """Every number of a score table."""
        clean: dict[tuple[str, str], Slice] = {}
        frame = _with_terms(scores, self.terms) if self.terms else scores
        # the clean condition first: the others are compared with it
        for everything in sorted(slices(frame), key=lambda part: part.condition != CLEAN):
            for part in cut(everything, self.by, whole=self.whole):
                key = (part.reading, part.label)
                if part.condition == CLEAN:
                    clean[key] = part
                yield from _about(part, clean.get(key), self.minimum_n if self.groups else None)


def answer_metrics(
    *, by: tuple[str, ...], whole: bool, terms: tuple[str, ...] = (), groups: bool = True
) -> AnswerMetrics:
    """Metrics of a task made by `suites.answering`.

    Args:
        by: Strata that get numbers of their own, e.g. ``("dataset",)``; ``("*",)`` for all.
        whole: Whether all samples together get numbers, too.
        terms: What the codes of answers to open questions stand for, where such answers are
            marked right or wrong without a judge.
        groups: Whether groups of people get numbers, too.
    """
    return AnswerMetrics(by, whole, terms, groups)


def _with_terms(scores: pl.DataFrame, terms: tuple[str, ...]) -> pl.DataFrame:
    """Open questions get the terms as their options, so that codes become names as elsewhere."""
    known = pl.lit(pl.Series([list(terms)], dtype=pl.List(pl.String)))
    chosen = pl.when(pl.col("kind") == Kind.OPEN.value).then(known).otherwise(pl.col("options"))
    return scores.with_columns(chosen.alias("options"))


def cut(everything: Slice, by: tuple[str, ...], *, whole: bool) -> Iterator[Slice]:
    """The parts that get numbers of their own, arguments as in `answer_metrics`.

    Data without any of the strata are one part. Where all samples together get no numbers, those
    without a value are a part beside the others.
    """
    names = by
    if by == ("*",):
        columns = everything.frame.columns
        names = tuple(name.removeprefix(STRATUM) for name in columns if name.startswith(STRATUM))
    if whole or not any(everything.values(f"{STRATUM}{name}") for name in names):
        yield everything
    for name in names:
        values = everything.values(f"{STRATUM}{name}")
        if whole and len(values) < 2:
            continue
        for value in values:
            yield everything.where(f"{STRATUM}{name}", value)
        rest = everything.unnamed(f"{STRATUM}{name}") if values and not whole else None
        if rest and rest.frame.height:
            yield rest


def _about(part: Slice, clean: Slice | None, minimum_n: int | None) -> Iterator[Estimate]:
    """All numbers of a part; ``minimum_n`` is that of groups of people, None to leave them out."""
    if part.has("correct"):
        yield from _closed(part, clean, minimum_n)
    if part.has("judge_score"):
        yield from judge_score(part)


def _closed(part: Slice, clean: Slice | None, minimum_n: int | None) -> Iterator[Estimate]:
    yield from accuracy(part)
    yield from _shares(part)
    found = forms(part)
    if len(found) > 1 and part.condition == CLEAN:
        yield from majority(part)
    for kind, only in found:
        if len(found) > 1:
            yield from accuracy(only)
        if part.condition == CLEAN:
            yield from majority(only)
            yield from constants(only, kind)
        yield from _labels(only, kind)
    if part.condition == CLEAN and minimum_n is not None:
        yield from group_metrics(part, minimum_n=minimum_n, draws=DRAWS)
    if part.condition != CLEAN:
        yield from change(clean, part, "accuracy_change", "correct")


def _shares(part: Slice) -> Iterator[Estimate]:
    scored = part.scored("correct")
    if not scored.height:
        return
    clusters = clusters_of(scored)
    statuses = scored.get_column("correct:status").cast(pl.String)
    for name, status in (("refusal_rate", "refused"), ("unparsed_rate", "unparsed")):
        hits = (statuses == status).to_numpy()
        if part.reading == "corrected":
            yield part.estimate(
                name, rate(hits, clusters=clusters), measure="correct", direction="lower"
            )


def _labels(part: Slice, kind: Kind) -> Iterator[Estimate]:
    """Class-wise metrics of one form of question."""
    scored = part.scored("gold")
    gold, predicted, names = label_codes(scored, kind)
    clusters = clusters_of(scored)
    if kind is Kind.YES_NO:
        yield from _two_by_two(part, gold, predicted, clusters)
    if len(names) > MOST_LABELS:
        return
    rng = np.random.default_rng(SEED)
    found = bootstrap_intervals(
        gold, predicted, rng=rng, clusters=clusters, n_labels=len(names), draws=DRAWS
    )
    for name, interval in found.items():
        yield part.estimate(name, interval, measure="correct", direction="higher")


def _two_by_two(
    part: Slice, gold: IntArray, predicted: IntArray, clusters: IntArray
) -> Iterator[Estimate]:
    for name, label in (("sensitivity", 1), ("specificity", 0)):
        chosen = gold == label
        interval = rate(predicted[chosen] == label, clusters=clusters[chosen])
        yield part.estimate(name, interval, measure="correct", direction="higher")
    yield part.estimate("yes_rate", rate(predicted == 1, clusters=clusters), measure="predicted")
