"""Numbers that others published about other models, to stand beside one's own.

A suite ships its benchmark's tables as data and registers a function that gives them under the noun
``published`` and its own name; the report finds them there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PrintedUnit = Literal["percent", "points", "fraction"]


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """One cell of a published table.

    Attributes:
        table: Where it is printed, e.g. ``table-15`` or ``leaderboard``.
        task: The task of ours that measures the same, e.g. ``cares/factuality``.
        condition: Its condition; ``mean`` as a value stands for the mean over all values.
        group: The part of the data, as in estimates; ``mean=datasets`` for the unweighted mean.
        metric: The name our estimates have for it.
        model: The model as the table names it.
        value: A fraction; differences lie in [-1, 1] with the sign our metric has. None where the
            table has a dash.
        printed: The cell as it is printed.
        unit: What the printed number counts.
        read_by_eye: Read off a curve, so only roughly known.
        note: Why it is doubtful or missing; empty where there is nothing to say.
    """

    table: str
    task: str
    condition: str
    group: str
    metric: str
    model: str
    value: float | None
    printed: str
    unit: PrintedUnit
    read_by_eye: bool = False
    note: str = ""
