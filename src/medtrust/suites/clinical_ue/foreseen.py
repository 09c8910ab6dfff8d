"""Does uncertainty about the plain question foresee which answers collapse?

Told of every perturbation and estimator, among the answers right before; of the hidden option also
unconditionally, against its null (flips when options are merely shuffled or a wrong one is
swapped), and as a calibrated probability of collapse for each case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import OK, Estimate
from medtrust.metrics.adjusted_odds import adjusted_odds_ratio
from medtrust.metrics.collapse_probability import collapse_probability
from medtrust.metrics.fragility import fragility
from medtrust.metrics.fragility_null import against_null
from medtrust.metrics.score_table import Slice, clusters_of, encode, floats, slices
from medtrust.suites.answer_rates import SEED
from medtrust.suites.clinical_ue.arms import NULLS, REMOVED, REPLACED
from medtrust.suites.clinical_ue.estimated import (
    REFERENCES,
    prepared,
    without_skipped,
)
from medtrust.suites.clinical_ue.marks import ESTIMATORS
from medtrust.suites.clinical_ue.perturbed import paired_with

READ: Final = pl.col("before:status") == OK


def foresight(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Fragility of every estimator under the hidden option, and of the references under all."""
    parts = {part.condition: part for part in slices(prepared(scores))}
    clean = parts.pop(CLEAN, None)
    if clean is None:
        return
    nulls: dict[str, Slice] = {
        name: without_skipped(parts[name]) for name in NULLS if name in parts
    }
    for condition, part in parts.items():
        if condition == REMOVED:
            continue
        both = paired_with(clean, without_skipped(part)).where(READ)
        names = ESTIMATORS if condition == REPLACED else REFERENCES
        for name in names:
            if f"before:{name}" not in both.frame.columns:
                continue
            rows = both.frame.filter(pl.col(f"before:{name}").is_not_null())
            if not rows.height:
                continue
            if condition == REPLACED:
                yield from _in_full(part, rows, name)
                yield from _against_null(part, rows, name, nulls)
                yield from _for_each_case(part, rows, name)
                yield _within_modalities(part, rows, name)
            else:
                yield _plain(part, rows, name)


def _plain(part: Slice, rows: pl.DataFrame, name: str) -> Estimate:
    found = fragility(
        floats(rows, f"before:{name}"), floats(rows, "before:correct"), floats(rows, "correct"),
        clusters=clusters_of(rows),
    )  # fmt: skip
    return part.estimate(
        "fragility_auroc", found.conditional, measure="correct", label=f"estimator={name}",
        note="among answers right to the plain question",
    )  # fmt: skip


def _in_full(part: Slice, rows: pl.DataFrame, name: str) -> Iterator[Estimate]:
    found = fragility(
        floats(rows, f"before:{name}"), floats(rows, "before:correct"), floats(rows, "correct"),
        clusters=clusters_of(rows), rng=np.random.default_rng(SEED),
    )  # fmt: skip
    told = (
        ("fragility_auroc", found.conditional, "among answers right to the plain question"),
        ("fragility_auroc_unconditional", found.unconditional, "holds answers wrong both times"),
        ("fragility_average_precision", found.average_precision, ""),
        ("fragility_prediction_rejection_ratio", found.prediction_rejection_ratio, ""),
    )
    for metric, interval, note in told:
        yield part.estimate(
            metric, interval, measure="correct", label=f"estimator={name}", note=note
        )


def _against_null(
    part: Slice, rows: pl.DataFrame, name: str, nulls: Mapping[str, Slice]
) -> Iterator[Estimate]:
    """What is particular to hiding: fragility beyond flips under changes that mean nothing."""
    if not nulls:
        return
    joined = rows
    for number, null in enumerate(nulls.values()):
        after = null.scored("correct").select("sample", pl.col("correct").alias(f"null:{number}"))
        joined = joined.join(after, on="sample", how="inner", maintain_order="left")
    if not joined.height:
        return
    found = against_null(
        floats(joined, f"before:{name}"),
        floats(joined, "before:correct"),
        floats(joined, "correct"),
        [floats(joined, f"null:{number}") for number in range(len(nulls))],
        clusters=clusters_of(joined),
    )
    label, among = f"estimator={name}", f"null arms: {', '.join(nulls)}"
    yield part.estimate(
        "fragility_null_auroc", found.null, measure="correct", label=label, note=among
    )
    yield part.estimate(
        "fragility_minus_null", found.difference.interval, measure="correct", label=label,
        p_value=found.difference.p_value, note=found.difference.p_method,
    )  # fmt: skip
    yield part.estimate(
        "fragility_discordant_auroc", found.discordant, measure="correct", label=label,
        note="among answers that failed under exactly one of both",
    )  # fmt: skip


def _for_each_case(part: Slice, rows: pl.DataFrame, name: str) -> Iterator[Estimate]:
    """How good each case's own probability of collapse is, from answers of other clusters."""
    found = collapse_probability(
        floats(rows, f"before:{name}"),
        floats(rows, "before:correct"),
        floats(rows, "correct"),
        clusters=clusters_of(rows),
        rng=np.random.default_rng(SEED),
    )
    yield part.estimate(
        "collapse_probability_skill", found.skill, measure="correct", label=f"estimator={name}",
        direction="higher", note="1 - Brier score / that of the base rate, held out",
    )  # fmt: skip


def _within_modalities(part: Slice, rows: pl.DataFrame, name: str) -> Estimate:
    """Odds of collapse per standard deviation of uncertainty's rank, modalities held fixed.

    Of the rank, since a few answers far out would otherwise carry the whole slope.
    """
    from scipy.special import ndtri

    right = rows.filter(pl.col("before:correct") > 0.5)
    effects = []
    if "stratum:modality" in right.columns:
        effects = [encode(right.get_column("stratum:modality"))]
    ranks = right.get_column(f"before:{name}").rank("average").to_numpy()
    found = adjusted_odds_ratio(
        ndtri((ranks - 0.5) / max(ranks.size, 1)),
        floats(right, "correct") < 0.5,
        effects=effects,
        clusters=clusters_of(right),
    )
    return part.estimate(
        "collapse_odds_ratio", found.odds_ratio, measure="correct", label=f"estimator={name}",
        p_value=found.p_value, unit="ratio",
        note="per standard deviation of its rank as a normal score, modalities held fixed",
    )  # fmt: skip
