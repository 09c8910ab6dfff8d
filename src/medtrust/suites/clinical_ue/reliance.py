"""Consistency and image reliance: a model that is sure, stable and does not look passes the rest.

Consistent is an answer that neither other words nor another order of the options changes; reliant
one that changes when the image is blanked. Names and definition: arXiv 2603.20985; our paraphrases
change the words around the question only, and the image is blanked, not removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.metrics.arrays import IntArray
from medtrust.metrics.image_reliance import image_reliance
from medtrust.metrics.quadrants import quadrants
from medtrust.metrics.score_table import STRATUM, Direction, Slice, clusters_of, floats, slices
from medtrust.suites.answer_rates import DRAWS, SEED
from medtrust.suites.clinical_ue.arms import BLANK, REWORDED, SHUFFLED
from medtrust.suites.clinical_ue.estimated import REFERENCES, prepared

VARIANTS: Final = (*REWORDED, SHUFFLED)
DIRECTIONS: Final[dict[str, Direction]] = {
    "ideal": "higher",
    "fragile": "lower",
    "dangerous": "lower",
    "worst": "lower",
}


def reliance(scores: pl.DataFrame) -> Iterator[Estimate]:
    """The four quadrants, where the plain, the reworded and the blank arm were run."""
    parts = {part.condition: part for part in slices(prepared(scores))}
    variants: list[str] = [name for name in VARIANTS if name in parts]
    if CLEAN not in parts or BLANK not in parts or not variants:
        return
    clean = parts[CLEAN]
    rows = clean.scored("correct")
    for name in (*variants, BLANK):
        rows = rows.join(_said(parts[name], name), on="sample", how="left", maintain_order="left")
        # what was asked in vain says nothing about the answer
        rows = rows.filter(pl.col(f"asked:{name}").is_null() | pl.col(f"asked:{name}"))
    rows = rows.filter(pl.col(f"asked:{BLANK}").is_not_null())
    if rows.height:
        yield from _about(clean, rows, variants)


def _said(part: Slice, name: str) -> pl.DataFrame:
    """What was chosen in an arm, and whether there was an answer; null where it is not asked."""
    return part.frame.select(
        "sample",
        pl.col("correct").is_not_null().alias(f"asked:{name}"),
        pl.col("predicted").fill_null(-1).alias(f"said:{name}"),
    )


def _about(clean: Slice, rows: pl.DataFrame, variants: list[str]) -> Iterator[Estimate]:
    plain, blank = _codes(rows, "predicted"), _codes(rows, f"said:{BLANK}")
    # a yes/no question has no options to shuffle: what is not asked changes nothing
    others = np.stack(
        [
            np.where(
                rows.get_column(f"asked:{name}").is_null().to_numpy(),
                plain,
                _codes(rows, f"said:{name}"),
            )
            for name in variants
        ],
        axis=1,
    )
    clusters = clusters_of(rows)
    found = quadrants(plain, others, blank, correct=floats(rows, "correct"), clusters=clusters)
    note = f"variants: {', '.join(variants)}"
    for name, group in found.groups.items():
        yield clean.estimate(
            f"quadrant_{name}", group.share, measure="predicted", note=note,
            direction=DIRECTIONS[name],
        )  # fmt: skip
        if group.accuracy is not None:
            yield clean.estimate(
                f"quadrant_{name}_accuracy", group.accuracy, measure="predicted",
                direction="higher",
            )  # fmt: skip
    yield clean.estimate(
        "consistency", found.consistent, measure="predicted", direction="higher", note=note
    )
    yield clean.estimate("image_reliance", found.reliant, measure="predicted", direction="higher")
    reworded = [place for place, name in enumerate(variants) if name in REWORDED]
    if reworded:
        yield from _beyond_chance(clean, rows, (plain, others[:, reworded], blank))
    yield from _separated(clean, rows, plain, others, blank)


def _beyond_chance(
    clean: Slice, rows: pl.DataFrame, said: tuple[IntArray, IntArray, IntArray]
) -> Iterator[Estimate]:
    """The reliance against what unrelated answers, and mere rewording, would show."""
    found = image_reliance(
        *said,
        rows.get_column(f"{STRATUM}options").cast(pl.Int64).to_numpy(),
        rng=np.random.default_rng(SEED),
        clusters=clusters_of(rows),
        draws=DRAWS,
    )
    yield clean.estimate(
        "image_reliance_chance_corrected", found.chance_corrected, measure="predicted",
        direction="higher", unit="ratio", note="1 is as if the image decided everything",
    )  # fmt: skip
    yield clean.estimate(
        "image_reliance_beyond_rewording", found.beyond_rewording.interval, measure="predicted",
        direction="higher", p_value=found.beyond_rewording.p_value,
        note=found.beyond_rewording.p_method,
    )  # fmt: skip


def _codes(rows: pl.DataFrame, column: str) -> IntArray:
    return rows.get_column(column).fill_null(-1).to_numpy().astype(np.int64)


def _separated(
    clean: Slice, rows: pl.DataFrame, plain: IntArray, others: IntArray, blank: IntArray
) -> Iterator[Estimate]:
    """Does uncertainty tell the dangerous from the ideal? Of the estimators named in advance."""
    for name in REFERENCES:
        if name not in rows.columns:
            continue
        known = rows.get_column(name).is_not_null().to_numpy()
        if not known.any():
            continue
        found = quadrants(
            plain[known],
            others[known],
            blank[known],
            uncertainty=floats(rows.filter(pl.Series(known)), name),
            clusters=clusters_of(rows)[known],
        )
        if found.separation is not None:
            yield clean.estimate(
                "dangerous_auroc", found.separation, measure=name, label=f"estimator={name}",
                direction="higher", note="uncertainty, dangerous against ideal; 0.5 is blind",
            )  # fmt: skip
