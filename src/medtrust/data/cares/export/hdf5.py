"""Arrays of an HDF5 file by the id that names them, whatever layout the file has.

Three layouts are understood: one array per id (``<id>``, in any group), a group per id that holds
one array (``<id>/image``), and one stacked array with the ids beside it (``images`` and ``ids``).
Links to other files, virtual arrays and arrays kept in other files are never followed.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.errors import DataError, UserError
from medtrust.data.cares.export.pixels import NoPictureError, check_shape

_GENERIC: Final = frozenset(
    {"image", "images", "img", "slice", "slices", "ct", "data", "pixels", "pixel_array", "array",
     "values", "l3", "scan"}
)  # fmt: skip
"""Names of arrays that name no patient."""

_ID_NAME: Final = re.compile(
    r"(?P<id>(?:^|[^a-z]|anon|patient|image|study|subject)ids?$)"
    r"|(?:key|name|accession|patient|file)s?$"
)
"""Ends of the names of arrays that hold ids; ``width`` is none."""

_ENDINGS: Final = (".jpg", ".jpeg", ".png")
_MOST_IDS: Final = 1_000_000
_MOST_CHUNK_BYTES: Final = 1 << 28

BROKEN: Final = (OSError, RuntimeError, ValueError, KeyError, TypeError, MemoryError)
"""What a damaged HDF5 file makes its reader raise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of the file, not read yet.

    Attributes:
        id: What the file calls it, without an image ending.
        where: Name of the array, for sentences.
        read: Checks the declared shape, then reads; raises `NoPictureError` with the reason.
    """

    id: str
    where: str
    read: Callable[[], NDArray[Any]]


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An HDF5 file, for reading.

    Raises:
        DataError: If it is absent or no HDF5 file, or cut short.
        UserError: If h5py is not installed.
    """
    try:
        import h5py
    except ImportError:
        raise UserError("HDF5 files need h5py: pip install 'medtrust[ol3i]'.") from None
    if not path.is_file():
        raise DataError(f"There is no file {path}: check the path after --h5.")
    try:
        file = h5py.File(path, "r")
    except (PermissionError, BlockingIOError):  # says itself what is wrong
        raise
    except OSError as error:
        kind = "is cut short" if "truncated" in str(error) else "is no HDF5 file"
        raise DataError(f"{path} {kind}; copy it again.") from None
    with file:
        yield file


def entries(file: Any, wanted: frozenset[str] = frozenset()) -> list[Entry]:
    """All images of a file, in its own order; nothing is read but the ids.

    Args:
        file: As `opened` gives it.
        wanted: Ids that are known; of several arrays of ids the one with most of them is taken.

    Raises:
        DataError: If the file is damaged, or ids beside a stacked array cannot be read.
    """
    arrays = _arrays(file)
    lists = [name for name, array in arrays.items() if _may_be_ids(name, array)]
    found: list[Entry] = []
    for name, array in arrays.items():
        if _is_stack(array.shape):
            ids = _ids_beside(name, arrays, lists, wanted)
            found.extend(
                Entry(one, f"{name}[{place}]", _reader(array, place))
                for place, one in enumerate(ids)
            )
            if ids or array.shape[0] != 1:
                continue
        if len(array.shape) > 1:
            place = 0 if array.shape[0] == 1 and len(array.shape) > 2 else None
            found.append(Entry(_id_of(name), name, _reader(array, place)))
    return found


def _arrays(file: Any) -> dict[str, Any]:
    """All arrays inside the file itself, by their full name."""
    import h5py

    arrays: dict[str, Any] = {}

    def keep(name: str | bytes, thing: Any) -> None:
        if isinstance(thing, h5py.Dataset) and thing.shape is not None:
            # a name that is no UTF-8 comes as bytes
            arrays[name if isinstance(name, str) else name.decode("utf-8", "replace")] = thing

    try:
        file.visititems(keep)  # follows neither soft nor external links
    except BROKEN as error:
        raise DataError(f"The HDF5 file is damaged ({type(error).__name__}).") from None
    return arrays


def _is_stack(shape: tuple[int, ...]) -> bool:
    """Whether an array may hold several images; one channel at the end makes no stack."""
    return len(shape) == 4 or (len(shape) == 3 and shape[2] != 1)


def _id_of(name: str) -> str:
    """The id in the name of an array, or of the group around one called ``image``."""
    parts = name.split("/")
    generic = parts[-1].casefold() in _GENERIC and len(parts) > 1
    return _without_ending(parts[-2] if generic else parts[-1])


def _may_be_ids(name: str, array: Any) -> bool:
    leaf = name.rpartition("/")[2].casefold()
    return len(array.shape) == 1 and _ID_NAME.search(leaf) is not None


def _ids_beside(
    stack: str, arrays: dict[str, Any], lists: list[str], wanted: frozenset[str]
) -> list[str]:
    """Ids in the same group as a stacked array, as many as it has images."""
    group = stack.rpartition("/")[0]
    count = arrays[stack].shape[0]
    fitting: list[tuple[int, bool, list[str]]] = []
    for name in lists:
        place, _, leaf = name.rpartition("/")
        if place == group and arrays[name].shape == (count,) and count <= _MOST_IDS:
            named = _ID_NAME.search(leaf.casefold())
            ids = _read_ids(name, arrays[name])
            said = named is not None and named["id"] is not None
            fitting.append((len(wanted.intersection(ids)), said, ids))
    return max(fitting, key=lambda one: one[:2])[2] if fitting else []


def _read_ids(name: str, array: Any) -> list[str]:
    try:
        _must_be_inside(array)
        values = array[()].tolist()
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in values]
    except (*BROKEN, NoPictureError):
        raise DataError(f"The ids in {name[:80]} of the HDF5 file cannot be read.") from None
    return [_without_ending(text) for text in texts]


def _reader(array: Any, place: int | None) -> Callable[[], NDArray[Any]]:
    """Reads one picture of an array when it is asked to."""

    def read() -> NDArray[Any]:
        try:
            shape = tuple(array.shape if place is None else array.shape[1:])
            check_shape(shape, array.dtype, colour=False)
            _must_be_inside(array)
            return np.asarray(array[()] if place is None else array[place])
        except BROKEN as error:
            raise NoPictureError(f"cannot be read ({type(error).__name__})") from None

    return read


def _must_be_inside(array: Any) -> None:
    """Refuse values that lie in other files, and pieces too large to unpack."""
    if array.is_virtual or array.external:
        raise NoPictureError("keeps its values in another file, which is not followed")
    if array.chunks and math.prod(array.chunks) * array.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise NoPictureError("is packed in pieces of more than 256 MiB")


def _without_ending(name: str) -> str:
    lower = name.casefold()
    for ending in _ENDINGS:
        if lower.endswith(ending):
            return name[: -len(ending)]
    return name


def twice(found: list[Entry]) -> dict[str, list[str]]:
    """Ids that several arrays claim, with the arrays."""
    places: dict[str, list[str]] = defaultdict(list)
    for entry in found:
        places[entry.id].append(entry.where)
    return {name: where for name, where in places.items() if len(where) > 1}
