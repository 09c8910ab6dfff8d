"""What a finding consists of: a sentence with numbers, and the tables and figures behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from medtrust.metrics.intervals import Interval


@dataclass(frozen=True, slots=True)
class Finding:
    """One question to the runs, and what they answer.

    Attributes:
        question: What is asked.
        sentence: The answer, with numbers and an interval.
        remarks: What else to know: warnings, and what the numbers do not say.
        tables: Frames by file name.
        captions: What each table shows.
        figures: SVG by file name.
    """

    question: str
    sentence: str
    remarks: tuple[str, ...] = ()
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)


def cells(name: str, interval: Interval) -> dict[str, Any]:
    """An interval as three columns: value, low and high."""
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of plain values as a frame; a column without any value holds numbers."""
    found = pl.DataFrame([dict(row) for row in rows], infer_schema_length=None)
    empty = [name for name, kind in found.schema.items() if kind == pl.Null()]
    return found.with_columns(pl.col(name).cast(pl.Float64) for name in empty)
