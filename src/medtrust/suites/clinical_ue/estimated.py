"""The rows on which an estimator can be judged, and the bound on letters.

An answer that was refused, could not be read or has no usable gold is neither right nor wrong about
what it was sure of; an estimator without a value for an answer says nothing about it. Both are left
out, and how often is said: a missing value never counts as certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import OK, Kind, missing
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.score_table import STRATUM, Slice, clusters_of, floats
from medtrust.suites.clinical_ue.marks import AGREES, ESTIMATORS

BY: Final = ("modality", "dataset", "options")
"""Strata that get numbers of their own; ``options`` is how many the question has."""

LEAST_AGREEMENT: Final = 0.9
"""Letters count only where the first token is the letter that the text names this often."""

ENOUGH: Final = 20
"""Fewer right or fewer wrong answers than this say nothing about a stratum (the specification)."""

REFERENCES: Final = ("letter_probability", "sequence_probability", "answer_agreement", "p_true")
"""Named in advance; the first that has values is what others are compared with."""

BARRED: Final = missing("first-token-disagrees")
"""Status of a letter estimator where the first token too often names another option."""

SKIPPED: Final = "missing:nota-"
"""How the status of a question begins that an arm cannot put."""

LETTERS: Final = frozenset(
    name for name, estimator in ESTIMATORS.items() if estimator.needs == ("option_logprobs",)
)


@dataclass(frozen=True, slots=True)
class Judged:
    """Answers with a value of one estimator, and whether they are wrong.

    Attributes:
        part: Where they are from.
        name: The estimator.
        uncertainty: Shape (n,), high = uncertain.
        wrong: Shape (n,).
        clusters: Codes, shape (n,).
        frame: Their rows.
        barred: Why nothing may be said of it; empty when it may.
    """

    part: Slice
    name: str
    uncertainty: FloatArray
    wrong: BoolArray
    clusters: IntArray
    frame: pl.DataFrame
    barred: str

    @property
    def label(self) -> str:
        """What names the estimator beside the part."""
        return f"estimator={self.name}"

    @property
    def is_probability(self) -> bool:
        """Whether one minus it is a probability of being right."""
        return ESTIMATORS[self.name].is_probability

    @property
    def few(self) -> str:
        """Why this is too little for a stratum; empty when it is not."""
        wrong = int(self.wrong.sum())
        if min(wrong, self.wrong.size - wrong) >= ENOUGH:
            return ""
        return f"fewer than {ENOUGH} right or {ENOUGH} wrong answers"


def prepared(scores: pl.DataFrame) -> pl.DataFrame:
    """The table in order, without barred letters, with the number of options as a stratum.

    A yes/no question has two.
    """
    scores = in_order(without_barred_letters(scores))
    count = pl.col("options").list.len()
    two = pl.col("kind").cast(pl.String) == Kind.YES_NO.value
    return scores.with_columns(
        pl.when(two).then(2).otherwise(count).cast(pl.String).alias(f"{STRATUM}options")
    )


def without_skipped(part: Slice) -> Slice:
    """The part without questions that cannot be put this way."""
    status = pl.col("correct:status").cast(pl.String)
    rows = part.frame.filter(~status.str.starts_with(SKIPPED))
    return Slice(rows, part.task, part.version, part.condition, part.reading, part.label)


def answered(part: Slice) -> pl.DataFrame:
    """Rows whose answer was read and has a gold."""
    status = pl.col("correct:status").cast(pl.String)
    return part.frame.filter(pl.col("correct").is_not_null() & (status == OK))


def judged(part: Slice) -> Iterator[Judged]:
    """Every estimator that was marked in a part, in the order of the table."""
    rows, why = answered(part), why_letters_are_barred(part)
    for name in ESTIMATORS:
        if name not in rows.columns:
            continue
        known = rows.filter(pl.col(name).is_not_null())
        yield Judged(
            part,
            name,
            floats(known, name),
            floats(known, "correct") < 0.5,
            clusters_of(known),
            known,
            why if name in LETTERS else "",
        )


def in_order(wide: pl.DataFrame) -> pl.DataFrame:
    """The table with rows and cluster numbers by sample id, whatever the order of the data file.

    Folds, halves and resamples are drawn by place: equal data must give equal numbers.
    """
    first = pl.col("sample").min().over("cluster")
    return wide.sort("sample", "condition", "reading").with_columns(
        (first.rank("dense") - 1).cast(pl.Int64).alias("cluster")
    )


def without_barred_letters(wide: pl.DataFrame) -> pl.DataFrame:
    """The table with letter estimators missing where letters say nothing about the answers.

    Judged arm by arm where the agreement was marked; elsewhere the plain question speaks for all.

    Args:
        wide: One row per sample, condition and reading (`medtrust.measure.widen` makes it).
    """
    named = [name for name in LETTERS if name in wide.columns]
    if AGREES not in wide.columns or not named:
        return wide
    shares = wide.group_by("condition").agg(pl.col(AGREES).mean())
    by_arm = {str(arm): share for arm, share in shares.iter_rows()}
    plain = by_arm.get(CLEAN)
    barred = [
        arm
        for arm, share in by_arm.items()
        if (share if share is not None else plain if plain is not None else 1.0) < LEAST_AGREEMENT
    ]
    rows = pl.col("condition").cast(pl.String).is_in(barred)
    return wide.with_columns(
        *(pl.when(rows).then(None).otherwise(pl.col(name)).alias(name) for name in named),
        *(
            pl.when(rows & pl.col(name).is_not_null())
            .then(pl.lit(BARRED))
            .otherwise(pl.col(f"{name}:status").cast(pl.String))
            .alias(f"{name}:status")
            for name in named
        ),
    )


def why_letters_are_barred(part: Slice) -> str:
    """Why the first token's letters say nothing about these answers; empty when they do."""
    if not part.has(AGREES):
        return ""
    told = part.scored(AGREES)
    if not told.height:
        return ""
    share = float(floats(told, AGREES).mean())
    if share >= LEAST_AGREEMENT:
        return ""
    return (
        f"not computable: the first token names the option of the text in {share:.0%} of answers, "
        f"fewer than {LEAST_AGREEMENT:.0%}"
    )
