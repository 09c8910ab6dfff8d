"""Fundus photographs: the back of an eye, orange on black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.shapes import (
    Painting,
    Plane,
    X,
    Y,
    disc,
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

_CUP = rgb(1.0, 0.98, 0.88)
_EXUDATE, _BLEEDING = rgb(1.0, 0.93, 0.40), rgb(0.25, 0.01, 0.02)


def fundus(p: Phantom) -> Painting:
    """A fundus photograph; the optic disc lies in the half that `side` names, the macula opposite.

    * glaucoma: the pale cup fills most of the disc; a healthy one is a small spot in it.
    * diabetic retinopathy: yellow and dark red spots all over the retina.

    The region of glaucoma is the whole disc, because that is where one has to look.
    """
    stream = Stream(p.seed, "anatomy")
    side = -1 if p.side == "left" else 1
    x, y = side * stream.between(0.40, 0.50), stream.between(-0.08, 0.08)
    radius = stream.between(0.20, 0.24)
    eye = disc(0, 0, 0.94, 0.94, soft=0.02)
    picture = _retina(p, stream, eye)
    picture = _vessels(picture, stream, eye, x, y, side)
    macula = disc(-side * 0.22, y, 0.17, 0.17, soft=0.9)
    picture = picture * (1.0 - 0.45 * macula[..., None])
    head = distance(x, y, radius * 0.92, radius)
    picture = tint(picture, within(head, 0.08), rgb(0.96, 0.66, 0.30))
    healthy, cupped = stream.between(0.25, 0.38), Stream(p.seed, "glaucoma").between(0.74, 0.84)
    cup = cupped if p.finding == "glaucoma" else healthy
    picture = tint(picture, within(head * (1.0 / cup), 0.12), _CUP)
    if p.finding == "glaucoma":
        return Painting(picture, within(head, 0.08) > 0.5)
    if p.finding == "diabetic retinopathy":
        spotted = _spots(picture, Stream(p.seed, "diabetic retinopathy"), side)
        return Painting(spotted, touched_by(picture, spotted))
    return Painting(picture)


def _retina(p: Phantom, stream: Stream, eye: Plane) -> NDArray[np.float32]:
    base = rgb(stream.between(0.66, 0.82), stream.between(0.28, 0.40), stream.between(0.08, 0.16))
    light = eye * (1.0 + 0.35 * texture(Stream(p.seed, "texture"), 6))
    coloured: NDArray[np.float32] = light[..., None] * base
    return coloured


def _vessels(
    picture: NDArray[np.float32], stream: Stream, eye: Plane, x: float, y: float, side: int
) -> NDArray[np.float32]:
    """Two arcades above and below the macula, and two short ones the other way."""
    away = (X - x) * -side  # grows towards the macula
    reach = np.sqrt(np.abs(away) + 1e-3)
    dark = np.zeros_like(X)
    for half in (-1, 1):
        bends = 0.05 * wave(X * side * 1.3 + stream.unit())
        arcade = line(Y - y - half * (0.56 * reach + bends), 0.055) * fade(away * 30.0)
        short = line(Y - y - half * (0.75 * reach + bends), 0.045) * fade(away * -30.0)
        dark = np.maximum(dark, np.maximum(arcade, short))
    return picture * (1.0 - (0.65 * dark * eye)[..., None] * rgb(0.55, 1.0, 1.0))


def _spots(picture: NDArray[np.float32], stream: Stream, side: int) -> NDArray[np.float32]:
    yellow, red = np.zeros_like(X), np.zeros_like(X)
    for _ in range(7):
        for layer in (yellow, red):
            x, y = side * stream.between(-0.66, 0.30), stream.between(-0.60, 0.60)
            radius = stream.between(0.06, 0.11)
            np.maximum(layer, disc(x, y, radius, radius, soft=0.2), out=layer)
    return tint(tint(picture, red, _BLEEDING), yellow, _EXUDATE)
