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

from functools import cache
from typing import Final

from medtrust.core.published import PublishedNumber
from medtrust.suites.published_csv import read_published

MODELS: Final = (
    "LLaVA-Med", "Med-Flamingo", "MedVInT", "RadFM", "LLaVA-v1.6", "Qwen-VL-Chat",
)  # fmt: skip
"""In the order of the columns."""

MISPRINT: Final = "misprint"
"""How the note of a number begins that contradicts its own table."""


@cache
def numbers() -> tuple[PublishedNumber, ...]:
    """All published numbers, tables in order, models in the order of the columns.

    Raises:
        DataError: If the file of this package was changed into something else.
    """
    return read_published("cares")
