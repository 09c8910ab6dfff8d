"""Does the judge pay for length? Slope of its score on the length of the answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import OK, Estimate
from medtrust.metrics.intervals import mean
from medtrust.metrics.score_table import clusters_of, floats
from medtrust.metrics.slope import slope
from medtrust.suites.cares.rates import parts


def judge_metrics(scores: pl.DataFrame) -> Iterator[Estimate]:
    """``judge_length_slope`` (per doubling of the words) and the mean token F1 of open answers."""
    for part, _ in parts(scores):
        if part.condition != CLEAN:
            continue
        if part.reading == "corrected" and part.has("answer_length"):
            # a refused answer has its mark by rule, and is short: no judge paid for its length
            status = pl.col("judge_score:status").cast(pl.String)
            scored = part.scored("judge_score").filter(status == OK)
            words = np.maximum(floats(scored, "answer_length"), 1.0)
            interval = slope(
                np.log2(words),
                floats(scored, "judge_score"),
                clusters=clusters_of(scored),
            )
            yield part.estimate(
                "judge_length_slope", interval, measure="judge_score",
                note="change of the judge's score, on a scale from 0.1 to 1, per doubling of the "
                "answer's words",
            )  # fmt: skip
        if part.has("token_f1"):
            scored = part.scored("token_f1")
            yield part.estimate(
                "token_f1",
                mean(floats(scored, "token_f1"), clusters=clusters_of(scored), bounds=(0.0, 1.0)),
                measure="token_f1",
                direction="higher",
                note="shared words with the reference; not in the paper",
            )
