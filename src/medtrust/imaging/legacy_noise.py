"""The noise that the released CARES robustness script really adds, bit for bit.

The script draws normal noise and casts it to 8 bits before adding it. A negative draw has no 8-bit
value: on x86-64 it wraps round (-2.4 becomes 254), and the saturating sum then is white. So about
every third channel value turns white and what is called Gaussian noise is salt noise.
`medtrust.imaging.noise` holds what was meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

LARGEST_VARIANCE: Final = 1e12
"""Beyond it a draw could leave 32 bits, where the wrap depends on the processor's instructions."""


def legacy_noise(
    pixels: NDArray[np.uint8], parameters: Mapping[str, float | int | str], seed: int | None
) -> NDArray[np.uint8]:
    """Alteration ``legacy-noise@1``: noise as released, on channels in the script's own order.

    Its image library hands out pixels as blue, green, red; so the first number drawn falls on blue.
    Three things differ on purpose: the release is unseeded (each run another image), writes over
    the image files it reads (running it twice adds noise twice, and JPEG files lose quality on the
    way), and passes by every file whose ending is not lower-case ``.png`` or ``.jpg``. Here the
    seed is part of the image's identity, the given pixels stay as they are, and every image that
    can be loaded is altered.

    Args:
        pixels: RGB, shape (height, width, 3).
        parameters: ``variance`` on the scale 0..255, from 0 to `LARGEST_VARIANCE`; the release
            calls its function with 6.0 although the function's own default is 0.01.
        seed: 0 or more.

    Returns:
        RGB, shape (height, width, 3).
    """
    variance = float(parameters["variance"])
    if seed is None:
        raise ValueError("it needs a seed")
    noisy = wrapped_noise(pixels[..., ::-1], variance=variance, seed=seed)
    return np.ascontiguousarray(noisy[..., ::-1])


def wrapped_noise(pixels: NDArray[np.uint8], *, variance: float, seed: int) -> NDArray[np.uint8]:
    """Normal noise cast to 8 bits before it is added, as x86-64 processors cast.

    A draw is cut towards zero and then taken modulo 256, so -0.9 adds nothing and -1.0 adds 255.

    Args:
        pixels: Any shape with at least one dimension; not changed.
        variance: Of the noise, on the scale 0..255, from 0 to `LARGEST_VARIANCE`.
        seed: 0 or more. Below 2**32 it is that of numpy's legacy generator, whose draws are frozen
            for ever; a larger one is handed to it as its 32-bit words, lowest first.

    Returns:
        The sum, cut off at 255; same shape.

    Raises:
        ValueError: If the variance or the seed is out of range.

    Source: CARES ``noise_add.py`` at commit a743fe0, run on x86-64.
    """
    if not 0.0 <= variance <= LARGEST_VARIANCE:
        raise ValueError(f"the variance lies in 0..{LARGEST_VARIANCE:g}")
    spread = math.sqrt(variance)
    draws = np.random.RandomState(_legacy_seed(seed))
    noisy = np.empty_like(pixels)
    for row, levels in enumerate(pixels):  # row by row, so that a large image needs little memory
        drawn = draws.normal(0.0, spread, levels.shape)
        added = np.trunc(drawn).astype(np.int64).astype(np.uint8)
        noisy[row] = np.minimum(levels.astype(np.uint16) + added, 255)
    return noisy


def _legacy_seed(seed: int) -> int | list[int]:
    if seed < 0:
        raise ValueError("the seed is 0 or more")
    if seed < 1 << 32:
        return seed
    return [seed >> shift & 0xFFFFFFFF for shift in range(0, seed.bit_length(), 32)]
