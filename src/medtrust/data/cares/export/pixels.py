"""Arrays of unknown making as 8-bit pictures, or one clear reason why not."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

MOST_PIXELS: Final = 25_000_000
"""Values of one picture that are read at most, 5,000 x 5,000; a fundus image has 300,000."""

SOFT_TISSUE: Final = (40.0, 400.0)
"""Centre and width, in Hounsfield units, of the window in which soft tissue is read."""

AIR: Final = -200.0
"""Hounsfield units below which only air and lung lie; a slice of a body has some around it."""


class NoPictureError(Exception):
    """The array is no picture; the message ends a sentence that names it."""


def check_shape(shape: tuple[int, ...], dtype: np.dtype[Any], *, colour: bool) -> None:
    """Refuse what is no picture before any value is read.

    Args:
        shape: As the file declares it.
        dtype: As the file declares it.
        colour: Whether three channels, last, are a picture too.

    Raises:
        NoPictureError: With the reason.
    """
    if dtype.hasobject:
        raise NoPictureError("holds Python objects, which could run code when read")
    if dtype.kind not in "iuf":
        raise NoPictureError(f"holds no numbers (type {dtype})")
    channels = shape[2:]
    fits = len(shape) == 2 or (len(shape) == 3 and channels in ({(1,), (3,)} if colour else {(1,)}))
    if not fits:
        axes = "2 axes, or 3 with 1 or 3 channels last" if colour else "2 axes"
        raise NoPictureError(f"has the shape {shape}; a picture has {axes}")
    if min(shape) < 1:
        raise NoPictureError(f"is empty (shape {shape})")
    if shape[0] * shape[1] > MOST_PIXELS:
        raise NoPictureError(f"has {shape[0]:,} x {shape[1]:,} pixels, more than {MOST_PIXELS:,}")


def from_brightness(values: NDArray[Any]) -> Pixels:
    """A picture whose values are brightness already.

    Args:
        values: 8-bit, or floating numbers in [0, 1] or in [0, 255]; the larger range is meant as
            soon as a value lies above 1.

    Returns:
        Shape (height, width), or (height, width, 3).

    Raises:
        NoPictureError: If they are neither.
    """
    values = values[:, :, 0] if values.ndim == 3 and values.shape[2] == 1 else values
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype.kind != "f":
        raise NoPictureError(f"is of type {values.dtype}; 8-bit or floating numbers were expected")
    low, high = _range(values)
    if low < 0 or high > 255:
        raise NoPictureError(
            f"has values from {low:g} to {high:g}; floating numbers must lie in 0..1 or 0..255"
        )
    scale = 255.0 if high <= 1 else 1.0
    scaled: Pixels = np.rint(values.astype(np.float64) * scale).astype(np.uint8)
    return scaled


def from_ct(values: NDArray[Any]) -> Pixels:
    """A CT slice in the soft-tissue window: -160 HU and below is black, 240 and above white.

    Args:
        values: Hounsfield units, signed or floating; 8-bit values are taken as brightness.

    Returns:
        Shape (height, width).

    Raises:
        NoPictureError: If they cannot be Hounsfield units.
    """
    values = values[:, :, 0] if values.ndim == 3 else values
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype.kind == "u":
        raise NoPictureError(
            f"is of type {values.dtype}, which cannot hold Hounsfield units below 0; save it as "
            "Hounsfield units or as 8-bit values"
        )
    low, high = _range(values)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        raise NoPictureError("has values in 0..1, which are no Hounsfield units")
    centre, width = SOFT_TISSUE
    shade = (values.astype(np.float64) - (centre - width / 2)) / width
    windowed: Pixels = np.rint(np.clip(shade, 0, 1) * 255).astype(np.uint8)
    return windowed


def has_air(values: NDArray[Any]) -> bool:
    """Whether a slice reaches down to air, as every slice in Hounsfield units does."""
    return values.dtype == np.uint8 or bool(np.min(values) < AIR)


def _range(values: NDArray[Any]) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    if not np.isfinite([low, high]).all():
        raise NoPictureError("has values that are not finite")
    return low, high
