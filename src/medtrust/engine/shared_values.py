"""Values that many rows have in common: what is made of them is made once and pointed at.

Samples share their groups, strata, options and images, often as one and the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

Value = TypeVar("Value")


def distinct_objects(values: Sequence[Value]) -> tuple[list[Value], NDArray[np.uint32]]:
    """The different objects among values, and which of them each value is.

    Objects are told apart by identity, not equality: ``True`` and ``1`` are two.

    Args:
        values: One per row; held by the caller, so that no two of them share an address.

    Returns:
        Objects in order of first appearance, and a place in that list per row, shape (rows,).
    """
    places: dict[int, int] = {}
    objects: list[Value] = []
    rows = np.empty(len(values), dtype=np.uint32)
    for row, value in enumerate(values):
        place = places.get(id(value))
        if place is None:
            place = places[id(value)] = len(objects)
            objects.append(value)
        rows[row] = place
    return objects, rows


def shared_column(
    name: str, values: Sequence[Value], cell: Callable[[Value], object], kind: pl.DataType
) -> pl.Series:
    """A column with one cell per value, made once for each object.

    Texts of polars may point at the same bytes, so that a row takes 16 bytes however long its text.
    """
    objects, rows = distinct_objects(values)
    return pl.Series(name, [cell(value) for value in objects], dtype=kind).gather(rows)
