"""Histology: stained tissue under a microscope, pink with purple nuclei."""

from __future__ import annotations

import numpy as np

from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.shapes import (
    SIZE,
    Painting,
    Plane,
    X,
    Y,
    distance,
    fade,
    rgb,
    texture,
    tint,
    touched_by,
    wave,
    within,
)
from medtrust.imaging.phantom.streams import Stream


def tissue(p: Phantom) -> Painting:
    """A stained section: pink fibres with small round nuclei far apart.

    * carcinoma: a nest of crowded, large, dark, uneven nuclei in darker ground fills most of it.
    """
    stream, hills = Stream(p.seed, "anatomy"), Stream(p.seed, "texture")
    pink = rgb(0.93, stream.between(0.66, 0.74), stream.between(0.78, 0.86))
    fibres = wave((X * stream.between(0.2, 0.8) + Y) * 2.6 + 1.5 * texture(hills, 5))
    light = 1.0 + 0.05 * fibres + 0.15 * texture(hills, 18)
    picture = light[..., None] * pink
    purple = rgb(0.36, 0.20, 0.55) * np.float32(stream.between(0.9, 1.1))
    picture = tint(picture, within(_nuclei(stream, 6, 0.10, 0.15, 0.6), 0.15), purple)
    if p.finding == "normal":
        return Painting(picture)
    ill = Stream(p.seed, "carcinoma")
    x, y = ill.between(-0.2, 0.2), ill.between(-0.2, 0.2)
    far = distance(x, y, ill.between(0.70, 0.85), ill.between(0.70, 0.85)) + 0.35 * texture(ill, 6)
    nest = within(far, 0.06)
    after = tint(picture, 0.75 * nest, rgb(0.74, 0.48, 0.72))
    cells = _nuclei(ill, 9, 0.30, 0.56, 0.95)
    after = tint(after, nest * within(cells, 0.12), rgb(0.24, 0.10, 0.42))
    after = tint(after, nest * fade((0.42 - cells) * 6.0), rgb(0.55, 0.25, 0.55))
    return Painting(after, touched_by(picture, after))


def _nuclei(stream: Stream, cells: int, low: float, high: float, keep: float) -> Plane:
    """Distance to the nearest nucleus, 1 at its edge.

    One nucleus may lie in each square of a grid, `cells` of them across; radii from `low` to `high`
    are in squares, and a share `keep` of the squares has one.
    """
    count = cells + 2
    spread, radius = stream.units(2, count, count), stream.units(count, count)
    squash, kept = stream.units(count, count), stream.units(count, count)
    steps = np.arange(count, dtype=np.float32)
    column = steps[None, :] - 1.0 + 0.15 + 0.7 * spread[0]
    row = steps[:, None] - 1.0 + 0.15 + 0.7 * spread[1]
    flat = 1.0 / (low + (high - low) * radius)
    tall = flat * (0.75 + 0.6 * squash)
    flat = np.where(kept < keep, flat, np.float32(100.0))
    place = (np.arange(SIZE, dtype=np.float32) + 0.5) * np.float32(cells / SIZE)
    square = np.floor(place).astype(np.int64)
    nearest = np.full((SIZE, SIZE), 1e9, dtype=np.float32)
    for down in range(3):
        for across in range(3):
            spot = (square + down)[:, None] * count + (square + across)[None, :]
            x = (place[None, :] - column.take(spot)) * flat.take(spot)
            y = (place[:, None] - row.take(spot)) * tall.take(spot)
            np.minimum(nearest, x * x + y * y, out=nearest)
    return np.sqrt(nearest)
