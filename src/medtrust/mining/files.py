"""Reads embeddings out of npy, npz and parquet files, and says in one sentence what is wrong."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import DataError

SUFFIXES: Final = (".npy", ".npz", ".parquet")
MATRIX: Final = "embeddings"
ID_COLUMNS: Final = ("id", "ids")
DAMAGES: Final = (
    ValueError, EOFError, OSError, OverflowError, RuntimeError, zipfile.BadZipFile,
    zipfile.LargeZipFile, zlib.error,
)  # fmt: skip
"""What reading a damaged array or archive ends in."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file holds.

    Attributes:
        values: The matrix, unchecked.
        ids: One a row, or None.
        file: The file itself, where it is an .npy that can be mapped as it is.
    """

    values: Any
    ids: tuple[str | int, ...] | None = None
    file: Path | None = None


def read_embeddings(path: Path) -> Stored:
    """Read one file by its suffix.

    Raises:
        DataError: If it is not there, of another kind, or damaged.
    """
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path} is none of {', '.join(SUFFIXES)}: embeddings come as one of them.")
    if not path.is_file():
        raise DataError(f"{path} is not there.")
    if path.suffix == ".parquet":
        return _parquet(path)
    try:
        return _npy(path) if path.suffix == ".npy" else _npz(path)
    except DAMAGES as error:
        if "Object arrays" in str(error):  # anything that is no array at all reads otherwise
            raise DataError(f"{path} holds pickled objects, which are never read.") from error
        raise DataError(f"{path} is damaged or no {path.suffix} file: write it again.") from error


def _npy(path: Path) -> Stored:
    """Map a matrix; an empty one cannot be mapped and is read."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        values = np.load(path, allow_pickle=False)
        if values.size:
            raise
    if not isinstance(values, np.ndarray):
        values.close()
        raise DataError(f"{path} is an archive of arrays: name it .npz.")
    return Stored(values, file=path)


def _npz(path: Path) -> Stored:
    with path.open("rb") as handle:
        archive = np.load(handle, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise DataError(f"{path} is a single array: name it .npy.")
        names = [name for name in archive.files if name not in ID_COLUMNS]
        if MATRIX not in names and len(names) != 1:
            raise DataError(
                f"{path} holds {', '.join(names) or 'no array'}: name the one meant {MATRIX!r}."
            )
        values = archive[MATRIX if MATRIX in names else names[0]]
        kept = next((name for name in ID_COLUMNS if name in archive.files), None)
        return Stored(values, None if kept is None else _plain_ids(archive[kept], path))


def _plain_ids(ids: np.ndarray[Any, Any], path: Path) -> tuple[str | int, ...]:
    if ids.ndim != 1 or ids.dtype.kind not in "iuU":
        raise DataError(f"{path} holds ids of type {ids.dtype}: ids are texts or whole numbers.")
    return tuple(ids.tolist())


def _parquet(path: Path) -> Stored:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} is damaged or no .parquet file: write it again.") from error
    nested = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List | pl.Array)]
    numbers = [name for name, kind in frame.schema.items() if kind.is_float()]
    if len(nested) > 1 or not (nested or numbers):
        raise DataError(
            f"{path} holds the columns {', '.join(frame.columns)}: one column of lists of numbers"
            " is needed, or a column of numbers for each dimension."
        )
    values = _lists(frame[nested[0]], path) if nested else _columns(frame.select(numbers), path)
    return Stored(values, _id_column(frame, path))


def _id_column(frame: Any, path: Path) -> tuple[str | int, ...] | None:
    import polars as pl

    found = [name for name in ID_COLUMNS if name in frame.columns]
    found = found or [name for name, kind in frame.schema.items() if kind == pl.String]
    if not found:
        return None
    if len(found) > 1:
        raise DataError(f"{path} holds several columns of texts: call the one with ids 'id'.")
    ids = frame[found[0]]
    if not (ids.dtype == pl.String or ids.dtype.is_integer()) or ids.null_count():
        raise DataError(f"{path}: column {found[0]} must hold a text or whole number in every row.")
    return tuple(ids.to_list())


def _lists(column: Any, path: Path) -> Any:
    import polars as pl

    if isinstance(column.dtype, pl.Array):
        column = column.cast(pl.List(column.dtype.inner))
    lengths = column.list.len()
    if lengths.null_count() or lengths.n_unique() > 1:
        raise DataError(f"{path}: the lists of column {column.name} differ in length.")
    width = int(lengths[0]) if len(column) else 0
    flat = column.list.explode() if width else column.list.explode().head(0)
    if flat.null_count():
        raise DataError(f"{path}: the lists of column {column.name} have gaps.")
    return flat.to_numpy().reshape(len(column), width)


def _columns(frame: Any, path: Path) -> Any:
    if any(frame[name].null_count() for name in frame.columns):
        raise DataError(f"{path}: its columns of numbers have gaps.")
    return frame.to_numpy(order="c")
