"""Breast ultrasound: a speckled fan."""

from __future__ import annotations

import numpy as np

from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.shapes import (
    SIZE,
    Painting,
    Plane,
    X,
    Y,
    bearing,
    blend,
    distance,
    fade,
    texture,
    touched_by,
    wave,
    within,
)
from medtrust.imaging.phantom.streams import Stream


def breast(p: Phantom) -> Painting:
    """An ultrasound picture: grey layers of tissue in a fan, all of it speckled.

    * cyst: a black round hole with a thin bright rim and a bright band below it.
    * mass: a dark grey, jagged spot, taller than wide, with a pale halo and a shadow below it.
    """
    stream, hills = Stream(p.seed, "anatomy"), Stream(p.seed, "texture")
    layers = wave((Y + stream.between(-0.1, 0.1)) * 1.5 + 0.5 * texture(hills, 5))
    picture = 0.50 + 0.08 * layers + 0.10 * texture(hills, 12) - 0.06 * Y
    touched = None
    if p.finding != "normal":
        before = picture
        paint = _cyst if p.finding == "cyst" else _mass
        picture = paint(picture, Stream(p.seed, p.finding), -1 if p.side == "left" else 1)
        seen = _fan() > 0
        touched = touched_by(before, picture) & seen
    speckle = Stream(p.seed, "speckle")
    one, other = speckle.noise(SIZE, SIZE), speckle.noise(SIZE, SIZE)
    grain = 0.45 + 0.44 * np.sqrt(one * one + other * other)
    return Painting(picture * grain * _fan(), touched)


def _fan() -> Plane:
    """The field of view: a sector whose point lies above the image."""
    down = Y + 1.7
    far = np.sqrt(X * X + down * down)
    inside = (np.abs(X) < 0.62 * down) & (far > 0.75) & (far < 2.68)
    field: Plane = inside.astype(np.float32)
    return field


def _cyst(picture: Plane, stream: Stream, side: int) -> Plane:
    x, y = side * stream.between(0.34, 0.46), stream.between(-0.12, 0.2)
    wide = stream.between(0.21, 0.27)
    high = wide * stream.between(0.85, 1.0)
    band = fade(1.0 - np.abs(X - x) * (1.0 / wide)) * fade((Y - y - high) * 6.0)
    picture = picture + 0.32 * band
    far = distance(x, y, wide, high)
    picture = blend(picture, within(far * (1.0 / 1.12), 0.06), 0.85)
    return blend(picture, within(far, 0.05), 0.02)


def _mass(picture: Plane, stream: Stream, side: int) -> Plane:
    x, y = side * stream.between(0.34, 0.46), stream.between(-0.12, 0.2)
    wide = stream.between(0.18, 0.23)
    high = wide * stream.between(1.15, 1.35)
    outline = 1.0 + 0.16 * wave(bearing(X - x, Y - y) * 7.0 + stream.unit())
    shadow = fade(1.0 - np.abs(X - x) * (0.9 / wide)) * fade((Y - y - 0.6 * high) * 6.0)
    picture = picture * (1.0 - 0.75 * shadow)
    far = distance(x, y, wide, high) / outline
    halo = fade((1.5 - far) * 2.5) * fade((y + 0.8 * high - Y) * 8.0)
    picture = blend(picture, 0.7 * halo, 0.75)
    return blend(picture, within(far, 0.08), 0.20)
