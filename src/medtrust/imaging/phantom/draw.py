"""From a phantom's labels to its pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.imaging.phantom.brain import brain_ct, brain_mri
from medtrust.imaging.phantom.breast import breast
from medtrust.imaging.phantom.chest import chest
from medtrust.imaging.phantom.fundus import fundus
from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.shapes import SIZE, Painting
from medtrust.imaging.phantom.skin import skin
from medtrust.imaging.phantom.streams import Stream
from medtrust.imaging.phantom.tissue import tissue

PAINTERS: Final[dict[str, Callable[[Phantom], Painting]]] = {
    "chest x-ray": chest,
    "CT": brain_ct,
    "MRI": brain_mri,
    "fundus photograph": fundus,
    "dermoscopy": skin,
    "ultrasound": breast,
    "histology": tissue,
}


def draw(p: Phantom) -> NDArray[np.uint8]:
    """The pixels of a phantom, RGB, shape (112, 112, 3); the same bytes on every machine.

    The painted picture is made a little brighter or darker and gets noise with a standard deviation
    of 1 to 5 % of the full scale, both from the seed's own ``noise`` stream.
    """
    return expose(paint(p).picture, p.seed)


def paint(p: Phantom) -> Painting:
    """The picture before its noise, and where the finding is in it."""
    return PAINTERS[p.modality](p)


def expose(picture: NDArray[np.float32], seed: int) -> NDArray[np.uint8]:
    """Give a painted picture its exposure and noise, and round it to bytes.

    Args:
        picture: Brightness, 0 to 1, shape (112, 112) or (112, 112, 3).
        seed: Seed of the phantom.
    """
    stream = Stream(seed, "noise")
    gain, offset = stream.between(0.92, 1.08), stream.between(-0.03, 0.03)
    grain = stream.between(0.01, 0.05) * stream.noise(SIZE, SIZE) + np.float32(offset)
    if picture.ndim == 3:
        grain = grain[..., None]
    levels = np.clip(picture * gain + grain, 0.0, 1.0) * 255.0
    pixels = np.floor(levels + 0.5).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return pixels
