"""Members of confusable pairs side by side, and pairs cut by what their images are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.records import Kind
from medtrust.data.components import components
from medtrust.metrics.arrays import BoolArray, IntArray
from medtrust.metrics.score_table import STRATUM, Slice, encode

SEVERAL: Final = "|"
"""Between the values of a stratum that holds several."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs with both members scored.

    Attributes:
        names: Of the pairs, shape (n,).
        correct: Shape (n, 2).
        answers: Codes of what was answered, -1 for nothing valid, shape (n, 2).
        clusters: Shape (n,).
        n_options: Options of each pair's question, shape (n,).
        n_left_out: Pairs with a member that has no score.
    """

    names: list[str]
    correct: BoolArray
    answers: IntArray
    clusters: IntArray
    n_options: IntArray
    n_left_out: int

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.names)

    @property
    def two_options(self) -> bool:
        """Whether there are pairs, and all their questions have two options."""
        return self.n > 0 and bool((self.n_options == 2).all())


def pairs_of(frame: pl.DataFrame) -> Pairs:
    """Members side by side, in the order of the samples."""
    option = pl.col("options").list.get(pl.col("predicted").cast(pl.Int64), null_on_oob=True)
    is_choice = pl.col("kind") == Kind.CHOICE.value
    members = frame.select(
        "pair", "cluster", "correct",
        said=pl.when(is_choice).then(option).otherwise(pl.col("predicted").cast(pl.String)),
        n_options=pl.when(is_choice).then(pl.col("options").list.len()).otherwise(2),
    )  # fmt: skip
    codes = pl.Series("said", encode(members.get_column("said")))
    whole = (
        members.with_columns(codes)
        .group_by("pair", maintain_order=True)
        .agg(pl.all())
        .filter(pl.col("pair").is_not_null())
    )
    complete = whole.filter(
        (pl.col("correct").list.len() == 2) & (pl.col("correct").list.count_matches(None) == 0)
    )
    shape = (complete.height, 2)
    touched = [[str(code) for code in codes] for codes in complete.get_column("cluster")]
    return Pairs(
        names=complete.get_column("pair").to_list(),
        correct=np.array(complete.get_column("correct").to_list(), dtype=bool).reshape(shape),
        answers=np.array(complete.get_column("said").to_list(), dtype=np.int64).reshape(shape),
        clusters=np.array(components(touched), dtype=np.int64),
        n_options=np.array(complete.get_column("n_options").list.first().to_list(), dtype=np.int64),
        n_left_out=whole.height - complete.height,
    )


def common(first: Pairs, second: Pairs) -> tuple[Pairs, Pairs]:
    """Pairs that are in both, in the order of the first."""
    place = {name: row for row, name in enumerate(second.names)}
    rows = [row for row, name in enumerate(first.names) if name in place]
    return _taken(first, rows), _taken(second, [place[first.names[row]] for row in rows])


def _taken(pairs: Pairs, rows: Sequence[int]) -> Pairs:
    index = np.array(rows, dtype=np.int64)
    return Pairs(
        [pairs.names[row] for row in rows],
        pairs.correct[index],
        pairs.answers[index],
        pairs.clusters[index],
        pairs.n_options[index],
        pairs.n_left_out,
    )


def cut_pairs(part: Slice, stratum: str, *, several: bool) -> Iterator[Slice]:
    """Whole pairs by the values that either member has, sorted; nothing with fewer than two."""
    column = f"{STRATUM}{stratum}"
    if column not in part.frame.columns:
        return
    values = pl.col(column).cast(pl.String)
    each = part.frame.select("pair", value=values.str.split(SEVERAL) if several else values)
    if several:
        each = each.explode("value")
    each = each.filter(pl.col("value").is_not_null() & (pl.col("value") != "")).unique()
    found = each.get_column("value").unique().sort().to_list()
    name = singular(stratum) if several else stratum
    for value in found if len(found) > 1 else []:
        chosen = each.filter(pl.col("value") == value)
        frame = part.frame.join(chosen, on="pair", how="semi", maintain_order="left")
        yield Slice(frame, part.task, part.version, part.condition, part.reading, f"{name}={value}")


def singular(stratum: str) -> str:
    """What one value of a stratum with several is called: ``categories`` gives ``category``."""
    if stratum.endswith("ies"):
        return f"{stratum.removesuffix('ies')}y"
    return stratum.removesuffix("s")
