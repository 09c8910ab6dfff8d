"""What is said about groups of people: how each fares, and how far apart they are.

Gaps between groups come with the gap a fair model would show by chance, and standardised to a
common label mix, since a constant answer makes "unfairness" out of prevalence alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.records import Estimate
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.comparison import difference
from medtrust.metrics.gaps import GapTable, group_gap, standardised_gap
from medtrust.metrics.intervals import Interval
from medtrust.metrics.mean_comparison import mean_difference
from medtrust.metrics.score_table import GROUP, Slice, clusters_of, encode, floats
from medtrust.suites.answer_rates import DRAWS, FEW, SEED, accuracy, judge_score
from medtrust.suites.blind_baselines import majority

MOST_GROUPS: Final = 20
LEVEL: Final = 0.95

_RAW: Final = {f"{GROUP}age": f"{GROUP}age_group"}
"""Columns that are left alone where their bins are there."""

_NAMES: Final = {"correct": "accuracy", "judge_score": "judge_score"}
"""What metrics of a measure are called."""


@dataclass(frozen=True)
class Groups:
    """Scores of one measure by one patient attribute.

    Attributes:
        part: The samples.
        column: Of the attribute, e.g. ``group:sex``.
        measure: ``correct`` or ``judge_score``.
        minimum_n: Groups with fewer scores are listed, but not compared.
        draws: Number of permutations behind a noise floor.
    """

    part: Slice
    column: str
    measure: str = "correct"
    minimum_n: int = FEW
    draws: int = DRAWS
    frame: pl.DataFrame = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = self.part.scored(self.measure).filter(pl.col(self.column).is_not_null())
        object.__setattr__(self, "frame", known)

    @property
    def name(self) -> str:
        """The attribute, e.g. ``sex``."""
        return self.column.removeprefix(GROUP)

    @property
    def metric(self) -> str:
        """What the rate or mean of a group is called."""
        return _NAMES[self.measure]

    @cached_property
    def values(self) -> list[str]:
        """Groups with at least one score, sorted; a group's code is its place."""
        return sorted(self.frame.get_column(self.column).cast(pl.String).unique())

    @cached_property
    def codes(self) -> IntArray:
        """Group of each scored sample, shape (n,)."""
        return encode(self.frame.get_column(self.column))

    @cached_property
    def clusters(self) -> IntArray:
        """Cluster of each scored sample, shape (n,)."""
        return clusters_of(self.frame)

    @cached_property
    def scores(self) -> FloatArray:
        """Score of each sample, shape (n,)."""
        return floats(self.frame, self.measure)

    @cached_property
    def sizes(self) -> IntArray:
        """Number of scores of each group, shape (groups,)."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)

    @cached_property
    def table(self) -> GapTable:
        """All groups, and the largest gap between those that are large enough."""
        return group_gap(
            self.scores,
            self.codes,
            rng=np.random.default_rng(SEED),
            clusters=self.clusters,
            level=LEVEL,
            draws=self.draws,
            minimum_n=self.minimum_n,
        )

    def sides(self) -> Iterator[tuple[str, BoolArray, BoolArray]]:
        """Comparisons of two sides: a label and whom it compares with whom.

        Two groups are compared with each other, of more each with all the others together.
        """
        first, *others = self.values
        if len(others) == 1:
            yield f"{self.name}={first}-{others[0]}", self.codes == 0, self.codes == 1
            return
        for code, value in enumerate(self.values):
            yield f"{self.name}={value}", self.codes == code, self.codes != code

    def about_sides(self, one: BoolArray, two: BoolArray) -> str:
        """What must be read with a comparison of two sides."""
        said = ["against all others"] if len(self.values) > 2 else []
        smaller = min(int(one.sum()), int(two.sum()))
        if smaller < self.minimum_n:
            said.append(f"too few to say (n = {smaller} on one side)")
        return "; ".join(said)


def attributes(part: Slice, *, most: float = MOST_GROUPS) -> list[str]:
    """Columns of patient attributes whose groups can be told apart.

    Raw ages are left alone where there are age groups.

    Args:
        part: The samples.
        most: Attributes with more groups are left out.
    """
    columns = part.frame.columns
    return [
        column
        for column in columns
        if column.startswith(GROUP)
        and _RAW.get(column) not in columns
        and 2 <= len(part.values(column)) <= most
    ]


def group_metrics(part: Slice, *, minimum_n: int = FEW, draws: int = DRAWS) -> Iterator[Estimate]:
    """How each group fares, and the gaps between them, for every patient attribute.

    Args:
        part: Answers marked right or wrong.
        minimum_n: Groups with fewer answers are listed, but not compared.
        draws: Number of permutations behind a noise floor.
    """
    for column in attributes(part):
        groups = Groups(part, column, minimum_n=minimum_n, draws=draws)
        yield from each_group(groups)
        if len(groups.values) == 2:
            yield from differences(groups)
        if len(groups.values) >= 2:
            yield from gaps(groups)


def each_group(groups: Groups) -> Iterator[Estimate]:
    """Every group's accuracy beside the best constant answer, or its mean judge score."""
    for value in groups.values:
        members = groups.part.where(groups.column, value)
        if groups.measure == "correct":
            yield from accuracy(members, minimum_n=groups.minimum_n)
            yield from majority(members)
        else:
            yield from judge_score(members, minimum_n=groups.minimum_n)


def differences(groups: Groups) -> Iterator[Estimate]:
    """Signed differences, as `Groups.sides` pairs them; there are at least two groups."""
    compare = difference if groups.measure == "correct" else mean_difference
    yield from compared(groups, compare, "difference")


def compared(
    groups: Groups, compare: Callable[..., Interval], end: str, unit: str = "fraction"
) -> Iterator[Estimate]:
    """One number of each two sides that `Groups.sides` pairs.

    Args:
        groups: At least two.
        compare: Takes the scores of both sides and ``clusters_first``, ``clusters_second`` and
            ``level`` by name, like `medtrust.metrics.comparison.difference`.
        end: Of the number's name, behind that of the rate or mean.
        unit: What one of it is.
    """
    for label, one, two in groups.sides():
        interval = compare(
            groups.scores[one],
            groups.scores[two],
            clusters_first=groups.clusters[one],
            clusters_second=groups.clusters[two],
            level=LEVEL,
        )
        yield groups.part.estimate(
            f"{groups.metric}_{end}",
            interval,
            measure=groups.measure,
            label=label,
            note=groups.about_sides(one, two),
            unit=unit,
        )


def gaps(groups: Groups) -> Iterator[Estimate]:
    """The largest gap between groups, as it is and at a common label mix.

    Answers that a judge scored have no labels to be standardised by.
    """
    yield from _gap_estimates(groups, f"{groups.metric}_gap", groups.table)
    if groups.measure == "correct":
        table, by = _standardised(groups)
        yield from _gap_estimates(groups, f"{groups.metric}_gap_standardised", table, by)


def _standardised(groups: Groups) -> tuple[GapTable, str]:
    """Standardised to the mix of gold texts; of gold places, where texts are too many to share."""

    def by(gold: pl.Series) -> GapTable:
        return standardised_gap(
            groups.scores,
            groups.codes,
            encode(gold),
            rng=np.random.default_rng(SEED),
            clusters=groups.clusters,
            level=LEVEL,
            draws=groups.draws,
            minimum_n=groups.minimum_n,
        )

    place = pl.col("gold").cast(pl.String)
    text = pl.col("options").list.get(pl.col("gold").cast(pl.Int64), null_on_oob=True)
    by_text = by(_with_kind(groups.frame, text.fill_null(place)))
    if by_text.gap is not None:
        return by_text, "standardised by gold text"
    return by(_with_kind(groups.frame, place)), "standardised by gold place"


def _with_kind(scored: pl.DataFrame, label: pl.Expr) -> pl.Series:
    """Labels of gold answers, each kind of question with its own: "yes" is no first option."""
    return scored.select(pl.concat_str(pl.col("kind").cast(pl.String), label)).to_series()


def over_all(groups: Groups, value: float | None, method: str, note: str = "") -> Interval:
    """A number about all groups together that has no interval."""
    n_clusters = int(np.unique(groups.clusters).shape[0])
    return Interval(value, None, None, LEVEL, method, groups.frame.height, n_clusters, note)


def _gap_estimates(
    groups: Groups, metric: str, table: GapTable, by: str = ""
) -> Iterator[Estimate]:
    """The largest gap, what a fair model would show, and the gap with that bias removed."""
    said = [by] if by and table.p_value is not None else []
    few = sum(row.note.startswith("too few") for row in table.rows)
    if few:
        said.append(f"{few} groups too few to say")
    without = sum(bool(row.note) for row in table.rows) - few
    if without:
        said.append(f"{without} groups without some label")
    part, measure, name = groups.part, groups.measure, groups.name
    yield part.estimate(
        metric,
        over_all(groups, table.gap, "max-min", table.note),
        measure=measure,
        direction="lower",
        label=name,
        note="; ".join(said),
        p_value=table.p_value,
    )
    if table.noise_floor is not None:
        floor = over_all(groups, table.noise_floor, table.null_model)
        yield part.estimate(f"{metric}_noise_floor", floor, measure=measure, label=name)
    if table.debiased_gap is not None:
        debiased = over_all(groups, table.debiased_gap, table.null_model)
        yield part.estimate(
            f"{metric}_debiased", debiased, measure=measure, direction="lower", label=name
        )
