"""Are two images told apart that differ in the one thing the question is about?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate, Kind, Sample
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.data.components import components
from medtrust.metrics.arrays import BoolArray, IntArray
from medtrust.metrics.intervals import Interval
from medtrust.metrics.pairs import (
    confusion,
    guessed_set_accuracy,
    individual_accuracy,
    set_accuracy,
)
from medtrust.metrics.score_table import Slice, encode, slices
from medtrust.probes.question import PROMPTS, question
from medtrust.suites.answering import CLOSED, closed_marks
from medtrust.suites.answering_metrics import FEW, cut
from medtrust.suites.topics import PAIR, is_closed, topic_of

_KEYS: Final = tuple(MeasureKey(name) for name in CLOSED)


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Those of a closed question."""
    return _KEYS


def applies(sample: Sample, condition: str) -> bool:
    """Members of pairs, as they are."""
    is_member = topic_of(sample) == PAIR and bool(sample.pair) and is_closed(sample)
    return is_member and condition == CLEAN


def metrics(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Set accuracy, individual accuracy and confusion, over all pairs and by modality."""
    if "pair" not in scores.columns:
        return
    for everything in slices(scores):
        for part in cut(everything, ("modality",), whole=True):
            yield from _about(part)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs with both members scored.

    Attributes:
        correct: Shape (n, 2).
        answers: Codes of what was answered, -1 for nothing valid, shape (n, 2).
        clusters: Shape (n,).
        n_options: Options of each pair's question, shape (n,).
        n_left_out: Pairs with a member that has no score.
    """

    correct: BoolArray
    answers: IntArray
    clusters: IntArray
    n_options: IntArray
    n_left_out: int


def _about(part: Slice) -> Iterator[Estimate]:
    pairs = _pairs(part.frame)
    notes = ["too few to say"] if 0 < len(pairs.correct) < FEW else []
    if pairs.n_left_out:
        notes.append(f"{pairs.n_left_out} pairs left out: a member has no answer")
    note = "; ".join(notes)
    clusters = pairs.clusters
    yield part.estimate(
        "set_accuracy",
        set_accuracy(pairs.correct, clusters=clusters),
        measure="correct", direction="higher", note=note,
    )  # fmt: skip
    yield part.estimate(
        "random_baseline", _guessed(pairs), measure="gold", note="each member guessed evenly"
    )
    yield part.estimate(
        "individual_accuracy",
        individual_accuracy(pairs.correct, clusters=clusters),
        measure="correct", direction="higher", note=note,
    )  # fmt: skip
    yield part.estimate(
        "confusion",
        confusion(pairs.answers, clusters=clusters),
        measure="predicted", direction="lower", note="of the pairs with two valid answers",
    )  # fmt: skip


def _guessed(pairs: _Pairs) -> Interval:
    value = guessed_set_accuracy(pairs.n_options)
    n_clusters = len(np.unique(pairs.clusters))
    return Interval(value, None, None, 0.95, "exact", len(pairs.correct), n_clusters)


def _pairs(frame: pl.DataFrame) -> _Pairs:
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
    return _Pairs(
        correct=np.array(complete.get_column("correct").to_list(), dtype=bool).reshape(shape),
        answers=np.array(complete.get_column("said").to_list(), dtype=np.int64).reshape(shape),
        clusters=np.array(components(touched), dtype=np.int64),
        n_options=np.array(complete.get_column("n_options").list.first().to_list(), dtype=np.int64),
        n_left_out=whole.height - complete.height,
    )


@task(
    "phantom/pairs",
    version=1,
    data="phantom",
    measures=measures,
    metrics=(metrics,),
    applies=applies,
    prompts={name: PROMPTS[name] for name in ("question/choice", "question/yes-no")},
)
def pairs(sample: Sample, setting: Setting) -> SingleConversation:
    """Are two images told apart that differ only in what the question is about?"""
    ask = question(sample, setting)
    turn = yield ask
    return closed_marks(sample, ask, turn.answer)
