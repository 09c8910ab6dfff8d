"""Embeddings in memory or mapped from a file, checked once: lengths, damaged rows, a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import DataError
from medtrust.mining.similarity import BoolArray, FloatArray, RealArray, summed

CHUNK: Final = 512
UNIT_WITHIN: Final = {2: 1e-3, 4: 1e-5, 8: 1e-5}
"""How far from 1 the length of a row may lie that is taken as it is, by bytes of a value: what
rounding the values of a row of length 1 to float16 or float32 can do to it."""
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector an image, in a fixed order.

    Attributes:
        name: What to call them in sentences: the file, mostly.
        values: As stored, float16, float32 or float64, C order, shape (n, d).
        norms: What each row is divided by, shape (n,): its length, or 1 where that is 1 already.
        usable: Whether a row can be compared, shape (n,); others are in no pair.
        ids: One text or whole number a row, or None: rows are then named by their position.
        digest: sha256 of values and ids.
        notes: Sentences about what was normalised or left out.
        file: An .npy file that holds exactly these values, or None.
    """

    name: str
    values: RealArray
    norms: FloatArray
    usable: BoolArray
    ids: tuple[str | int, ...] | None
    digest: str
    notes: tuple[str, ...] = ()
    file: Path | None = None

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.values.shape[1])

    @property
    def plain(self) -> bool:
        """Whether the stored values are what float32 products can be made of."""
        return self.values.dtype == np.float32 and bool((self.norms[self.usable] == 1.0).all())


def from_array(
    values: Any,
    *,
    name: str = "embeddings",
    ids: Sequence[str | int] | None = None,
    drop_bad: bool = False,
    file: Path | None = None,
) -> Embeddings:
    """Check a matrix and make embeddings of it; nothing is copied unless it must be.

    Rows are divided by their length unless it is 1 within rounding. A row without direction
    (zero, NaN, infinity) is refused, or left out of every pair.

    Args:
        values: Shape (n, d), float16, float32 or float64.
        name: What to call it in a sentence.
        ids: One a row, all different.
        drop_bad: Leave rows out that cannot be compared, instead of refusing them.
        file: An .npy file that holds exactly these values in C order.

    Raises:
        DataError: If shape, type, ids or a row cannot be used.
    """
    array = _native(_checked(values, name))
    named = None if ids is None else _ids(ids, len(array), name)
    kept = file if array is values and array.size else None
    lengths, digest = _surveyed(array, named, kept)
    usable = np.isfinite(lengths) & (lengths > 0.0)
    notes = tuple(_notes(lengths, usable, array.dtype.itemsize, name, drop_bad=drop_bad))
    within = UNIT_WITHIN[array.dtype.itemsize]
    as_they_are = ~usable | (np.abs(lengths - 1.0) <= within)
    norms = np.where(as_they_are, 1.0, lengths)
    return Embeddings(name, array, norms, usable, named, digest, notes, kept)


def open_embeddings(path: Path | str, *, drop_bad: bool = False) -> Embeddings:
    """Open a file of embeddings; .npy is mapped, never read whole.

    ``.npy`` holds one matrix. ``.npz`` holds one under ``embeddings``, or a single one, and perhaps
    ``ids``. ``.parquet`` holds one column of lists, or a column of numbers a dimension, and perhaps
    ``id``. Pickled objects are never read.

    Args:
        path: The file.
        drop_bad: Leave rows out that are zero or not finite, instead of refusing them.

    Raises:
        DataError: If it is damaged or holds something else; one sentence.
    """
    from medtrust.mining.files import read_embeddings

    found = read_embeddings(Path(path))
    return from_array(
        found.values, name=str(path), ids=found.ids, drop_bad=drop_bad, file=found.file
    )


def _checked(values: Any, name: str) -> np.ndarray[Any, Any]:
    array = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.ndim != 2:
        raise DataError(
            f"{name} has {array.ndim} dimensions: embeddings have two, rows and numbers."
        )
    if array.dtype.kind != "f" or array.dtype.itemsize not in UNIT_WITHIN:
        raise DataError(
            f"{name} holds values of type {array.dtype}: they must be float16, float32 or float64."
        )
    if array.shape[1] == 0:
        raise DataError(f"{name} holds vectors of dimension 0: there is nothing to compare.")
    return array


def _native(array: np.ndarray[Any, Any]) -> RealArray:
    """The values in C order and this machine's byte order: itself, where it has both."""
    if array.flags.c_contiguous and array.dtype.isnative and array.flags.aligned:
        return array
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))


def _ids(ids: Sequence[str | int], rows: int, name: str) -> tuple[str | int, ...]:
    kept = tuple(ids)
    if len(kept) != rows:
        raise DataError(f"{name} holds {len(kept)} ids for {rows} rows.")
    if len(set(kept)) < rows:
        seen: set[str | int] = set()
        twice = next(one for one in kept if one in seen or seen.add(one))  # type: ignore[func-returns-value]
        raise DataError(f"{name} holds the id {twice!r} more than once.")
    return kept


def _surveyed(
    array: RealArray, ids: tuple[str | int, ...] | None, file: Path | None
) -> tuple[FloatArray, str]:
    """Length of every row in float64, and the digest, in one pass.

    A file is mapped anew for it: what was read of it then leaves this process's memory again.
    """
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    lengths = np.empty(len(array))
    view = array if file is None else np.load(file, mmap_mode="r", allow_pickle=False)
    for start in range(0, len(view), CHUNK):
        chunk = np.asarray(view[start : start + CHUNK])
        digest.update(chunk.data)
        terms = chunk.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            np.multiply(terms, terms, out=terms)
            lengths[start : start + len(chunk)] = np.sqrt(summed(terms))
    if ids is not None:
        digest.update("\x00".join(repr(one) for one in ids).encode())
    return lengths, digest.hexdigest()


def _notes(
    lengths: FloatArray, usable: BoolArray, itemsize: int, name: str, *, drop_bad: bool
) -> Iterator[str]:
    bad = np.flatnonzero(~usable)
    if len(bad):
        first = ", ".join(str(row) for row in bad[:NAMED])
        more = ", ..." if len(bad) > NAMED else ""
        which = (
            f"{name}: {len(bad)} of {len(usable)} rows are zero or hold NaN or infinity"
            f" (rows {first}{more}, counted from 0)"
        )
        if not drop_bad:
            raise DataError(f"{which}: mend them, or leave them out with --drop-bad.")
        yield f"{which}: they are in no pair."
    good = lengths[usable]
    other = good[np.abs(good - 1.0) > UNIT_WITHIN[itemsize]]
    if len(other):
        yield (
            f"{name}: {len(other)} of {len(usable)} rows do not have length 1"
            f" ({other.min():.4g} to {other.max():.4g}): each is divided by its length."
        )
