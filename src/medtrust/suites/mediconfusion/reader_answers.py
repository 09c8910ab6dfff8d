"""Answers of people, one row an image, as replay rows: each reader is a model.

The table has the columns ``reader``, ``pair``, ``image`` and ``answer``. The image is 1 or 2 (also
``im1``, ``im_1``) or the number of its file; the answer A or B, or empty for none. A reader who has
seen both images side by side answers another protocol; that has to be said by whoever reports it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, Final

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import DataError
from medtrust.core.records import Sample
from medtrust.suites.mediconfusion.released_results import pairs_of

COLUMNS: Final = ("reader", "pair", "image", "answer")
TASK: Final = "mediconfusion/multiple_choice"

_PLACES: Final = {"1": 0, "im1": 0, "im_1": 0, "2": 1, "im2": 1, "im_2": 1}
_LETTERS: Final = {"A": "A", "B": "B", "": ""}

Row = dict[str, Any]


def is_table_of_readers(path: Path) -> bool:
    """Whether a file is a table rather than a result file."""
    return path.suffix.lower() in (".csv", ".tsv")


def reader_rows(
    path: Path, samples: Iterable[Sample], *, condition: str = CLEAN
) -> dict[str, list[Row]]:
    """Replay rows by reader, in the order of the table.

    Args:
        path: CSV, or TSV by its ending.
        samples: All samples of the data set.
        condition: Canonical condition of `TASK` under which the images were read.

    Raises:
        DataError: For a missing column, an unknown pair, image or answer, or an image that a reader
            answered twice; names the line.
    """
    pairs = pairs_of(samples)
    found: dict[str, list[Row]] = {}
    seen: set[tuple[str, str]] = set()
    for line, cells in _cells(path):
        reader = cells["reader"]
        if not reader or not reader.isprintable():
            raise DataError(f"{path}:{line} names no reader, or by signs that cannot be shown.")
        sample = _sample(path, line, cells, pairs)
        if (reader, sample.id) in seen:
            raise DataError(f"{path}:{line} answers {sample.id} for the same reader again.")
        seen.add((reader, sample.id))
        letter = _LETTERS.get(cells["answer"].upper())
        if letter is None:
            raise DataError(f"{path}:{line} has an answer that is neither A nor B nor empty.")
        row = {"task": TASK, "sample": sample.id, "condition": condition, "role": "answer"}
        found.setdefault(reader, []).append(row | {"text": letter})
    if not found:
        raise DataError(f"{path} holds no answers.")
    return found


def file_of(path: Path, reader: str) -> Path:
    """The replay file of one reader, beside the one that was named."""
    plain = re.sub(r"[^\w.-]+", "-", reader).strip("-.") or "reader"
    return path.with_name(f"{path.stem}.{plain}{path.suffix}")


def _sample(
    path: Path, line: int, cells: dict[str, str], pairs: dict[str, tuple[Sample, Sample]]
) -> Sample:
    both = pairs.get(cells["pair"])
    if both is None:
        raise DataError(f"{path}:{line} answers a pair that is not in the data.")
    named = cells["image"].lower()
    if named in _PLACES:
        return both[_PLACES[named]]
    by_number = [sample for sample in both if sample.source.get("local") == named]
    if not by_number:
        raise DataError(f"{path}:{line} names an image that is not of its pair: 1 or 2 is meant.")
    return by_number[0]


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines with their cells, trimmed; lines without any text left out."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}).") from error
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [cell.strip().lower() for cell in next(rows, [])]
        absent = [name for name in COLUMNS if name not in names]
        if absent:
            raise DataError(f"{path} has no column {absent[0]!r}: {', '.join(COLUMNS)} are needed.")
        for cells in rows:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                padded = [*trimmed, *[""] * (len(names) - len(trimmed))]
                yield rows.line_num, dict(zip(names, padded, strict=False))
    except csv.Error as error:
        raise DataError(f"{path}:{rows.line_num} cannot be read as a table: {error}.") from error
