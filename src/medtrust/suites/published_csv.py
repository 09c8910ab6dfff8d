"""Published tables of a suite, read from the ``published.csv`` beside its code."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib import resources
from typing import Final, get_args

from medtrust.core.errors import DataError
from medtrust.core.published import PrintedUnit, PublishedNumber

_UNITS: Final[Mapping[str, PrintedUnit]] = {unit: unit for unit in get_args(PrintedUnit)}


def read_published(suite: str) -> tuple[PublishedNumber, ...]:
    """All rows of a suite's file, in its order.

    Args:
        suite: Name of a package of `medtrust.suites`.

    Raises:
        DataError: If the file was changed into something else.
    """
    file = resources.files(f"medtrust.suites.{suite}") / "published.csv"
    with file.open(encoding="utf-8") as lines:
        return tuple(_number(row, suite) for row in csv.DictReader(lines))


def _number(row: Mapping[str, str], suite: str) -> PublishedNumber:
    try:
        return PublishedNumber(
            table=row["table"],
            task=row["task"],
            condition=row["condition"],
            group=row["group"],
            metric=row["metric"],
            model=row["model"],
            value=float(row["value"]) if row["value"] else None,
            printed=row["printed"],
            unit=_UNITS[row["unit"]],
            read_by_eye=row["read_by_eye"] == "yes",
            note=row["note"],
        )
    except (KeyError, ValueError) as error:
        raise DataError(
            f"published.csv of the suite {suite} is damaged ({error}): install medtrust again."
        ) from error
