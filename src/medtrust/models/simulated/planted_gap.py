"""A difference in accuracy planted for one group of patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medtrust.core.errors import UserError
from medtrust.core.records import Sample


@dataclass(frozen=True, slots=True)
class PlantedGap:
    """That much is added to the chance of a right answer where the group has the value."""

    group: str
    value: str
    size: float

    def of(self, sample: Sample) -> float:
        """What is added for a sample, in [-1, 1]."""
        return self.size if sample.groups.get(self.group) == self.value else 0.0


def planted_gap(parameters: Mapping[str, str]) -> PlantedGap | None:
    """The gap of ``-M gap=group:value:difference``, or None without one.

    Raises:
        UserError: If it is written otherwise, or the difference is out of range.
    """
    text = parameters.get("gap")
    if text is None:
        return None
    try:
        group, value, difference = text.split(":")
        size = float(difference)
    except ValueError:
        raise UserError(
            f"-M gap={text} is not group:value:difference, e.g. gap=sex:female:-0.1."
        ) from None
    if not -1 <= size <= 1:
        raise UserError(f"-M gap={text}: the difference must lie between -1 and 1.")
    return PlantedGap(group, value, size)
