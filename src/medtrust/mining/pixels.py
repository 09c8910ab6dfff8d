"""The encoder ``pixels``: a small picture of the picture, centred. It has no weights.

It stands in for a general encoder where none may be downloaded, and it is a poor one: it sees
brightness and colour by place and nothing else. A shift, a crop or another exposure curve changes
it as much as another patient does. Pairs found with it prove that the chain works, and say which
images have the same layout; they say nothing about what a trained encoder would find.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from PIL import Image

from medtrust.core.errors import UserError
from medtrust.mining.encoder import (
    EncoderIdentity,
    EncoderOptions,
    Pixels,
    Vectors,
    check_names,
    whole_number,
)

VERSION: Final = 1
"""Raised whenever a vector of it changes."""

SIZE: Final = 16
LARGEST: Final = 128


class PixelEncoder:
    """The mean colour of each square of a grid, less the image's own mean of each channel.

    The cosine of two such vectors is the correlation of the two thumbnails over places, so
    overall brightness and contrast do not matter. An even image has no vector.

    Args:
        size: Squares across and down; the vector has ``3 * size * size`` numbers.
    """

    batch: int = 256
    notes: Sequence[str] = ()

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self.identity = EncoderIdentity("pixels", "", f"pixels-{VERSION}-{size}")

    def prepare(self, pixels: Pixels) -> Any:
        """The thumbnail, centred, shape (3 * size * size,)."""
        small = Image.fromarray(pixels).resize((self._size, self._size), Image.Resampling.BOX)
        values = np.asarray(small, dtype=np.float32)
        return (values - values.mean(axis=(0, 1))).reshape(-1)

    def encode(self, prepared: Sequence[Any]) -> Vectors:
        """They are done already."""
        return np.stack(list(prepared))


def open_encoder(options: EncoderOptions) -> PixelEncoder:
    """Make ``pixels``; ``-M size=N`` sets the grid, 16 unless said otherwise.

    Raises:
        UserError: For a name behind it, or a wrong size.
    """
    if options.name:
        raise UserError(f"There is one encoder of pixels: write pixels, not pixels/{options.name}.")
    check_names(options.parameters, ("size",))
    return PixelEncoder(whole_number(options.parameters, "size", SIZE, most=LARGEST))
