"""Marks of one member of a pair, in both readings.

``correct``, ``predicted`` (place of the option in the file, whatever was shown) and ``gold`` as
everywhere; a member without a valid choice has no prediction, is not correct, and says whether it
was refused or unreadable. ``shown_first``: 1 where the option shown first was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from medtrust.core.records import OK, UNPARSED, Mark, Sample
from medtrust.core.task import MeasureKey
from medtrust.suites.mediconfusion.arms import place_in_file

OFFICIAL: Final = "official"
READINGS: Final = ("corrected", OFFICIAL)
NAMES: Final = ("correct", "predicted", "gold", "shown_first")
KEYS: Final = tuple(MeasureKey(name, reading) for reading in READINGS for name in NAMES)


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """A choice in both readings."""
    return KEYS


def choice_marks(
    sample: Sample,
    options: tuple[str, str],
    place: int | None,
    *,
    status: str = OK,
    reading: str = "corrected",
) -> Iterator[Mark]:
    """Marks of a choice.

    Args:
        sample: The member.
        options: As shown.
        place: Shown place of the chosen option, or None for no valid choice.
        status: Why there is none.
        reading: Whose reading it is.
    """
    gold = float(sample.answer) if isinstance(sample.answer, int) else None
    predicted = None if place is None else place_in_file(sample, options, place)
    how = OK if place is not None else (status if status != OK else UNPARSED)
    correct = float(predicted is not None and predicted == gold)
    yield Mark("correct", correct, how, reading)
    yield Mark("predicted", predicted, how, reading)
    yield Mark("gold", gold, reading=reading)
    yield Mark("shown_first", None if place is None else float(place == 0), how, reading)


def missing_marks(status: str, reading: str) -> Iterator[Mark]:
    """Marks where there is nothing to read, with the reason."""
    for name in NAMES:
        yield Mark(name, None, status, reading)


def letter_place(letter: str) -> int | None:
    """Shown place of the letter that a released script chose; None for its ``-``."""
    return {"A": 0, "B": 1}.get(letter)
