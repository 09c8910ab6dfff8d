"""Does an estimator tell wrong answers from right ones, and what would deferring by it buy?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.paired import PairedDifference
from medtrust.metrics.precision_interval import average_precision_interval
from medtrust.metrics.ranking import auroc_cap
from medtrust.metrics.ranking_intervals import auroc_difference, auroc_interval
from medtrust.metrics.score_table import Slice, clusters_of, floats, slices
from medtrust.metrics.selective_intervals import selective_intervals
from medtrust.suites.answer_rates import DRAWS, SEED, accuracy
from medtrust.suites.answering_metrics import cut
from medtrust.suites.blind_baselines import constants, forms, majority
from medtrust.suites.clinical_ue.arms import FULL, REMOVED
from medtrust.suites.clinical_ue.estimated import (
    BY,
    REFERENCES,
    Judged,
    answered,
    judged,
    prepared,
    without_skipped,
)
from medtrust.suites.clinical_ue.marks import AGREES

NOTHING_LEFT: Final = "no answer has a value"


def error_detection(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Accuracy, and of each estimator how well it ranks errors; strata of the plain question."""
    for everything in map(without_skipped, slices(prepared(scores))):
        yield from accuracy(everything)
        if everything.condition != REMOVED:
            yield from _answered_accuracy(everything)
        if everything.condition not in FULL:
            continue
        yield from _first_token(everything)
        for found in judged(everything):
            yield from _about(found)
        if everything.condition == CLEAN:
            yield from _blind(everything)
            yield from _cap(everything)
            yield from _compared(everything)
            yield from _by_stratum(everything)


def _blind(part: Slice) -> Iterator[Estimate]:
    """What never looking reaches: the commonest answer, and each constant one."""
    found = forms(part)
    if len(found) > 1:
        yield from majority(part)
    for kind, only in found:
        yield from majority(only)
        yield from constants(only, kind)


def _answered_accuracy(part: Slice) -> Iterator[Estimate]:
    rows = answered(part)
    interval = rate(floats(rows, "correct"), clusters=clusters_of(rows))
    yield part.estimate(
        "answered_accuracy", interval, measure="correct", direction="higher",
        note="among answers that could be read",
    )  # fmt: skip


def _first_token(part: Slice) -> Iterator[Estimate]:
    """How far the letters at the first token speak for the answer."""
    if not part.has(AGREES):
        return
    told = part.scored(AGREES)
    agreement = rate(floats(told, AGREES), clusters=clusters_of(told))
    yield part.estimate("first_token_agreement", agreement, measure=AGREES, direction="higher")
    rows = part.scored("option_mass")
    mass = mean(1.0 - floats(rows, "option_mass"), clusters=clusters_of(rows), bounds=(0.0, 1.0))
    yield part.estimate("mean_option_mass", mass, measure="option_mass", direction="higher")


def _about(found: Judged) -> Iterator[Estimate]:
    part, label = found.part, found.label
    rows = answered(part)
    available = rate(
        rows.get_column(found.name).is_not_null().to_numpy(), clusters=clusters_of(rows)
    )
    yield part.estimate("estimator_available", available, measure=found.name, label=label)
    yield _auroc(found)
    if found.barred or not found.wrong.size:
        return
    precision = average_precision_interval(found.uncertainty, found.wrong, clusters=found.clusters)
    yield part.estimate(
        "error_average_precision", precision, measure=found.name, label=label, direction="higher",
        note=f"a blind order has {found.wrong.mean():.3f}",
    )  # fmt: skip
    intervals = selective_intervals(
        found.uncertainty,
        found.wrong,
        rng=np.random.default_rng(SEED),
        clusters=found.clusters,
        draws=DRAWS,
    )
    for metric, interval in intervals.items():
        yield part.estimate(
            metric, interval, measure=found.name, label=label,
            direction="higher" if metric.startswith(("coverage_at", "prediction")) else "lower",
        )  # fmt: skip


def _plain(found: Judged, value: float | None, note: str = "") -> Interval:
    """A number without an interval."""
    clusters = int(np.unique(found.clusters).size)
    return Interval(value, None, None, 0.95, "", found.wrong.size, clusters, note)


def _auroc(found: Judged, *, stratum: bool = False) -> Estimate:
    interval = auroc_interval(found.uncertainty, found.wrong, clusters=found.clusters)
    why = found.barred or (found.few if stratum else "")
    if not found.wrong.size:
        why = why or NOTHING_LEFT
    if why:
        interval = _plain(found, None, why)
    return found.part.estimate(
        "error_auroc", interval, measure=found.name, label=found.label, direction="higher"
    )


def _by_stratum(everything: Slice) -> Iterator[Estimate]:
    """Accuracy and AUROC of each stratum: is uncertainty worst where the model is?"""
    for part in cut(everything, BY, whole=True):
        if not part.label:
            continue
        yield from accuracy(part)
        yield from _blind(part)
        yield from _cap(part)
        for found in judged(part):
            # one line says that there is too little; the same of every estimator says no more
            if not found.few or found.name == REFERENCES[0]:
                yield _auroc(found, stratum=True)


def _cap(part: Slice) -> Iterator[Estimate]:
    """The AUROC that is left to reach when lucky guesses look like other guesses.

    Only where all questions have one number of options: with several, guesses differ in how lucky
    they were, and an estimator may know it.
    """
    rows = answered(part)
    counts = rows.get_column("stratum:options").unique()
    correct = floats(rows, "correct")
    if len(counts) != 1:
        return
    value = auroc_cap(float(correct.mean()), int(counts[0]))
    note = "if the model knows or guesses" if value is not None else "no better than guessing"
    clusters = int(np.unique(clusters_of(rows)).size)
    interval = Interval(value, None, None, 0.95, "know-or-guess", correct.size, clusters, note)
    yield part.estimate("auroc_cap", interval, measure="correct", direction="none")


def _compared(everything: Slice) -> Iterator[Estimate]:
    """Every estimator against the first reference that has values, on answers that both judge."""
    found = {each.name: each for each in judged(everything) if each.wrong.size and not each.barred}
    reference = next((name for name in REFERENCES if name in found), None)
    if reference is None:
        return
    for name, each in found.items():
        if name == reference:
            continue
        both = each.frame.filter(pl.col(reference).is_not_null())
        difference = _difference(both, name, reference)
        yield everything.estimate(
            "error_auroc_difference", difference.interval, measure=name,
            label=each.label, note=f"minus that of {reference}; {difference.p_method}",
            p_value=difference.p_value,
        )  # fmt: skip


def _difference(both: pl.DataFrame, name: str, reference: str) -> PairedDifference:
    return auroc_difference(
        floats(both, name),
        floats(both, reference),
        floats(both, "correct") < 0.5,
        clusters=clusters_of(both),
    )
