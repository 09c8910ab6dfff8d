"""The published CARES tables: six models, as numbers in ``published.csv``.

Leaderboard, tables 1 to 6 and 15, figures 4, 4b and 5 of the project page and paper (arXiv
2406.06007). Numbers are facts; what is known to be wrong with one stands in its note:

* two averages that their own rows do not give (uncertainty, LLaVA-Med and Qwen-VL-Chat);
* two cells that were probably swapped (over-confident ratio on HAM10000, MedVInT and RadFM);
* two rows that were probably copied (toxicity on PMC-OA and OmniMedVQA).

Where a table does not say which data sets it used (over-caution, privacy), the group is empty. No
table comes with n or an interval. Drops are printed without a sign and kept here with the sign
of a change; toxicity gaps are printed without a sign and kept so.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, get_args

from medtrust.core.errors import DataError
from medtrust.core.published import PrintedUnit, PublishedNumber

MODELS: Final = (
    "LLaVA-Med", "Med-Flamingo", "MedVInT", "RadFM", "LLaVA-v1.6", "Qwen-VL-Chat",
)  # fmt: skip
"""In the order of the columns."""

MISPRINT: Final = "misprint"
"""How the note of a number begins that contradicts its own table."""

_UNITS: Final[Mapping[str, PrintedUnit]] = {unit: unit for unit in get_args(PrintedUnit)}


@cache
def numbers() -> tuple[PublishedNumber, ...]:
    """All published numbers, tables in order, models in the order of the columns.

    Raises:
        DataError: If the file of this package was changed into something else.
    """
    file = resources.files("medtrust.suites.cares") / "published.csv"
    with file.open(encoding="utf-8") as lines:
        return tuple(_number(row) for row in csv.DictReader(lines))


def _number(row: Mapping[str, str]) -> PublishedNumber:
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
            f"published.csv of the CARES suite is damaged ({error}): install medtrust again."
        ) from error
