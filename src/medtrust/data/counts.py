"""Counts of a data set beside the published ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Count = int | float | str


@dataclass(frozen=True, slots=True)
class CensusRow:
    """One count.

    Attributes:
        file: Question file or data set.
        what: What was counted.
        published: The published count; None when none is known.
        found: What this copy holds; None when the file is not there.
        note: Empty when both agree; else one phrase.
    """

    file: str
    what: str
    published: Count | None
    found: Count | None
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether a published count was not met by a file that is there."""
        return (
            self.published is not None and self.found is not None and self.published != self.found
        )


def compare(
    file: str, published: Mapping[str, Count], found: Mapping[str, Count] | None
) -> list[CensusRow]:
    """One row for each published count, then for counts that nobody published.

    Args:
        file: Question file or data set.
        published: Published counts by what they count.
        found: Counts of this copy, or None when the file is absent. A published value that did
            not occur counts as 0.
    """
    if found is None:
        return [CensusRow(file, what, value, None, "absent") for what, value in published.items()]
    rows = []
    for what, value in published.items():
        here = found.get(what, 0)
        rows.append(CensusRow(file, what, value, here, _difference(value, here)))
    rows.extend(
        CensusRow(file, what, None, value, "no published count")
        for what, value in found.items()
        if what not in published
    )
    return rows


def _difference(published: Count, found: Count) -> str:
    """How far apart two counts are, as a phrase."""
    if published == found:
        return ""
    if isinstance(published, str) or isinstance(found, str):
        return "differs"
    return f"differs by {found - published:+g}"
