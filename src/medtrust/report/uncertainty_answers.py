"""Answers of the uncertainty suite, one row each, as its figures need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from medtrust.core.records import OK
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.report import wording
from medtrust.report.uncertainty_names import TASK

if TYPE_CHECKING:
    from medtrust.run import Run


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of one arm, one row each.

    Attributes:
        frame: Columns ``sample``, ``cluster`` (codes), ``status``, ``correct`` and estimators.
    """

    frame: pl.DataFrame

    def known(self, estimator: str) -> pl.DataFrame:
        """Those that could be read, have a gold and a value of the estimator."""
        return self.read.filter(pl.col(estimator).is_not_null())

    @property
    def read(self) -> pl.DataFrame:
        """Those that could be read and have a gold."""
        return self.frame.filter(pl.col("correct").is_not_null() & (pl.col("status") == OK))

    def left_out(self, estimator: str) -> str:
        """How many are not in a figure of the estimator, and why, in a phrase."""
        counts = dict(self.frame.group_by("status").len().iter_rows())
        without = self.read.height - self.known(estimator).height
        told = [
            f"{wording.count(number)} {reason}"
            for number, reason in (
                (counts.get("refused", 0), "refused"),
                (counts.get("unparsed", 0), "unreadable"),
                (self.frame.height - self.read.height - counts.get("refused", 0)
                 - counts.get("unparsed", 0), "without a result"),
                (without, "without a value of the estimator"),
            )
            if number
        ]  # fmt: skip
        return ", ".join(told) or "nothing"


def answers_of(run: Run, condition: str, estimators: Sequence[str]) -> Answers:
    """Answers of one arm.

    Args:
        run: A run with scores.
        condition: The arm.
        estimators: Whose values to join; null where there are none.
    """
    scores = run.scores.filter(
        pl.col("task").cast(pl.String) == TASK,
        pl.col("condition").cast(pl.String) == condition,
        pl.col("reading").cast(pl.String) == "corrected",
        pl.col("measure").cast(pl.String).is_in(["correct", *estimators]),
    ).with_columns(pl.col(name).cast(pl.String) for name in ("sample", "measure", "status"))
    status = scores.filter(pl.col("measure") == "correct").select("sample", "status")
    wide = scores.pivot("measure", index="sample", values="value", maintain_order=True)
    # an arm that was not run, or an estimator that nobody scored, has no column of its own
    wide = wide.with_columns(
        pl.lit(None, pl.Float64).alias(name)
        for name in ("correct", *estimators)
        if name not in wide.columns
    )
    about = run.samples.select(pl.col("id").cast(pl.String).alias("sample"), _cluster())
    frame = wide.join(status, on="sample", how="left", maintain_order="left").join(
        about, on="sample", how="left", maintain_order="left"
    )
    return Answers(
        frame.with_columns(pl.col("cluster").rank("dense").fill_null(0).cast(pl.Int64) - 1)
    )


def _cluster() -> pl.Expr:
    """A sample without a cluster is one of its own."""
    cluster, sample = pl.col("cluster").cast(pl.String), pl.col("id").cast(pl.String)
    return pl.when(cluster.fill_null("") == "").then(sample).otherwise(cluster).alias("cluster")


def floats(frame: pl.DataFrame, name: str) -> FloatArray:
    """Values of a column, shape (n,)."""
    return frame.get_column(name).cast(pl.Float64).to_numpy()


def clusters(frame: pl.DataFrame) -> IntArray:
    """Codes, shape (n,)."""
    return frame.get_column("cluster").to_numpy()
