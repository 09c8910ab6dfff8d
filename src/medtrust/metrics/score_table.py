"""Scores joined with their samples, cut into slices, turned into estimates.

The bridge between the long score table and the array functions of this package: it finds the rows
of a measure, the codes of clusters and groups, and puts intervals into records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from medtrust.core.records import Estimate
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.intervals import Interval

GROUP: str = "group:"
STRATUM: str = "stratum:"
"""Prefixes of the columns that hold patient attributes and properties of the case."""

UNNAMED: str = "unnamed"
"""What samples without a value are called beside those with one."""

Direction = Literal["higher", "lower", "none"]


def encode(values: pl.Series) -> IntArray:
    """Integer codes of a column in sorted order, shape (n,); null becomes -1."""
    if values.dtype.is_numeric():
        codes = values.rank("dense").cast(pl.Int64) - 1
    else:
        texts = values.cast(pl.String)
        names = texts.drop_nulls().unique().sort()
        codes = texts.cast(pl.Enum(names)).to_physical().cast(pl.Int64)
    return codes.fill_null(-1).to_numpy()


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one task, condition and reading for one part of the data, one row per sample.

    Attributes:
        frame: Columns ``sample``, ``cluster``, ``kind``, ``options``, groups and strata, and
            ``<measure>`` and ``<measure>:status`` for each measure.
        task: Task name.
        version: Task version.
        condition: Canonical condition.
        reading: ``corrected`` or ``official``.
        label: What part this is, e.g. ``dataset=IU-Xray``; empty for all.
    """

    frame: pl.DataFrame
    task: str
    version: int
    condition: str
    reading: str
    label: str = ""

    def where(self, column: str, value: str) -> Slice:
        """The part where a column has a value; the label says so."""
        return self._part(pl.col(column) == value, column, value)

    def unnamed(self, column: str) -> Slice:
        """The part where a column is null, labelled ``NAME=unnamed``."""
        return self._part(pl.col(column).is_null(), column, UNNAMED)

    def _part(self, rows: pl.Expr, column: str, value: str) -> Slice:
        name = column.removeprefix(GROUP).removeprefix(STRATUM)
        label = ";".join(part for part in (self.label, f"{name}={value}") if part)
        part = self.frame.filter(rows)
        return Slice(part, self.task, self.version, self.condition, self.reading, label)

    def values(self, column: str) -> list[str]:
        """Distinct values of a column, sorted; null left out."""
        if column not in self.frame.columns:
            return []
        return sorted(self.frame.get_column(column).drop_nulls().cast(pl.String).unique())

    def has(self, measure: str) -> bool:
        """Whether any row has the measure, be it missing."""
        column = f"{measure}:status"
        columns = self.frame.columns
        return column in columns and bool(self.frame.get_column(column).is_not_null().any())

    def scored(self, measure: str) -> pl.DataFrame:
        """Rows whose measure has a value."""
        return self.frame.filter(pl.col(measure).is_not_null())

    def counts(self, measure: str) -> Mapping[str, int]:
        """Rows by status of a measure, most frequent first."""
        column = f"{measure}:status"
        if column not in self.frame.columns:
            return {}
        statuses = self.frame.get_column(column).drop_nulls().cast(pl.String).to_list()
        return dict(Counter(statuses).most_common())

    def estimate(
        self,
        metric: str,
        interval: Interval,
        *,
        measure: str,
        direction: Direction = "none",
        label: str = "",
        note: str = "",
        unit: str = "fraction",
        p_value: float | None = None,
        comparable: str = "",
    ) -> Estimate:
        """An interval as a record of this slice.

        Args:
            metric: Its name.
            interval: Its value.
            measure: Whose statuses are counted.
            direction: Which way is better.
            label: Appended to the slice's own label.
            note: Appended to the interval's own note.
            unit: What one of it is.
            p_value: Of the test that goes with it, in (0, 1].
            comparable: ``no: <why>``, where the metric itself cannot stand beside published ones.
        """
        return Estimate(
            task=self.task,
            version=self.version,
            metric=metric,
            condition=self.condition,
            group=";".join(part for part in (self.label, label) if part),
            reading=self.reading,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            level=interval.level,
            method=interval.method,
            p_value=p_value,
            n=interval.n,
            n_clusters=interval.n_clusters,
            counts=self.counts(measure),
            unit=unit,
            direction=direction,
            comparable=comparable,
            note="; ".join(part for part in (interval.note, note) if part),
        )


def clusters_of(frame: pl.DataFrame) -> IntArray:
    """Cluster codes, shape (n,)."""
    return encode(frame.get_column("cluster"))


def floats(frame: pl.DataFrame, measure: str) -> FloatArray:
    """A measure's values, shape (n,)."""
    return frame.get_column(measure).to_numpy().astype(np.float64)


def slices(scores: pl.DataFrame) -> Iterator[Slice]:
    """One slice per task version, condition and reading, over all samples.

    Args:
        scores: One row per sample, condition and reading (`medtrust.measure.widen` makes it).
    """
    keys = ["task", "version", "condition", "reading"]
    for row in scores.select(keys).unique(maintain_order=True).iter_rows():
        same = [pl.col(name) == value for name, value in zip(keys, row, strict=True)]
        part = scores.filter(same).drop(keys)
        task, version, condition, reading = row
        yield Slice(part, str(task), int(version), str(condition), str(reading))


def paired(before: Slice, after: Slice, measure: str) -> pl.DataFrame:
    """Samples scored in both slices: columns ``before``, ``after``, ``cluster``."""
    first = before.scored(measure).select("sample", "cluster", pl.col(measure).alias("before"))
    second = after.scored(measure).select("sample", pl.col(measure).alias("after"))
    return first.join(second, on="sample", how="inner", maintain_order="left")
