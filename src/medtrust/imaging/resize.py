"""Making images smaller, for servers that refuse large ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def resize(
    pixels: NDArray[np.uint8], parameters: Mapping[str, float | int | str], seed: int | None
) -> NDArray[np.uint8]:
    """Alteration ``resize@1``: shrink so that the longer side fits; never enlarge.

    Args:
        pixels: Shape (height, width, 3).
        parameters: ``longest_side`` in pixels, at least 1.
        seed: Not used.

    Returns:
        Lanczos-filtered pixels with the same aspect ratio, each side at least 1.
    """
    del seed
    longest_side = int(parameters["longest_side"])
    if longest_side < 1:
        raise ValueError("longest_side is at least 1")
    height, width = pixels.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
