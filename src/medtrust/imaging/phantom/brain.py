"""Slices through a head: CT, where bone is white, and MRI, where the ventricles are."""

from __future__ import annotations

import numpy as np

from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.shapes import (
    Painting,
    Plane,
    X,
    Y,
    bearing,
    blend,
    disc,
    distance,
    fade,
    line,
    texture,
    touched_by,
    wave,
    within,
)
from medtrust.imaging.phantom.streams import Stream


def brain_ct(p: Phantom) -> Painting:
    """A CT slice of the head: a white ring of skull around grey brain.

    * age: from 60 on the two dark ventricles are wide and dark furrows cut into the rim.
    * hemorrhage: a white patch in one half; infarct: a nearly black one.
    """
    stream, hills = Stream(p.seed, "anatomy"), Stream(p.seed, "texture")
    x, y = stream.between(-0.05, 0.05), stream.between(-0.05, 0.05)
    wide, high = stream.between(0.70, 0.77), stream.between(0.84, 0.92)
    skull = distance(x, y, wide, high)
    inside = within(skull * (1.0 / 0.88), 0.03)
    picture = blend(np.full_like(X, 0.03), within(skull, 0.03), 0.97)
    picture = blend(picture, inside, 0.46 + 0.12 * texture(hills, 40))
    picture = _furrows(picture, p, skull, stream, 0.16, x, y)
    picture = _ventricles(picture, p, 0.12, x, y)
    picture = blend(picture, 0.6 * line(X - x, 0.035) * inside, 0.62)
    if p.finding == "normal":
        return Painting(picture)
    ill = Stream(p.seed, p.finding)
    far = _lesion(ill, x, y, -1 if p.side == "left" else 1, 0.18, 0.25)
    mottled = far + 0.35 * texture(ill, 12)
    value = 0.93 if p.finding == "hemorrhage" else 0.10
    after = blend(picture, within(mottled, 0.12) * inside, value)
    return Painting(after, touched_by(picture, after))


def brain_mri(p: Phantom) -> Painting:
    """An MRI slice of the head: a thin bright scalp, folded cortex, white ventricles.

    * age: from 60 on the two white ventricles are wide and dark furrows cut into the rim.
    * tumor: a white ring with a dark middle in one half, in a pale halo.
    """
    stream, hills = Stream(p.seed, "anatomy"), Stream(p.seed, "texture")
    x, y = stream.between(-0.05, 0.05), stream.between(-0.05, 0.05)
    wide, high = stream.between(0.72, 0.80), stream.between(0.86, 0.94)
    scalp = distance(x, y, wide, high)
    picture = blend(np.full_like(X, 0.02), within(scalp, 0.03), 0.62)
    picture = blend(picture, within(scalp * (1.0 / 0.93), 0.03), 0.04)
    inside = within(scalp * (1.0 / 0.84), 0.04)
    picture = blend(picture, inside, 0.40 + 0.14 * texture(hills, 16))
    folds = wave(bearing(X - x, Y - y) * 15.0 + stream.unit() + 0.8 * texture(hills, 6))
    picture = picture + 0.11 * inside * folds * fade((scalp - 0.45) * 8.0)
    picture = _furrows(picture, p, scalp, stream, 0.05, x, y)
    picture = _ventricles(picture, p, 0.88, x, y)
    if p.finding == "normal":
        return Painting(picture)
    ill = Stream(p.seed, p.finding)
    far = _lesion(ill, x, y, -1 if p.side == "left" else 1, 0.19, 0.26)
    after = blend(picture, 0.7 * inside * within(far * (1.0 / 1.35), 0.25), 0.66)
    after = blend(after, inside * within(far, 0.1), 1.0)
    after = blend(after, inside * within(far * (1.0 / 0.55), 0.25), 0.08)
    return Painting(after, touched_by(picture, after))


def _furrows(
    picture: Plane, p: Phantom, rim: Plane, stream: Stream, value: float, x: float, y: float
) -> Plane:
    """The wide dark sulci of an old brain; a young one has none that show."""
    phase = stream.unit()
    if p.age_group != "60 and over":
        return picture
    spokes = fade(2.5 * wave(bearing(X - x, Y - y) * 20.0 + phase) - 0.6)
    band = fade((rim - 0.66) * 14.0) * fade((0.83 - rim) * 25.0)
    return blend(picture, spokes * band, value)


def _ventricles(picture: Plane, p: Phantom, value: float, x: float, y: float) -> Plane:
    old = p.age_group == "60 and over"
    width, apart, height = (0.13, 0.17, 0.38) if old else (0.05, 0.10, 0.22)
    for side in (-1, 1):
        horn = disc(x + side * apart, y - 0.04, width, height, turn=side * 0.12, soft=0.15)
        picture = blend(picture, horn, value)
    return picture


def _lesion(stream: Stream, x: float, y: float, side: int, low: float, high: float) -> Plane:
    """Distance from a spot in one half, 1 at its edge."""
    turn = stream.between(-1, 1)
    at_x, at_y = x + side * stream.between(0.34, 0.40), y + stream.between(-0.34, 0.34)
    return distance(at_x, at_y, stream.between(low, high), stream.between(low, high), turn * side)
