"""What the generators paint with: soft shapes, waves and textures on a canvas of 112 x 112.

Coordinates run from -1 (left, top) to 1 (right, bottom). Only operations that IEEE 754 rounds the
same way everywhere are used (no sine, no exponential, no matrix product), so that a phantom has the
same bytes on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from medtrust.imaging.phantom.streams import Stream

Plane = NDArray[np.float32]
"""One number a pixel, shape (112, 112); a picture may carry three, shape (112, 112, 3)."""

Field = NDArray[np.floating[Any]]
"""A plane on its way: single precision too, which numpy's types lose sight of."""

SIZE: Final = 112

_AXIS: Final = ((np.arange(SIZE) * 2 - (SIZE - 1)) / (SIZE - 1)).astype(np.float32)
X: Final[Plane] = np.ascontiguousarray(np.broadcast_to(_AXIS[None, :], (SIZE, SIZE)))
Y: Final[Plane] = np.ascontiguousarray(np.broadcast_to(_AXIS[:, None], (SIZE, SIZE)))

VISIBLE: Final = 0.03
"""A change of more than this part of the full scale counts as touched by a finding."""


@dataclass(frozen=True, slots=True)
class Painting:
    """A picture before its noise.

    Attributes:
        picture: Brightness 0 to 1, shape (112, 112), or (112, 112, 3) in colour.
        touched: Where the finding changed it by more than `VISIBLE`, shape (112, 112); None when
            there is no finding.
    """

    picture: NDArray[np.float32]
    touched: NDArray[np.bool_] | None = None


def fade(amount: Field) -> Plane:
    """From 0 to 1 with soft ends; exactly 0 below 0 and exactly 1 above 1."""
    inside = np.clip(amount, 0.0, 1.0)
    smooth: Plane = inside * inside * (3.0 - 2.0 * inside)
    return smooth


def turned(x: float, y: float, turn: float) -> tuple[Plane, Plane]:
    """Coordinates around a centre, in a frame turned by twice the angle of slope `turn`."""
    cosine = (1.0 - turn * turn) / (1.0 + turn * turn)
    sine = 2.0 * turn / (1.0 + turn * turn)
    across, down = X - x, Y - y
    return across * cosine + down * sine, down * cosine - across * sine


def distance(x: float, y: float, width: float, height: float, turn: float = 0.0) -> Plane:
    """Distance from a centre, 1 on the ellipse with these half axes."""
    if turn:
        across, down = turned(x, y, turn)
        across, down = across * (1.0 / width), down * (1.0 / height)
    else:
        across, down = (X - x) * (1.0 / width), (Y - y) * (1.0 / height)
    return np.sqrt(across * across + down * down)


def disc(
    x: float, y: float, width: float, height: float, *, turn: float = 0.0, soft: float = 0.1
) -> Plane:
    """A filled ellipse with a soft edge: 1 inside, 0 outside, `soft` half as wide as the edge."""
    return within(distance(x, y, width, height, turn), soft)


def within(far: Field, soft: float) -> Plane:
    """1 where a distance is below 1, 0 above, changing between 1 - soft and 1 + soft."""
    return fade((1.0 + soft - far) * (0.5 / soft))


def line(offset: Field, width: float) -> Plane:
    """A soft line where an offset is 0, out to `width` on both sides."""
    return fade(1.0 - np.abs(offset) * (1.0 / width))


def wave(phase: Field) -> Plane:
    """Like a sine, from -1 to 1 with period 1, out of two parabolas."""
    place = (phase - np.floor(phase)) * 2.0 - 1.0
    smooth: Plane = 4.0 * place * (1.0 - np.abs(place))
    return smooth


def bearing(across: Plane, down: Plane) -> Plane:
    """Direction from a centre, in turns: like an angle, but with straight quarters."""
    slope = down / (np.abs(across) + np.abs(down) + 1e-6)
    around: Plane = np.where(across >= 0, slope, 2.0 - slope) * np.float32(0.25)
    return around


def blend(picture: Plane, mask: Plane, value: float | Plane) -> Plane:
    """Lay a value over a picture, as thick as the mask says (0 to 1)."""
    blended: Plane = picture + mask * (value - picture)
    return blended


def tint(
    picture: NDArray[np.float32], mask: Plane, colour: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Lay a colour, shape (3,) or (112, 112, 3), over a colour picture."""
    tinted: NDArray[np.float32] = picture + mask[..., None] * (colour - picture)
    return tinted


def rgb(red: float, green: float, blue: float) -> NDArray[np.float32]:
    """A colour of three parts from 0 to 1."""
    return np.array([red, green, blue], dtype=np.float32)


def texture(stream: Stream, cells: int) -> Plane:
    """Smooth random hills, about -0.5 to 0.5, `cells` of them across the picture."""
    grid = stream.units(cells + 3, cells + 3) - np.float32(0.5)
    places, weights = _cubic(cells)
    rows = sum(grid[place] * weight[:, None] for place, weight in zip(places, weights, strict=True))
    smooth: Plane = sum(
        rows[:, place] * weight[None, :] for place, weight in zip(places, weights, strict=True)
    )
    return smooth


def touched_by(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where two pictures differ by more than `VISIBLE`, shape (112, 112)."""
    change = np.abs(after - before)
    if change.ndim == 3:
        change = np.maximum(np.maximum(change[..., 0], change[..., 1]), change[..., 2])
    seen: NDArray[np.bool_] = change > VISIBLE
    return seen


@cache
def _cubic(cells: int) -> tuple[NDArray[np.int64], Plane]:
    """For each pixel the four grid points around it and their Catmull-Rom weights, (4, 112)."""
    place = (np.arange(SIZE) + 0.5) * cells / SIZE
    first = np.floor(place).astype(np.int64)
    t = place - first
    weights = 0.5 * np.stack(
        [
            t * (2.0 * t - 1.0 - t * t),
            2.0 + t * t * (3.0 * t - 5.0),
            t * (1.0 + t * (4.0 - 3.0 * t)),
            t * t * (t - 1.0),
        ]
    )
    return first[None, :] + np.arange(4)[:, None], weights.astype(np.float32)
