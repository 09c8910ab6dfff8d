"""Patient attributes as published files write them, brought to one spelling."""

from __future__ import annotations

from typing import Final

_SEX: Final = {"m": "male", "male": "male", "f": "female", "female": "female"}

OLDEST: Final = "90+"
"""De-identified files write every age from 90 on like this."""


def sex(value: str) -> str:
    """``male`` or ``female`` for M, F and the words; empty for anything else."""
    return _SEX.get(value.strip().lower(), "")


def age_group(age: str) -> str:
    """Decade of an age in years: ``40-49``; ``90+`` from 90 on; empty when it is no age.

    Args:
        age: As the file writes it: ``45``, ``45.0`` or ``90+``.
    """
    written = age.strip()
    if written == OLDEST:
        return OLDEST
    try:
        years = float(written)
    except ValueError:
        return ""
    if not 0 <= years < 130:
        return ""
    if years >= 90:
        return OLDEST
    decade = int(years // 10) * 10
    return f"{decade}-{decade + 9}"
