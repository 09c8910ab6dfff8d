"""Embeddings out of files: what is taken, what is said, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from medtrust.core.errors import DataError
from medtrust.mining.embeddings import Embeddings, from_array, open_embeddings
from medtrust.mining.state import rows_in_memory
from parts.embedding_rows import clustered

ROWS = clustered(12, 8, 1)


def npy(folder: Path, values: Any, name: str = "a.npy") -> Path:
    path = folder / name
    np.save(path, values)
    return path


def test_an_npy_file_is_mapped_and_not_read(tmp_path: Path) -> None:
    found = open_embeddings(npy(tmp_path, ROWS))
    assert isinstance(found.values, np.memmap)
    assert found.file == tmp_path / "a.npy"
    assert found.notes == ()
    assert (found.norms == 1.0).all()


@pytest.mark.parametrize("order", ["fortran", "big-endian"])
def test_other_layouts_are_copied_into_the_usual_one(tmp_path: Path, order: str) -> None:
    other = np.asfortranarray(ROWS) if order == "fortran" else ROWS.astype(">f4")
    found = open_embeddings(npy(tmp_path, other))
    assert np.array_equal(found.values, ROWS)
    assert found.values.flags.c_contiguous
    assert found.values.dtype == np.dtype("=f4")
    assert found.file is None


def same_rows_in_every_format(folder: Path) -> list[Embeddings]:
    ids = [f"image {k}" for k in range(12)]
    np.savez(folder / "a.npz", embeddings=ROWS, ids=np.array(ids), articles=np.array(ids))
    lists = pl.Series("vector", ROWS.tolist(), dtype=pl.List(pl.Float32))
    pl.DataFrame({"id": ids, "vector": lists}).write_parquet(folder / "lists.parquet")
    arrays = lists.cast(pl.Array(pl.Float32, 8))
    pl.DataFrame({"file": ids, "vector": arrays}).write_parquet(folder / "arrays.parquet")
    columns = {f"x{k}": ROWS[:, k] for k in range(8)}
    pl.DataFrame({"ids": ids, **columns}).write_parquet(folder / "columns.parquet")
    names = ("a.npz", "lists.parquet", "arrays.parquet", "columns.parquet")
    return [open_embeddings(folder / name) for name in names]


def test_every_format_gives_the_same_rows_ids_and_digest(tmp_path: Path) -> None:
    found = same_rows_in_every_format(tmp_path)
    assert all(np.array_equal(one.values, ROWS) for one in found)
    assert {one.ids for one in found} == {tuple(f"image {k}" for k in range(12))}
    assert len({one.digest for one in found}) == 1


def test_the_digest_tells_values_types_and_ids_apart() -> None:
    moved = ROWS.copy()
    moved[3, 3] = np.nextafter(moved[3, 3], np.float32(1))
    variants = [
        from_array(ROWS), from_array(moved), from_array(ROWS.astype(np.float64)),
        from_array(ROWS, ids=range(12)), from_array(ROWS, ids=[str(k) for k in range(12)]),
        from_array(ROWS.reshape(24, 4), drop_bad=True),
    ]  # fmt: skip
    assert len({one.digest for one in variants}) == len(variants)


def test_rows_of_another_length_are_divided_by_it_and_said() -> None:
    stretched = ROWS.astype(np.float64)
    stretched[4] *= 3.0
    found = from_array(stretched, name="a")
    assert "a: 1 of 12 rows do not have length 1 (3 to 3)" in found.notes[0]
    assert found.norms[4] == pytest.approx(3.0)
    assert (np.delete(found.norms, 4) == 1.0).all()
    single = rows_in_memory(found).single
    assert single.dtype == np.float32
    assert np.linalg.norm(single, axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_rows_rounded_to_their_type_still_count_as_length_1(kind: str) -> None:
    assert from_array(clustered(50, 512, 2, dtype=kind)).notes == ()


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_row_without_direction_is_refused_or_left_out(value: float) -> None:
    damaged = ROWS.copy()
    damaged[[2, 5]] = value
    with pytest.raises(
        DataError, match=r"2 of 12 rows are zero .*rows 2, 5, counted from 0.*--drop-bad"
    ):
        from_array(damaged)
    found = from_array(damaged, drop_bad=True)
    assert np.flatnonzero(~found.usable).tolist() == [2, 5]
    assert "they are in no pair" in found.notes[0]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.ones(3), "has 1 dimensions"),
        (np.ones((2, 2, 2)), "has 3 dimensions"),
        (np.ones((3, 2), dtype=np.int64), "type int64"),
        (np.ones((3, 2), dtype=complex), "type complex128"),
        (np.ones((3, 0)), "dimension 0"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(
    tmp_path: Path, values: Any, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        open_embeddings(npy(tmp_path, values))


def test_pickled_objects_are_never_read(tmp_path: Path) -> None:
    path = npy(tmp_path, np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="pickled objects, which are never read"):
        open_embeddings(path)
    np.savez(tmp_path / "a.npz", embeddings=ROWS, ids=np.array(["a", 1], dtype=object))
    with pytest.raises(DataError, match="pickled objects, which are never read"):
        open_embeddings(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "lists.parquet"])
@pytest.mark.parametrize("kept", [0, 5, 150, -9])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, name: str, kept: int) -> None:
    same_rows_in_every_format(tmp_path)
    npy(tmp_path, ROWS)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"is damaged or no \.\w+ file: write it again"):
        open_embeddings(path)


def test_a_file_of_another_kind_or_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of \.npy, \.npz, \.parquet"):
        open_embeddings(tmp_path / "a.csv")
    with pytest.raises(DataError, match="is not there"):
        open_embeddings(tmp_path / "a.npy")
    np.savez(tmp_path / "two.npz", a=ROWS, b=ROWS)
    with pytest.raises(DataError, match="holds a, b: name the one meant 'embeddings'"):
        open_embeddings(tmp_path / "two.npz")


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pl.DataFrame({"a": [[1.0, 0.0], [1.0]]}), "differ in length"),
        (pl.DataFrame({"a": [[1.0, None], [1.0, 0.0]]}), "have gaps"),
        (pl.DataFrame({"a": [[1.0], None]}), "differ in length"),
        (pl.DataFrame({"a": [[1.0]], "b": [[1.0]]}), "one column of lists"),
        (pl.DataFrame({"a": ["x"]}), "one column of lists"),
        (pl.DataFrame({"x": [1.0, None]}), "have gaps"),
        (pl.DataFrame({"id": ["a", "a"], "x": [1.0, 1.0]}), "'a' more than once"),
        (pl.DataFrame({"id": ["a", None], "x": [1.0, 1.0]}), "column id must hold"),
        (pl.DataFrame({"p": ["a"], "q": ["b"], "x": [1.0]}), "several columns of texts"),
    ],
)
def test_a_table_that_holds_no_embeddings_is_one_sentence(
    tmp_path: Path, frame: pl.DataFrame, sentence: str
) -> None:
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=sentence):
        open_embeddings(tmp_path / "a.parquet")


def test_ids_must_be_one_a_row() -> None:
    with pytest.raises(DataError, match="holds 3 ids for 12 rows"):
        from_array(ROWS, ids=["a", "b", "c"])
