"""What a run of the miner is asked for: checked, with its names of rows and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from medtrust.core.errors import DataError
from medtrust.mining.embeddings import Embeddings
from medtrust.mining.similarity import BoolArray, IntArray
from medtrust.mining.strip import STRIP_ROWS

FORMAT: Final = 1
"""Of the result; counted up when the same call gives other pairs or other columns."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that decides the result; the arguments of `medtrust.mining.join.mine`.

    Attributes:
        first: Embeddings in which a pair is alike.
        second: Embeddings in which it differs, or None.
        against: Old embeddings of both encoders, or None.
        above: Threshold in the first.
        below: Threshold in the second.
        apart: Article of each row, or None.
        near: Similarity from which images repeat each other, or None.
        top: Best pairs of an image that are kept, or None.
        cap: Most pairs of an image, or None.
    """

    first: Embeddings
    second: Embeddings | None
    against: tuple[Embeddings, Embeddings | None] | None
    above: float
    below: float
    apart: IntArray | None
    near: float | None
    top: int | None
    cap: int | None

    @property
    def n_old(self) -> int:
        """Old rows."""
        return 0 if self.against is None else len(self.against[0])

    @property
    def n(self) -> int:
        """Rows in all, old ones first."""
        return self.n_old + len(self.first)

    @property
    def matrices(self) -> tuple[Embeddings, ...]:
        """All matrices in a fixed order."""
        found = (self.first, self.second, *(self.against or ()))
        return tuple(one for one in found if one is not None)

    @property
    def usable(self) -> BoolArray:
        """Rows that can be compared in every matrix, shape (n,)."""
        kept = np.ones(self.n, dtype=np.bool_)
        for embeddings in (self.first, self.second):
            if embeddings is not None:
                kept[self.n_old :] &= embeddings.usable
        for embeddings in self.against or ():
            if embeddings is not None:
                kept[: self.n_old] &= embeddings.usable
        return kept

    @property
    def digest(self) -> str:
        """sha256 of everything that decides the result."""
        apart = None if self.apart is None else hashlib.sha256(self.apart.tobytes()).hexdigest()
        asked = {
            "format": FORMAT, "strip": STRIP_ROWS, "first": self.first.digest,
            "second": self.second and self.second.digest,
            "against": [one and one.digest for one in self.against or ()],
            "above": self.above, "below": self.below, "apart": apart, "near": self.near,
            "top": self.top, "cap": self.cap,
        }  # fmt: skip
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def row_ids(
    first: Embeddings,
    second: Embeddings | None,
    against: tuple[Embeddings, Embeddings | None] | None = None,
) -> tuple[str | int, ...] | None:
    """Names of all rows, old ones first; None where they have none.

    Raises:
        DataError: If two matrices name their rows differently, or a name stands for two rows.
    """
    new = _names(first, second)
    if against is None:
        return new
    old = _names(*against)
    if (old is None) != (new is None):
        raise DataError("Old and new embeddings must both hold ids, or neither.")
    if old is None or new is None:
        return None
    if twice := set(old).intersection(new):
        raise DataError(f"The id {min(twice, key=str)!r} is among old embeddings and new ones.")
    return (*old, *new)


def check(asked: Asked) -> None:
    """Refuse what does not fit together.

    Raises:
        DataError: With one sentence.
    """
    _check_matrices(asked)
    _check_thresholds(asked)
    for name, number in (("top", asked.top), ("cap", asked.cap)):
        if number is not None and number < 1:
            raise DataError(f"--{name} must be at least 1, not {number}.")
    if asked.against and any(one is not None for one in (asked.top, asked.cap, asked.near)):
        raise DataError(
            "New images against old ones leave out pairs of two old ones, so --top, --cap and"
            " --near cannot be decided there: mine all images together for these."
        )
    if asked.apart is not None and len(asked.apart) != asked.n:
        raise DataError(f"There are {len(asked.apart)} articles for {asked.n} rows.")


def notes(asked: Asked) -> Iterator[str]:
    """Sentences that the matrices came with, and on what was left out."""
    for embeddings in asked.matrices:
        yield from embeddings.notes
    if asked.apart is not None and (unknown := int((asked.apart < 0).sum())):
        yield (f"The article of {unknown} of {asked.n} rows is unknown: their pairs are all kept.")


def _check_matrices(asked: Asked) -> None:
    if asked.against is not None:
        old_first, old_second = asked.against
        if (old_second is None) != (asked.second is None):
            raise DataError("Give a second matrix of old and of new images, or of neither.")
        for new, old in ((asked.first, old_first), (asked.second, old_second)):
            if new is not None and old is not None and new.dimension != old.dimension:
                raise DataError(
                    f"{new.name} has dimension {new.dimension} and {old.name} {old.dimension}: old"
                    " and new embeddings must come from the same encoder."
                )
    if asked.n < 2 or not len(asked.first):
        raise DataError(f"{asked.first.name} holds {len(asked.first)} rows: a pair needs two.")


def _check_thresholds(asked: Asked) -> None:
    for name, value in (("above", asked.above), ("below", asked.below)):
        if not -1.0 <= value <= 1.0:
            raise DataError(f"--{name} is a similarity, from -1 to 1, not {value}.")
    if asked.near is not None and not asked.above <= asked.near <= 1.0:
        raise DataError(
            f"--near must lie between --above ({asked.above}) and 1, not {asked.near}: only what is"
            " alike can be nearly the same."
        )


def _names(first: Embeddings, second: Embeddings | None) -> tuple[str | int, ...] | None:
    """The ids of two matrices of the same images."""
    other = None if second is None else second.ids
    if second is not None and len(first) != len(second):
        raise DataError(
            f"{first.name} holds {len(first)} rows and {second.name} {len(second)}: both must"
            " hold the same images in the same order."
        )
    if first.ids is None or other is None or first.ids == other:
        return first.ids or other
    row = next(k for k, (a, b) in enumerate(zip(first.ids, other, strict=True)) if a != b)
    raise DataError(
        f"Row {row} is {first.ids[row]!r} in one matrix and {other[row]!r} in the other: both must"
        " hold the same images in the same order."
    )
