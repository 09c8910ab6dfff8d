"""The sampled answers of one evidence: enough of them, what they mean, which are equal."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TypeAlias

from medtrust.uncertainty.evidence import Absent, Draw, Evidence

Meaning: TypeAlias = int | str
"""The index of an option or, where no choice could be read, the text in its plain form."""


def plain(text: str) -> str:
    """A text without differences of case and white space."""
    return " ".join(text.casefold().split())


def meaning_of(text: str, meaning: int | None) -> Meaning:
    """What an answer means: its option, or else what it says and nothing more."""
    return plain(text) if meaning is None else meaning


def sampled(evidence: Evidence, at_least: int = 2) -> tuple[Draw, ...] | Absent:
    """The draws, if there are enough of them and they say anything at all.

    Args:
        evidence: The stored answer.
        at_least: The fewest draws from which the estimate means something: one draw always agrees
            with itself, so whatever compares draws needs two.

    Returns:
        The draws; or the evidence's own reason, ``no-draws``, ``fewer-than-<n>-draws``, or
        ``draws-say-nothing`` where all of them are blank.
    """
    draws = evidence.draws
    if draws is None:
        return evidence.why_not("draws")
    if not draws:
        return Absent("no-draws")
    if len(draws) < at_least:
        return Absent(f"fewer-than-{at_least}-draws")
    if all(draw.meaning is None and not draw.text.strip() for draw in draws):
        return Absent("draws-say-nothing")
    return draws


# The estimators of one evidence run after each other and share this; older ones are not kept.
@lru_cache(maxsize=16)
def meaning_counts(draws: tuple[Draw, ...]) -> Counter[Meaning]:
    """How many draws have each meaning. Not to be changed: callers share it."""
    return Counter(meaning_of(draw.text, draw.meaning) for draw in draws)
