"""What is said about answers that are right or wrong: rates, blind baselines, gaps, paired changes.

Beside every accuracy stand its blind baselines, per group too. Gaps between groups come with the
gap a fair model would show by chance, and standardised to a common label mix, since a constant
answer makes "unfairness" out of prevalence alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate, Kind
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.classification import bootstrap_intervals
from medtrust.metrics.comparison import difference
from medtrust.metrics.gaps import GapTable, group_gap, standardised_gap
from medtrust.metrics.intervals import Interval, mean, rate
from medtrust.metrics.paired import paired_difference
from medtrust.metrics.score_table import (
    GROUP,
    STRATUM,
    Direction,
    Slice,
    clusters_of,
    encode,
    floats,
    paired,
    slices,
)
from medtrust.suites.blind_baselines import constants, forms, label_codes, majority

SEED: Final = 20_240_606
"""Of permutations and bootstraps, fixed so that the same scores give the same report."""

DRAWS: Final = 2_000
FEW: Final = 30
"""Groups with fewer samples are shown, but nothing is said about them."""

MOST_LABELS: Final = 30
MOST_GROUPS: Final = 20

Metric = Callable[[pl.DataFrame], Iterable[Estimate]]


def answer_metrics(*, by: tuple[str, ...], whole: bool, terms: tuple[str, ...] = ()) -> Metric:
    """Metrics of a task made by `suites.answering`.

    Args:
        by: Strata that get numbers of their own, e.g. ``("dataset",)``; ``("*",)`` for all.
        whole: Whether all samples together get numbers, too.
        terms: What the codes of answers to open questions stand for, where such answers are
            marked right or wrong without a judge.
    """

    def measure(scores: pl.DataFrame) -> Iterator[Estimate]:
        clean: dict[tuple[str, str], Slice] = {}
        frame = _with_terms(scores, terms) if terms else scores
        # the clean condition first: the others are compared with it
        for everything in sorted(slices(frame), key=lambda part: part.condition != CLEAN):
            for part in cut(everything, by, whole=whole):
                key = (part.reading, part.label)
                if part.condition == CLEAN:
                    clean[key] = part
                yield from _about(part, clean.get(key))

    return measure


def _with_terms(scores: pl.DataFrame, terms: tuple[str, ...]) -> pl.DataFrame:
    """Open questions get the terms as their options, so that codes become names as elsewhere."""
    known = pl.lit(pl.Series([list(terms)], dtype=pl.List(pl.String)))
    chosen = pl.when(pl.col("kind") == Kind.OPEN.value).then(known).otherwise(pl.col("options"))
    return scores.with_columns(chosen.alias("options"))


def cut(everything: Slice, by: tuple[str, ...], *, whole: bool) -> Iterator[Slice]:
    """The parts that get numbers of their own, arguments as in `answer_metrics`."""
    if whole:
        yield everything
    names = by
    if by == ("*",):
        columns = everything.frame.columns
        names = tuple(name.removeprefix(STRATUM) for name in columns if name.startswith(STRATUM))
    for name in names:
        values = everything.values(f"{STRATUM}{name}")
        if whole and len(values) < 2:
            continue
        for value in values:
            yield everything.where(f"{STRATUM}{name}", value)


def _about(part: Slice, clean: Slice | None) -> Iterator[Estimate]:
    columns = part.frame.columns
    if "correct" in columns and part.frame.get_column("correct:status").is_not_null().any():
        yield from _closed(part, clean)
    if "judge_score" in columns and part.frame.get_column("judge_score:status").is_not_null().any():
        yield from _judged(part)


def _closed(part: Slice, clean: Slice | None) -> Iterator[Estimate]:
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
    if part.condition == CLEAN:
        yield from _gaps(part)
    elif clean is not None:
        yield _change(clean, part)


def accuracy(part: Slice) -> Iterator[Estimate]:
    """Share of right answers; refused and unparsed ones are not right.

    Beside it stands, where requests failed, what it would be had they all been answered.
    """
    scored = part.scored("correct")
    interval = rate(floats(scored, "correct"), clusters=clusters_of(scored))
    yield part.estimate(
        "accuracy",
        interval,
        measure="correct",
        direction="higher",
        note="too few to say" if 0 < interval.n < FEW else "",
    )
    if interval.n:
        yield from bounds(part, "accuracy", "correct")


def bounds(
    part: Slice,
    metric: str,
    measure: str,
    *,
    direction: Direction = "higher",
    ends: tuple[str, str] = ("wrong", "right"),
) -> Iterator[Estimate]:
    """A rate had all that failed been 0, and had it been 1; nothing where no request failed.

    Args:
        part: With the measure; gold defects never count.
        metric: Name of the rate, e.g. ``accuracy`` for ``accuracy_if_failed_wrong``.
        measure: Zeros and ones.
        direction: Which way is better.
        ends: What 0 and 1 are called in the names.
    """
    status = pl.col(f"{measure}:status").cast(pl.String)
    failed = status.str.starts_with("missing:") & ~status.str.starts_with("missing:gold-")
    asked = part.frame.filter(pl.col(measure).is_not_null() | failed)
    values = asked.get_column(measure)
    if not values.null_count():
        return
    for how, value in zip(ends, (0.0, 1.0), strict=True):
        filled = values.fill_null(value).to_numpy()
        yield part.estimate(
            f"{metric}_if_failed_{how}",
            rate(filled, clusters=clusters_of(asked)),
            measure=measure,
            direction=direction,
        )


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


def _gaps(part: Slice) -> Iterator[Estimate]:
    for column in part.frame.columns:
        if column.startswith(GROUP) and 2 <= len(part.values(column)) <= MOST_GROUPS:
            yield from _gap(part, column)


def _gap(part: Slice, column: str) -> Iterator[Estimate]:
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
        correct, codes, rng=np.random.default_rng(SEED), clusters=clusters, draws=DRAWS
    )
    yield from _gap_estimates(part, "accuracy_gap", table, name, scored)
    standardised, by = _standardised(scored, correct, codes, clusters)
    yield from _gap_estimates(part, "accuracy_gap_standardised", standardised, name, scored, by)


def _standardised(
    scored: pl.DataFrame, correct: FloatArray, codes: IntArray, clusters: IntArray
) -> tuple[GapTable, str]:
    """Standardised to the mix of gold texts; of gold places, where texts are too many to share."""

    def by(gold: pl.Series) -> GapTable:
        rng = np.random.default_rng(SEED)
        return standardised_gap(
            correct, codes, encode(gold), rng=rng, clusters=clusters, draws=DRAWS
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


def _change(clean: Slice, altered: Slice) -> Estimate:
    both = paired(clean, altered, "correct")
    found = paired_difference(
        floats(both, "before"),
        floats(both, "after"),
        rng=np.random.default_rng(SEED),
        clusters=clusters_of(both),
        draws=DRAWS,
    )
    return altered.estimate(
        "accuracy_change",
        found.interval,
        measure="correct",
        note=found.p_method,
        p_value=found.p_value,
    )


def _judged(part: Slice) -> Iterator[Estimate]:
    scored = part.scored("judge_score")
    scores = floats(scored, "judge_score")
    # the official reading keeps what the judge said, also beyond its scale
    within = bool(((scores >= 0) & (scores <= 1)).all())
    interval = mean(scores, clusters=clusters_of(scored), bounds=(0.0, 1.0) if within else None)
    note = "" if within else "scores beyond the scale are kept"
    yield part.estimate(
        "judge_score", interval, measure="judge_score", direction="higher", note=note
    )
