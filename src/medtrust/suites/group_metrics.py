"""What is said about groups of people: how each fares, and how far apart they are.

Gaps between groups come with the gap a fair model would show by chance, and standardised to a
common label mix, since a constant answer makes "unfairness" out of prevalence alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.records import Estimate
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.comparison import difference
from medtrust.metrics.gaps import GapTable, group_gap, standardised_gap
from medtrust.metrics.intervals import Interval
from medtrust.metrics.score_table import GROUP, Slice, clusters_of, encode, floats
from medtrust.suites.answer_rates import DRAWS, SEED, accuracy
from medtrust.suites.blind_baselines import majority

MOST_GROUPS: Final = 20


def group_metrics(part: Slice, *, draws: int = DRAWS) -> Iterator[Estimate]:
    """How each group fares, and the gaps between them, for every patient attribute.

    Args:
        part: Answers marked right or wrong.
        draws: Number of permutations behind a noise floor.
    """
    for column in part.frame.columns:
        if column.startswith(GROUP) and 2 <= len(part.values(column)) <= MOST_GROUPS:
            yield from _gap(part, column, draws)


def _gap(part: Slice, column: str, draws: int) -> Iterator[Estimate]:
    name = column.removeprefix(GROUP)
    values = part.values(column)
    for value in values:
        group = part.where(column, value)
        if group.scored("correct").height:
            yield from accuracy(group)
            yield from majority(group)
    scored = part.scored("correct").filter(pl.col(column).is_not_null())
    if scored.get_column(column).n_unique() < 2:
        return
    if len(values) == 2:
        yield _two_groups(part, column, values)
    codes, clusters = encode(scored.get_column(column)), clusters_of(scored)
    correct = floats(scored, "correct")
    table = group_gap(
        correct, codes, rng=np.random.default_rng(SEED), clusters=clusters, draws=draws
    )
    yield from _gap_estimates(part, "accuracy_gap", table, name, scored)
    standardised, by = _standardised(scored, correct, codes, clusters, draws)
    yield from _gap_estimates(part, "accuracy_gap_standardised", standardised, name, scored, by)


def _standardised(
    scored: pl.DataFrame, correct: FloatArray, codes: IntArray, clusters: IntArray, draws: int
) -> tuple[GapTable, str]:
    """Standardised to the mix of gold texts; of gold places, where texts are too many to share."""

    def by(gold: pl.Series) -> GapTable:
        rng = np.random.default_rng(SEED)
        return standardised_gap(
            correct, codes, encode(gold), rng=rng, clusters=clusters, draws=draws
        )

    place = pl.col("gold").cast(pl.String)
    text = pl.col("options").list.get(pl.col("gold").cast(pl.Int64), null_on_oob=True)
    by_text = by(_with_kind(scored, text.fill_null(place)))
    if by_text.gap is not None:
        return by_text, "standardised by gold text"
    return by(_with_kind(scored, place)), "standardised by gold place"


def _with_kind(scored: pl.DataFrame, label: pl.Expr) -> pl.Series:
    """Labels of gold answers, each kind of question with its own: "yes" is no first option."""
    return scored.select(pl.concat_str(pl.col("kind").cast(pl.String), label)).to_series()


def _two_groups(part: Slice, column: str, values: list[str]) -> Estimate:
    sides = [part.where(column, value).scored("correct") for value in values]
    codes = encode(pl.concat([side.get_column("cluster") for side in sides]))
    cut = sides[0].height
    interval = difference(
        floats(sides[0], "correct"),
        floats(sides[1], "correct"),
        clusters_first=codes[:cut],
        clusters_second=codes[cut:],
    )
    name = column.removeprefix(GROUP)
    return part.estimate(
        "accuracy_difference",
        interval,
        measure="correct",
        label=f"{name}={values[0]}-{values[1]}",
    )


def _gap_estimates(
    part: Slice, metric: str, table: GapTable, name: str, scored: pl.DataFrame, by: str = ""
) -> Iterator[Estimate]:
    """The largest gap, what a fair model would show, and the gap with that bias removed."""

    def about(value: float | None, method: str, note: str = "") -> Interval:
        clusters = scored.get_column("cluster").n_unique()
        return Interval(value, None, None, 0.95, method, scored.height, clusters, note)

    said = [by] if by and table.p_value is not None else []
    few = sum(1 for row in table.rows if row.compared is None)
    if few:
        said.append(f"{few} groups too few to say")
    yield part.estimate(
        metric,
        about(table.gap, "max-min", table.note),
        measure="correct",
        direction="lower",
        label=name,
        note="; ".join(said),
        p_value=table.p_value,
    )
    if table.noise_floor is not None:
        floor = about(table.noise_floor, table.null_model)
        yield part.estimate(f"{metric}_noise_floor", floor, measure="correct", label=name)
    if table.debiased_gap is not None:
        debiased = about(table.debiased_gap, table.null_model)
        yield part.estimate(
            f"{metric}_debiased", debiased, measure="correct", direction="lower", label=name
        )
