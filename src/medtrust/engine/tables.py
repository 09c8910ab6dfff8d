"""Scores and the request index, gathered column by column while conversations end.

Rows go into small frames as they come, so that memory stays near the size of the finished table.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from medtrust.engine.dialogue import Dialogue

CHUNK_ROWS: Final = 20_000

SCORES: Final = {
    "task": pl.Categorical(),
    "version": pl.Int32(),
    "sample": pl.String(),
    "condition": pl.Categorical(),
    "reading": pl.Categorical(),
    "measure": pl.Categorical(),
    "value": pl.Float64(),
    "status": pl.Categorical(),
    "judge": pl.Categorical(),
}
REQUESTS: Final = {
    "task": pl.Categorical(),
    "sample": pl.String(),
    "condition": pl.Categorical(),
    "role": pl.Categorical(),
    "draw": pl.Int32(),
    "respondent": pl.Categorical(),
    "request_id": pl.String(),
}


class Columns:
    """Rows of one schema, kept as columns."""

    def __init__(self, schema: dict[str, pl.DataType]) -> None:
        self._schema = schema
        self._rows: list[tuple[object, ...]] = []
        self._frames: list[pl.DataFrame] = []

    def add(self, row: tuple[object, ...]) -> None:
        """Append one row, in the schema's order."""
        self._rows.append(row)
        if len(self._rows) >= CHUNK_ROWS:
            self._fold()

    def _fold(self) -> None:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        self._frames.append(
            pl.DataFrame(
                [
                    pl.Series(name, column, dtype=kind)
                    for (name, kind), column in zip(self._schema.items(), columns, strict=True)
                ]
            )
        )
        self._rows.clear()

    def frame(self, *by: str) -> pl.DataFrame:
        """Everything added so far, sorted by the named columns."""
        if self._rows or not self._frames:
            self._fold()
        frame = pl.concat(self._frames)
        if by:
            frame = frame.sort(_order(frame.get_column(name)) for name in by)
        self._frames = [frame]  # in place of the parts, so that nothing is held twice
        return frame


def _order(values: pl.Series) -> pl.Series:
    """What sorts like the texts of a column; few distinct ones are numbered, not written out."""
    if values.dtype != pl.Categorical():
        return values
    return values.cast(pl.Enum(values.unique().cast(pl.String).sort()))


class Tables:
    """Where ended conversations leave their marks and their request ids."""

    def __init__(self) -> None:
        self._scores = Columns(SCORES)
        self._requests = Columns(REQUESTS)
        self.ended = 0

    def add(self, dialogue: Dialogue) -> None:
        """Take over an ended conversation."""
        task, condition, sample = dialogue.task, dialogue.setting.condition, dialogue.sample.id
        for mark in dialogue.marks or ():
            self._scores.add(
                (task.name, task.version, sample, condition, mark.reading, mark.measure,
                 mark.value, mark.status, mark.judge)
            )  # fmt: skip
        for role, respondent, draw, request_id in dialogue.steps:
            self._requests.add((task.name, sample, condition, role, draw, respondent, request_id))
        self.ended += 1

    def scores(self) -> pl.DataFrame:
        """Long table of scores, sorted, so that equal runs give equal files."""
        return self._scores.frame("task", "sample", "condition", "reading", "measure")

    def requests(self) -> pl.DataFrame:
        """Which request each step of each conversation was, sorted."""
        return self._requests.frame("task", "sample", "condition", "role", "draw")
