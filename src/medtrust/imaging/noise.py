"""Noise laid over an image, to see whether answers stand it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

_UNIT: Final = 1.0 / (1 << 52)


def gaussian_noise(
    pixels: NDArray[np.uint8], parameters: Mapping[str, float | int | str], seed: int | None
) -> NDArray[np.uint8]:
    """Alteration ``gaussian-noise@1``: normal noise, independent for each pixel and channel.

    The bits of PCG64, which numpy keeps for ever, become normal numbers by the inverse of their
    distribution function; numpy's own `standard_normal` may change between its releases.

    Args:
        pixels: Shape (height, width, 3).
        parameters: ``sigma``, the standard deviation as a part of the full scale, e.g. 0.1; 0 or
            more.
        seed: 0 or more; the same seed gives images of one size the same noise.

    Returns:
        The sum, rounded to whole levels and cut off at 0 and 255.

    Source: the Gaussian noise of Hendrycks and Dietterich 2019, arXiv 1903.12261, section 4.1, with
    sigma as the parameter in place of five severities.
    """
    from scipy.special import ndtri

    sigma = float(parameters["sigma"])
    if not (math.isfinite(sigma) and sigma >= 0):
        raise ValueError("sigma is 0 or more")
    if seed is None:
        raise ValueError("it needs a seed")
    noisy = np.empty_like(pixels)
    bits = np.random.PCG64(seed)
    for row, levels in enumerate(pixels):  # row by row, so that a large image needs little memory
        raw = bits.random_raw(levels.size) >> np.uint64(12)
        normal = ndtri((raw + 0.5) * _UNIT).reshape(levels.shape)
        noisy[row] = np.clip(np.rint(levels + 255.0 * sigma * normal), 0, 255)
    return noisy
