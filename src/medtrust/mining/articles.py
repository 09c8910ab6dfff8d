"""Which article an image comes from: pairs within one are no test of seeing."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import DataError
from medtrust.mining.similarity import IntArray

UNKNOWN: Final = -1
COLUMN: Final = ("article", "articles")
SUFFIXES: Final = (".txt", ".csv", ".parquet", ".npz")


def article_codes(path: Path, ids: Sequence[str | int] | None, rows: int) -> IntArray:
    """Read the article of every row.

    ``.txt`` names one a line in the order of the rows; ``.npz`` holds ``articles`` in that order;
    ``.csv`` and ``.parquet`` have a column ``article`` and, where rows have ids, a column ``id`` by
    which they are found. An empty name is an unknown article.

    Args:
        path: The file.
        ids: Names of the rows, or None.
        rows: Number of rows.

    Returns:
        Equal numbers for equal articles, -1 where unknown, shape (rows,).

    Raises:
        DataError: If the file is damaged or does not fit the rows.
    """
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path} is none of {', '.join(SUFFIXES)}: articles come as one of them.")
    if not path.is_file():
        raise DataError(f"{path} is not there.")
    names = _tabled(path, ids) if path.suffix in {".csv", ".parquet"} else _listed(path)
    if len(names) != rows:
        raise DataError(f"{path} names {len(names)} articles for {rows} rows.")
    known: dict[str, int] = {}
    return np.array(
        [known.setdefault(name, len(known)) if name else UNKNOWN for name in names], dtype=np.int64
    )


def _listed(path: Path) -> list[str]:
    """Names in the order of the rows."""
    try:
        if path.suffix == ".txt":
            return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        with np.load(path, allow_pickle=False) as archive:
            return [str(name) for name in archive["articles"].tolist()]
    except KeyError as error:
        raise DataError(f"{path} holds no array 'articles'.") from error
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged or no {path.suffix} file: write it again.") from error


def _tabled(path: Path, ids: Sequence[str | int] | None) -> list[str]:
    """Names out of a table, in its order or by id."""
    import polars as pl

    read: Any = pl.read_parquet if path.suffix == ".parquet" else pl.read_csv
    options = {} if path.suffix == ".parquet" else {"infer_schema": False}
    try:
        frame = read(path, **options)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} is damaged or no {path.suffix} file: write it again.") from error
    column = next((name for name in COLUMN if name in frame.columns), None)
    if column is None:
        raise DataError(f"{path} holds the columns {', '.join(frame.columns)}, but no 'article'.")
    names = ["" if name is None else str(name).strip() for name in frame[column].to_list()]
    if ids is None or "id" not in frame.columns:
        return names
    by_id = dict(zip(map(str, frame["id"].to_list()), names, strict=True))
    if len(by_id) < len(names):
        raise DataError(f"{path} holds an id more than once.")
    missing = [one for one in ids if str(one) not in by_id]
    if missing:
        raise DataError(
            f"{path} holds no article of {missing[0]!r} and {len(missing) - 1} other rows: name"
            " every row, with an empty article where it is unknown."
        )
    return [by_id[str(one)] for one in ids]
