"""What hiding the right option, and every other perturbation, does to answers and uncertainty.

A pair is one question clean and under an arm. Among the answers right before, those wrong after
have collapsed. What foresees it: `fragility`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.intervals import rate
from medtrust.metrics.perturbation import collapse, flips
from medtrust.metrics.score_table import Slice, clusters_of, floats, slices
from medtrust.metrics.uncertainty_shift import uncertainty_shift
from medtrust.suites.answer_rates import DRAWS, SEED, change
from medtrust.suites.clinical_ue.arms import REPLACED
from medtrust.suites.clinical_ue.estimated import BY, SKIPPED, prepared, without_skipped
from medtrust.suites.clinical_ue.marks import ESTIMATORS, PICKED, VERIFIED


@dataclass(frozen=True, slots=True)
class Paired:
    """The same questions clean and under an arm, both scored.

    Attributes:
        part: The arm.
        frame: The arm's columns, and those of the clean question with ``before:`` in front.
    """

    part: Slice
    frame: pl.DataFrame

    @property
    def clusters(self) -> IntArray:
        """Codes, shape (n,)."""
        return clusters_of(self.frame)

    def before(self, measure: str) -> FloatArray:
        """Of the clean question, shape (n,)."""
        return floats(self.frame, f"before:{measure}")

    def after(self, measure: str) -> FloatArray:
        """Under the arm, shape (n,)."""
        return floats(self.frame, measure)

    def where(self, *rows: pl.Expr) -> Paired:
        """Some of the questions."""
        return Paired(self.part, self.frame.filter(*rows))


def perturbation(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Every arm against the clean question; the hidden option in every detail."""
    parts = {part.condition: part for part in slices(prepared(scores))}
    clean = parts.pop(CLEAN, None)
    for condition, part in parts.items():
        if "nota=" in condition:
            yield from _skipped(part)
            yield from _picks(part)
        if clean is None:
            continue
        held = without_skipped(part)
        yield from change(clean, held, "accuracy_change", "correct")
        both = paired_with(clean, held)
        yield from _collapse(both)
        if condition == REPLACED:
            yield from _strata(both)
            yield from _verified(both)
            yield from _shifts(both)


def paired_with(clean: Slice, part: Slice) -> Paired:
    """Questions scored in both arms, in the order of the clean one."""
    columns = [name for name in clean.frame.columns if f"{name}:status" in clean.frame.columns]
    before = clean.scored("correct").select(
        "sample",
        *(pl.col(name).alias(f"before:{name}") for name in columns),
        pl.col("correct:status").cast(pl.String).alias("before:status"),
    )
    frame = before.join(part.scored("correct"), on="sample", how="inner", maintain_order="left")
    return Paired(part, frame)


def _skipped(part: Slice) -> Iterator[Estimate]:
    """How many questions could not be put this way, and why (in the counts)."""
    rows = part.frame
    status = rows.get_column("correct:status").cast(pl.String)
    interval = rate(status.str.starts_with(SKIPPED).to_numpy(), clusters=clusters_of(rows))
    yield part.estimate("nota_skipped", interval, measure="correct")


def _picks(part: Slice) -> Iterator[Estimate]:
    """How often "none of the others" is chosen; right where it hides the right option."""
    if "nota=remove" in part.condition:
        return
    rows = without_skipped(part).scored(PICKED)
    interval = rate(floats(rows, PICKED), clusters=clusters_of(rows))
    yield part.estimate("nota_pick_rate", interval, measure=PICKED)


def _collapse(both: Paired) -> Iterator[Estimate]:
    right, still = both.before("correct"), both.after("correct")
    interval = collapse(right, still, clusters=both.clusters)
    yield both.part.estimate(
        "collapse", interval, measure="correct", direction="lower",
        note="of answers right to the plain question",
    )  # fmt: skip
    if "nota=" not in both.part.condition:
        known = both.where(pl.col("gold").is_not_null())
        moved = flips(_codes(known, "before:predicted"), _codes(known, "predicted"),
                      clusters=known.clusters)  # fmt: skip
        yield both.part.estimate("flip_rate", moved, measure="predicted")


def _codes(both: Paired, column: str) -> IntArray:
    filled = both.frame.get_column(column).fill_null(-1)
    return filled.to_numpy().astype(np.int64)


def _strata(both: Paired) -> Iterator[Estimate]:
    """Collapse by modality, data set and number of options."""
    for name in BY:
        column = f"stratum:{name}"
        values = both.part.values(column)
        if len(values) < 2:
            continue
        for value in values:
            rows = both.where(pl.col(column) == value)
            interval = collapse(
                rows.before("correct"), rows.after("correct"), clusters=rows.clusters
            )
            yield both.part.where(column, value).estimate(
                "collapse", interval, measure="correct", direction="lower"
            )


def _verified(both: Paired) -> Iterator[Estimate]:
    """The same where it was checked that "none of the others" is right, and how often it was."""
    checked = both.frame.get_column(VERIFIED).to_numpy() > 0
    share = rate(checked, clusters=both.clusters)
    note = (
        "" if checked.all() else
        "unverified: of automatic replacements an expert found 32 % invalid (Bedi et al. 2025)"
    )  # fmt: skip
    yield both.part.estimate("nota_verified", share, measure=VERIFIED, note=note)
    if not checked.any() or checked.all():
        return
    rows = both.where(pl.col(VERIFIED) > 0)
    yield both.part.estimate(
        "collapse",
        collapse(rows.before("correct"), rows.after("correct"), clusters=rows.clusters),
        measure="correct", direction="lower", label="verified=yes",
    )  # fmt: skip


def _shifts(both: Paired) -> Iterator[Estimate]:
    """Does uncertainty rise when the right option is hidden? Of every estimator, paired."""
    for name in ESTIMATORS:
        if not {name, f"before:{name}"} <= set(both.frame.columns):
            continue
        known = both.where(pl.col(name).is_not_null(), pl.col(f"before:{name}").is_not_null())
        if not known.frame.height:
            continue
        found = uncertainty_shift(
            known.before(name), known.after(name), rng=np.random.default_rng(SEED),
            clusters=known.clusters, draws=DRAWS,
        )  # fmt: skip
        label = f"estimator={name}"
        yield both.part.estimate(
            "uncertainty_shift", found.difference.interval, measure=name, label=label,
            p_value=found.difference.p_value, note=found.difference.p_method, unit="natural",
        )  # fmt: skip
        yield both.part.estimate(
            "uncertainty_shift_standardised", found.standardised, measure=name, label=label,
            unit="standard deviations",
        )  # fmt: skip
        yield both.part.estimate("uncertainty_rose", found.rose, measure=name, label=label)
        for metric, shift in (
            ("uncertainty_signed_rank", found.signed_rank),
            ("uncertainty_distance", found.kolmogorov_smirnov),
        ):
            size = replace(
                found.rose, value=shift.value, low=None, high=None, method=shift.p_method
            )
            yield both.part.estimate(metric, size, measure=name, label=label, p_value=shift.p_value)
