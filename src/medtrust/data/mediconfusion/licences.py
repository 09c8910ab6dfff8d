"""Licences of the articles that the images come from, kept in a table beside the images.

Nobody may pass the images on under one licence for all: each belongs to its article.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from medtrust.core.errors import DataError
from medtrust.data.mediconfusion.whole_file import write_whole
from medtrust.data.rows import csv_rows, read_bytes

FILE: Final = "licences.csv"
COLUMNS: Final = ("pmcid", "licence")

PMC_RECORD: Final = "https://pmc-oa-opendata.s3.amazonaws.com/metadata/{pmcid}.{version}.json"
"""Record of an article in the bucket of its files; as public programs read it, never tried here."""

_FIELD: Final = "license_code"
_LONGEST: Final = 80


def read_licences(folders: Sequence[Path]) -> dict[str, str]:
    """Licence by PMCID from the first folder that has the table; empty where none has.

    Raises:
        DataError: If it is no table with the columns ``pmcid`` and ``licence``.
    """
    for folder in folders:
        path = folder / FILE
        if path.is_file():
            rows = list(csv_rows(FILE, read_bytes(path)))
            return {row.text("pmcid"): row.text("licence") for row in rows}
    return {}


def write_licences(folder: Path, licences: Mapping[str, str]) -> None:
    """Write the table, articles in alphabetical order.

    Raises:
        DataError: If the folder takes no file.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(licences.items()))
    write_whole(folder / FILE, stream.getvalue().encode())


def licence_in(record: bytes) -> str:
    """The licence that a record of the bucket names, e.g. ``CC BY``.

    Raises:
        DataError: If it names none.
    """
    try:
        content = orjson.loads(record)
    except orjson.JSONDecodeError:
        content = None
    licence = content.get(_FIELD) if isinstance(content, dict) else None
    if not isinstance(licence, str) or not licence.strip() or not licence.isprintable():
        raise DataError("The record of the article names no licence.")
    return licence.strip()[:_LONGEST]
