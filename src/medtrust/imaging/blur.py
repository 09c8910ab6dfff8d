"""A weak blur: the picture stays what it is, only a little softer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter


def gaussian_blur(
    pixels: NDArray[np.uint8], parameters: Mapping[str, float | int | str], seed: int | None
) -> NDArray[np.uint8]:
    """Alteration ``gaussian-blur@1``: blur with a normal kernel.

    Args:
        pixels: Shape (height, width, 3).
        parameters: ``radius``, the kernel's standard deviation in pixels, 0 or more.
        seed: Not used.

    Returns:
        Blurred pixels of the same shape.

    Source: Zhang et al. 2024 (VL-Uncertainty), arXiv 2411.11919, uses radii from 0.6 to 1.4.
    """
    del seed
    radius = float(parameters["radius"])
    if not (math.isfinite(radius) and radius >= 0):
        raise ValueError("radius is 0 or more")
    return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))
