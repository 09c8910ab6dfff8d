"""Patient attributes as published files write them, brought to one spelling."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from medtrust.core.dataset import DECADES
from medtrust.core.errors import UserError

_SEX: Final = {"m": "male", "male": "male", "f": "female", "female": "female"}

OLDEST: Final = "90+"
"""De-identified files write every age from 90 on like this."""

_NOT_KNOWN: Final = frozenset(
    {"unknown", "unable to obtain", "patient declined to answer", "not specified"}
)
"""How MIMIC writes that nobody knows; people of whom nothing is known are no group."""

_NO_AGE: Final = 130
"""Years; nobody has been older."""


def sex(value: str) -> str:
    """``male`` or ``female`` for M, F and the words; empty for anything else."""
    return _SEX.get(value.strip().lower(), "")


def known(value: str) -> str:
    """An attribute as the file writes it; empty where it writes that nobody knows."""
    written = value.strip()
    return "" if written.casefold() in _NOT_KNOWN else written


def bin_edges(written: object) -> tuple[int, ...]:
    """Lower edges of age bins, as typed (``0,18,40,65``) or as a list of whole numbers.

    Returns:
        At least one edge, in years, ascending, each in [0, 130).

    Raises:
        UserError: If it is anything else.
    """
    parts = written.split(",") if isinstance(written, str) else written
    edges = _whole_numbers(parts) if isinstance(parts, Sequence) else ()
    ascending = all(lower < upper for lower, upper in pairwise(edges))
    if not edges or not ascending or edges[0] < 0 or edges[-1] >= _NO_AGE:
        shown = written if isinstance(written, str) else repr(written)
        raise UserError(
            f"Age bins {shown} are not ascending whole numbers of years from 0 on, such as "
            "0,18,40,65."
        )
    return edges


def _whole_numbers(parts: Sequence[object]) -> tuple[int, ...]:
    """All of the parts as whole numbers; nothing if one of them is none."""
    texts = [str(part).strip() for part in parts if not isinstance(part, bool)]
    if len(texts) < len(parts) or not all(text.isascii() and text.isdigit() for text in texts):
        return ()
    return tuple(int(text) if len(text) <= 3 else _NO_AGE for text in texts)


def age_group(age: str, edges: tuple[int, ...] = DECADES) -> str:
    """The bin of an age in years: ``40-49``, or ``90+`` for the last bin, which is open.

    An age of ``90+`` is in the last bin if that begins at 90 or before; else nobody can tell its
    bin. Ages below the first edge have none either.

    Args:
        age: As the file writes it: ``45``, ``45.0`` or ``90+``.
        edges: Lower edges of the bins, from `bin_edges`.

    Returns:
        The bin's name; empty when the age is none or has no bin.
    """
    written = age.strip()
    if written == OLDEST:
        return f"{edges[-1]}+" if edges[-1] <= 90 else ""
    try:
        years = float(written)
    except ValueError:
        return ""
    if not edges[0] <= years < _NO_AGE:
        return ""
    place = bisect_right(edges, years) - 1
    if place == len(edges) - 1:
        return f"{edges[place]}+"
    return f"{edges[place]}-{edges[place + 1] - 1}"
