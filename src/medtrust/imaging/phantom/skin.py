"""Dermoscopy: a close look at skin, with or without a mole."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.shapes import (
    Painting,
    Plane,
    X,
    Y,
    bearing,
    distance,
    fade,
    line,
    rgb,
    texture,
    tint,
    touched_by,
    wave,
    within,
)
from medtrust.imaging.phantom.streams import Stream

_SKIN: Final = {
    "light": rgb(0.94, 0.79, 0.70),
    "medium": rgb(0.74, 0.54, 0.40),
    "dark": rgb(0.36, 0.24, 0.18),
}
_PIGMENT: Final = rgb(0.50, 0.36, 0.30)
_BLACK, _BLUE = rgb(0.06, 0.04, 0.05), rgb(0.36, 0.38, 0.52)
_CONTRAST: Final = {"light": 1.0, "medium": 0.85, "dark": 0.26}
"""How much of a mole's colour shows. It is least on dark skin, as in real photographs, so that a
model that learns from these pictures has a gap between skin tones that an audit must find."""


def skin(p: Phantom) -> Painting:
    """A dermoscopic picture of skin whose colour is the `tone`, with a few hairs.

    * nevus: a round, even brown mole.
    * melanoma: a larger mole with a jagged outline and black and blue-grey parts.

    On dark skin both show little contrast.
    """
    stream, hills = Stream(p.seed, "anatomy"), Stream(p.seed, "texture")
    tone = p.tone or "light"
    base = _SKIN[tone] * np.float32(stream.between(0.93, 1.06))
    uneven = 1.0 + 0.10 * texture(hills, 40) + 0.10 * texture(hills, 5)
    picture = uneven[..., None] * base
    x, y = stream.between(-0.18, 0.18), stream.between(-0.18, 0.18)
    touched = None
    if p.finding != "normal":
        healthy = picture
        mole = _nevus if p.finding == "nevus" else _melanoma
        picture = mole(picture, Stream(p.seed, p.finding), base, x, y, _CONTRAST[tone])
        touched = touched_by(healthy, picture)
    return Painting(_hairs(picture, stream), touched)


def _nevus(
    picture: NDArray[np.float32],
    stream: Stream,
    base: NDArray[np.float32],
    x: float,
    y: float,
    contrast: float,
) -> NDArray[np.float32]:
    radius = stream.between(0.30, 0.42)
    far = distance(x, y, radius, radius * stream.between(0.88, 1.12))
    colour = base * _PIGMENT * (1.0 + 0.12 * texture(stream, 30))[..., None]
    return tint(picture, contrast * within(far, 0.06), colour)


def _melanoma(
    picture: NDArray[np.float32],
    stream: Stream,
    base: NDArray[np.float32],
    x: float,
    y: float,
    contrast: float,
) -> NDArray[np.float32]:
    radius = stream.between(0.46, 0.58)
    around = bearing(X - x, Y - y)
    outline = np.ones_like(X)
    for waves in (2, 3, 5, 8):
        height = stream.between(0.07, 0.15)
        outline = outline + height * wave(around * waves + stream.unit())
    far = distance(x, y, radius, radius) / outline
    colour = np.broadcast_to(base * _PIGMENT, picture.shape)
    for part in (_BLACK, _BLUE):
        colour = tint(colour, fade(4.0 * texture(stream, 6) + 0.2), part)
    return tint(picture, contrast * within(far, 0.05), colour)


def _hairs(picture: NDArray[np.float32], stream: Stream) -> NDArray[np.float32]:
    shade: Plane = np.zeros_like(X)
    for _ in range(stream.below(4)):
        slope, height = stream.between(-1, 1), stream.between(-1.1, 1.1)
        np.maximum(shade, line(Y - slope * X - height + 0.2 * X * X, 0.025), out=shade)
    return picture * (1.0 - 0.6 * shade[..., None])
