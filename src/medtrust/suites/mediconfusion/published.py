"""The two MediConfusion leaderboards: sixteen models and guessing, as numbers in ``published.csv``.

The board of the first repository (MShahabSepehri/MediConfusion) and that of its successor
(AIF4S/MediConfusion), which added the models that say so. Numbers are facts; what is known about
one stands in its note:

* no row says which of the four modes it was measured in, and one row may not be one run. The rows
  stand beside multiple choice, since every model can be asked in it;
* the row of Med-Flamingo cannot be: set accuracy 4.55 and confusion 98.30 are more than all pairs;
* confusion is of the pairs with two valid answers, which are fewer than 176 for four models;
* individual accuracy was never printed. It is derived as confusion / 2 + set accuracy where all
  answers were valid, and has no row elsewhere;
* two set accuracies were others before the release.

No row comes with an interval: with 176 pairs in 60 components, guessing is some 6 points either
side of 25 even for independent pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from medtrust.core.published import PublishedNumber
from medtrust.suites.published_csv import read_published

PAIRS: Final = 176
"""Pairs in the data behind every row."""

MISPRINT: Final = "misprint"
"""How the note of a number begins that contradicts another one of its row."""

PAIR_AWARE: Final = {
    "DoubleTake": (
        "arXiv 2602.02894, protocol=pair-aware: the method sees both images of a pair at once. A "
        "second hand quotes set accuracy 43.75 with its adjudication of pairs and 27.84 without; "
        "not comparable with single images"
    ),
}
"""Later work that is no row of the table, and why."""

_ROUNDING: Final = 1e-4
"""Two printed numbers of two decimals of a per cent, each off by half of the last one."""


@cache
def numbers() -> tuple[PublishedNumber, ...]:
    """All published numbers, metrics in order, models in the order of the boards.

    Raises:
        DataError: If the file of this package was changed into something else.
    """
    return read_published("mediconfusion")


def impossible_models(rows: Iterable[PublishedNumber]) -> tuple[str, ...]:
    """Models with more pairs right and pairs confused than there are pairs, in order.

    A confused pair got one answer twice and so is not right: set accuracy <= 1 - confusion.
    """
    sums: dict[str, float] = {}
    for number in rows:
        if number.metric in {"set_accuracy", "confusion"} and number.value is not None:
            sums[number.model] = sums.get(number.model, 0.0) + number.value
    return tuple(model for model, total in sums.items() if total > 1.0 + _ROUNDING)
