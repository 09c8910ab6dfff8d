"""Cells made once for the rows that share an object."""

from __future__ import annotations

import polars as pl

from medtrust.engine.shared_values import distinct_objects, shared_column


def test_objects_are_told_apart_by_identity_not_by_equality() -> None:
    objects, rows = distinct_objects([1, True, 1, 1.0, True])
    assert [type(value) for value in objects] == [int, bool, float]
    assert rows.tolist() == [0, 1, 0, 2, 1]


def test_no_values_have_no_objects() -> None:
    nothing: list[str] = []
    objects, rows = distinct_objects(nothing)
    assert objects == []
    assert rows.shape == (0,)
    assert shared_column("name", [], str, pl.String()).to_list() == []


def test_a_cell_is_made_once_for_all_rows_of_an_object() -> None:
    made: list[tuple[str, ...]] = []

    def cell(options: tuple[str, ...]) -> list[str]:
        made.append(options)
        return list(options)

    front, few = ("frontal", "lateral"), ("yes",)
    column = shared_column("options", [front, few, front, front], cell, pl.List(pl.String()))
    assert column.to_list() == [list(front), list(few), list(front), list(front)]
    assert made == [front, few]
