"""MediConfusion's accounting as released: counters by category, and the table it prints.

A pair adds to six counters, in total and for each category. In total a pair counts once, but
``individual_score`` and ``invalid`` count images. By category every image that has the tag counts,
and is credited with the outcome of its whole pair; only ``individual_score`` and ``invalid`` look
at the image itself. What is printed as "Valid pairs" of a category is therefore a number of tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.errors import DataError
from medtrust.core.records import Estimate
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.score_table import Direction, Slice, encode
from medtrust.readers.official.mediconfusion import INVALID, Choice, Letter
from medtrust.suites.answer_rates import FEW

COUNTERS: Final = (
    "set_score", "individual_score", "confused", "invalid", "valids", "valid_pairs",
)  # fmt: skip
TOTAL: Final = "total"
CATEGORIES: Final = "stratum:categories"
SEPARATOR: Final = "|"

Counters = dict[str, dict[str, int]]
"""Counts by counter and category; the last category is `TOTAL`."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What the accounting has to know about a pair.

    Attributes:
        id: E.g. ``10001``.
        gold: Right option of each image.
        categories: Tags of each image.
    """

    id: str
    gold: tuple[Letter, Letter]
    categories: tuple[tuple[str, ...], tuple[str, ...]]


def empty(categories: Sequence[str]) -> Counters:
    """All counters at 0."""
    return {counter: dict.fromkeys((*categories, TOTAL), 0) for counter in COUNTERS}


def counters(pair: Pair, choices: tuple[Choice, Choice], categories: Sequence[str]) -> Counters:
    """What one pair adds.

    Args:
        pair: The pair.
        choices: Option chosen for each image, "-" for none.
        categories: All that are counted.

    Raises:
        DataError: If an image has another category; the released script stops there.
    """
    own = [category for image in pair.categories for category in image]
    unknown = set(own) - set(categories)
    if unknown:
        raise DataError(f"Pair {pair.id} has the category {min(unknown)!r}, which is not counted.")
    found = empty(categories)
    right = [chosen == key for chosen, key in zip(choices, pair.gold, strict=True)]
    valid = INVALID not in choices
    different = choices[0] != choices[1]
    by_pair = {
        "set_score": all(right),
        "confused": valid and not different,
        "valids": valid,
        "valid_pairs": valid and different,
    }
    for counter in (counter for counter, counts in by_pair.items() if counts):
        _add(found[counter], own)
    for tags, is_right, chosen in zip(pair.categories, right, choices, strict=True):
        if is_right:
            _add(found["individual_score"], tags)
        if chosen == INVALID:
            _add(found["invalid"], tags)
    return found


def _add(counts: dict[str, int], tags: Iterable[str]) -> None:
    counts[TOTAL] += 1
    for tag in tags:
        counts[tag] += 1


def summed(parts: Iterable[Counters], categories: Sequence[str]) -> Counters:
    """Counters of all pairs together."""
    table = empty(categories)
    for part in parts:
        for counter, counts in table.items():
            for category in counts:
                counts[category] += part[counter][category]
    return table


def tagged(pairs: Iterable[Pair], categories: Sequence[str]) -> dict[str, int]:
    """Image slots by category: the released denominators (``stats/statistics.json``)."""
    counts = dict.fromkeys(categories, 0)
    for pair in pairs:
        for image in pair.categories:
            for category in image:
                counts[category] += 1
    return counts


def identity_holds(table: Counters) -> bool:
    """Whether individual accuracy is confusion / 2 + set accuracy, as it is with no invalid answer.

    Counted exactly: every confused pair has one right answer, and every pair that is right two.
    """
    count = {counter: counts[TOTAL] for counter, counts in table.items()}
    return count["individual_score"] == count["confused"] + 2 * count["set_score"]


def released_estimates(part: Slice, *, total: bool = True) -> Iterator[Estimate]:
    """Set and individual accuracy, confusion, invalid rate and precision, exactly as released.

    In total, and by category with the label ``category=NAME``. Where nothing is left to divide by,
    confusion and precision are 0, as printed, and the note says so. The script takes its
    denominators from its files; here they are the pairs asked and their tags, which is the same
    when all are asked. Pairs with a member that has no answer are left out.

    Args:
        part: Columns ``pair``, ``sample``, ``cluster``, ``predicted`` (0, 1 or null), ``gold`` and
            `CATEGORIES`, tags joined by ``|``.
        total: Whether the numbers in total are wanted beside those by category.
    """
    images, left_out = _images(part.frame)
    note = f"{left_out} pairs left out: a member has no answer" if left_out else ""
    if total:
        yield from _in_total(part, images, note)
    if CATEGORIES not in images.columns:
        return
    tags = images.get_column(CATEGORIES).drop_nulls().str.split(SEPARATOR).explode()
    for category in sorted(set(tags.to_list()) - {""}):
        has_tag = pl.col(CATEGORIES).str.split(SEPARATOR).list.contains(category)
        yield from _of_category(part, images.filter(has_tag), category, note)


def _images(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """One row per image of complete pairs with its own and its pair's outcome; pairs left out."""
    missing = pl.lit(value=False)
    if "predicted:status" in frame.columns:
        missing = pl.col("predicted:status").cast(pl.String).str.starts_with("missing")
    rows = frame.filter(pl.col("pair").is_not_null()).with_columns(
        right=(pl.col("predicted") == pl.col("gold")).fill_null(value=False),
        invalid=pl.col("predicted").is_null(),
        absent=missing.fill_null(value=True),
    )
    known = rows.filter((pl.len().over("pair") == 2) & ~pl.col("absent").any().over("pair"))
    left_out = rows.get_column("pair").n_unique() - known.get_column("pair").n_unique()
    if CATEGORIES in known.columns:
        known = known.with_columns(pl.col(CATEGORIES).cast(pl.String))
    outcomes = known.with_columns(
        both_right=pl.col("right").all().over("pair"),
        valid=~pl.col("invalid").any().over("pair"),
        same=pl.col("predicted").n_unique().over("pair") == 1,
        first=pl.int_range(pl.len()).over("pair") == 0,
    )
    return outcomes, left_out


def _in_total(part: Slice, images: pl.DataFrame, note: str) -> Iterator[Estimate]:
    """Numbers over pairs, or over all images."""
    pairs = images.filter("first")
    yield from _numbers(part, pairs, images, "", note)


def _of_category(part: Slice, images: pl.DataFrame, category: str, note: str) -> Iterator[Estimate]:
    """The same, all of it over images with the tag."""
    counted = f"of {images.height} images tagged {category}, each credited with its pair's outcome"
    label = f"category={category}"
    yield from _numbers(part, images, images, label, "; ".join(filter(None, (counted, note))))


def _numbers(
    part: Slice, pairs: pl.DataFrame, images: pl.DataFrame, label: str, note: str
) -> Iterator[Estimate]:
    """The five numbers of a printed line.

    Args:
        part: Whose numbers they are.
        pairs: Rows that stand for pairs.
        images: Rows that stand for images.
        label: Of the estimates.
        note: For all of them.
    """
    valid = pairs.filter("valid")
    different = valid.filter(~pl.col("same"))
    which: tuple[tuple[str, pl.DataFrame, str, str, Direction, str], ...] = (
        ("set_accuracy", pairs, "both_right", "correct", "higher", ""),
        ("individual_accuracy", images, "right", "correct", "higher", ""),
        ("confusion", valid, "same", "predicted", "lower", "pair with two valid answers"),
        ("invalid_rate", images, "invalid", "predicted", "lower", ""),
        ("precision", different, "both_right", "correct", "higher", "pair answered differently"),
    )
    for metric, rows, outcome, measure, direction, needed in which:
        few = "too few to say" if 0 < rows.get_column("pair").n_unique() < FEW else ""
        interval = rate(
            rows.get_column(outcome).to_numpy().astype(np.float64),
            clusters=encode(rows.get_column("cluster")),
        )
        said = note
        if needed and pairs.height and not rows.height:
            interval = Interval(0.0, None, None, interval.level, "as released", 0, 0)
            said = "; ".join(filter(None, (f"no {needed}: the released script prints 0", note)))
        yield part.estimate(
            metric, interval, measure=measure, direction=direction, label=label,
            note="; ".join(filter(None, (few, said))),
        )  # fmt: skip
