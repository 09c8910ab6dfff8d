"""Images without content: the blind baseline asks the same question about one of these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.errors import ImageError
from medtrust.core.records import ImageRef

MID_GREY: Final = 128

_KEY: Final = re.compile(r"blank:([1-9]\d{0,8})x([1-9]\d{0,8})", re.ASCII)


def blank_image(width: int, height: int) -> ImageRef:
    """A mid-grey image of a size, made in memory when it is asked for.

    Args:
        width: At least 1.
        height: At least 1.

    Raises:
        ImageError: If a side is not positive.
    """
    image = ImageRef(f"blank:{width}x{height}")
    blank_size(image.key)
    return image


def blank_size(key: str) -> tuple[int, int] | None:
    """Width and height of a blank image's key, or None if the key names something else.

    Raises:
        ImageError: ``image-unreadable``, if it starts with ``blank:`` but names no size.
    """
    if not key.startswith("blank:"):
        return None
    match = _KEY.fullmatch(key)
    if match is None:
        raise ImageError(
            "image-unreadable", f"The blank image {key!r} has no size; write blank:WIDTHxHEIGHT."
        )
    return int(match[1]), int(match[2])


def blank_pixels(width: int, height: int) -> NDArray[np.uint8]:
    """Mid-grey RGB pixels, shape (height, width, 3)."""
    return np.full((height, width, 3), MID_GREY, dtype=np.uint8)


def fill(
    pixels: NDArray[np.uint8], parameters: Mapping[str, float | int | str], seed: int | None
) -> NDArray[np.uint8]:
    """Alteration ``fill@1``: one colour everywhere, the size kept.

    Args:
        pixels: Shape (height, width, 3).
        parameters: ``red``, ``green``, ``blue``, each 0 to 255; mid-grey where not given.
        seed: Not used.
    """
    del seed
    colour = [int(parameters.get(name, MID_GREY)) for name in ("red", "green", "blue")]
    if not all(0 <= value <= 255 for value in colour):
        raise ValueError("colours lie in 0..255")
    filled = np.empty_like(pixels)
    filled[:] = np.array(colour, dtype=np.uint8)
    return filled
