"""What a model that never looks would reach: always the same answer.

The label of a choice is the text of its option; where texts hardly repeat, a place in the list is
the better constant answer. Open questions count when their gold is a term of a known list.
Questions of several forms have one constant answer for each form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.records import Estimate, Kind
from medtrust.metrics.arrays import BoolArray, IntArray
from medtrust.metrics.intervals import rate
from medtrust.metrics.score_table import Slice, clusters_of, floats

MARKED_KINDS = (Kind.CHOICE, Kind.YES_NO, Kind.OPEN)
_WORDS: Final = {Kind.CHOICE: "multiple choice", Kind.YES_NO: "yes or no", Kind.OPEN: "open"}


def forms(part: Slice) -> list[tuple[Kind, Slice]]:
    """Forms of questions whose answers are right or wrong, each with its own part.

    A single form keeps the part's label; open questions that only a judge can mark do not make
    it one of several.
    """
    scored = set(part.scored("gold").get_column("kind"))
    present = [kind for kind in MARKED_KINDS if kind in scored]
    if len(present) == 1:
        return [(present[0], part)]
    return [(kind, part.where("kind", kind)) for kind in present]


def label_codes(scored: pl.DataFrame, kind: Kind) -> tuple[IntArray, IntArray, list[str]]:
    """Codes of gold and predicted labels (-1 for none), and what they stand for.

    Args:
        scored: Rows of one form of question that have a gold.
        kind: That form.
    """
    if kind is Kind.YES_NO:
        predicted = scored.get_column("predicted").fill_null(-1).to_numpy().astype(np.int64)
        return floats(scored, "gold").astype(np.int64), predicted, ["no", "yes"]
    texts = scored.select(
        gold=pl.col("options").list.get(pl.col("gold").cast(pl.Int64)),
        predicted=pl.col("options").list.get(pl.col("predicted").cast(pl.Int64), null_on_oob=True),
    )
    names = sorted(set(texts["gold"]) | set(texts["predicted"].drop_nulls()))
    place = {name: code for code, name in enumerate(names)}
    gold = np.array([place[name] for name in texts["gold"]], dtype=np.int64)
    predicted = np.array([place.get(name, -1) for name in texts["predicted"]], dtype=np.int64)
    return gold, predicted, names


def majority(part: Slice) -> Iterator[Estimate]:
    """The best constant answer, for each form its own, over all scored questions of a part."""
    found = [(kind, only.scored("gold")) for kind, only in forms(part)]
    if not found:
        return
    best = [_best_constant(scored, kind) for kind, scored in found]
    hits = np.concatenate([hits for hits, _ in best])
    clusters = clusters_of(pl.concat([scored.select("cluster") for _, scored in found]))
    said = [always for _, always in best]
    if len(found) > 1:
        said = [f"{always} ({_WORDS[kind]})" for (kind, _), always in zip(found, said, strict=True)]
    yield part.estimate(
        "majority_baseline",
        rate(hits, clusters=clusters),
        measure="gold",
        note=f"always {', '.join(said)}",
    )


def _best_constant(scored: pl.DataFrame, kind: Kind) -> tuple[BoolArray, str]:
    """Which questions the best constant answer gets right, and what it says."""
    gold, _, names = label_codes(scored, kind)
    best = int(np.bincount(gold, minlength=len(names)).argmax())
    hits = gold == best
    if kind is Kind.CHOICE:
        places = floats(scored, "gold").astype(np.int64)
        place = int(np.bincount(places).argmax())
        if (places == place).sum() > hits.sum():
            return places == place, f"option {place + 1} of the list"
    return hits, repr(names[best])


def constants(part: Slice, kind: Kind) -> Iterator[Estimate]:
    """Every constant answer: yes and no, or each place of the list before shuffling.

    Open questions have too many; their best one is in `majority`.
    """
    if kind is Kind.OPEN:
        return
    scored = part.scored("gold")
    codes = floats(scored, "gold").astype(np.int64)
    clusters = clusters_of(scored)
    if kind is Kind.YES_NO:
        labels = ["answer=no", "answer=yes"]
    else:
        labels = [f"option={place + 1}" for place in range(int(codes.max()) + 1)]
    for code, label in enumerate(labels):
        yield part.estimate(
            "constant_baseline",
            rate(codes == code, clusters=clusters),
            measure="gold",
            label=label,
        )
