"""Chest X-rays, drawn as they are read: the patient's left is on the right of the image."""

from __future__ import annotations

from dataclasses import dataclass

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

LUNG, BONE, HEART = 0.22, 0.72, 0.70


@dataclass(frozen=True, slots=True)
class _Body:
    """Where the chest lies and how large it is."""

    x: float
    y: float
    scale: float

    def lung(self, side: int, *, soft: float = 0.1, grow: float = 1.0) -> Plane:
        """One lung; `side` is -1 on the left of the image and 1 on its right."""
        return disc(
            self.x + side * 0.42, self.y - 0.08, 0.31 * self.scale * grow, 0.66 * self.scale * grow,
            turn=-side * 0.04, soft=soft,
        )  # fmt: skip


def chest(p: Phantom) -> Painting:
    """A frontal or lateral chest X-ray.

    Lateral: one oval chest, the spine bright along its right edge. Frontal: two lungs with ribs.

    * sex: a woman has two bright breast shadows with sharp lower rims across the lung bases and
      narrow shoulders; a man has shoulders that fill the upper corners.
    * age: from 60 on a bright calcified ring, the aortic knob, right of the upper spine.
    * device: a white box below the right clavicle with a wire to the heart.
    """
    stream = Stream(p.seed, "anatomy")
    body = _Body(
        stream.between(-0.05, 0.05), stream.between(-0.04, 0.04), stream.between(0.94, 1.04)
    )
    if p.view == "lateral":
        return Painting(_lateral(body, stream, p.seed))
    picture = _frontal(p, body, stream)
    touched = None
    if p.finding != "normal":
        healthy = picture
        picture = _FINDINGS[p.finding](picture, body, -1 if p.side == "left" else 1, p.seed)
        touched = touched_by(healthy, picture)
    if p.age_group == "60 and over":  # on top of all, as dense as metal
        picture = _aortic_knob(picture, body)
    if p.device == "pacemaker":
        picture = _pacemaker(picture, body)
    return Painting(picture, touched)


def _lateral(body: _Body, stream: Stream, seed: int) -> Plane:
    picture = np.full_like(X, 0.06) + 0.04 * texture(Stream(seed, "texture"), 6)
    picture = blend(picture, disc(0, 0.2, 0.85, 1.25, soft=0.05), stream.between(0.5, 0.58))
    chest_mask = disc(body.x + 0.03, body.y, 0.55, 0.76, turn=stream.between(-0.1, 0.1), soft=0.1)
    picture = blend(picture, chest_mask, 0.27)
    picture = picture + chest_mask * 0.04 * wave((Y + 0.5 * X) * 3.6)
    picture = blend(picture, disc(body.x - 0.18, body.y + 0.3, 0.32, 0.28, turn=0.15), 0.62)
    spine = disc(body.x + 0.62, body.y, 0.12, 1.0, soft=0.25)
    return blend(picture, spine, 0.72 + 0.12 * wave(Y * 3.4))


def _frontal(p: Phantom, body: _Body, stream: Stream) -> Plane:
    x, y = body.x, body.y
    hills = Stream(p.seed, "texture")
    picture = np.full_like(X, 0.05) + 0.04 * texture(hills, 6)
    flesh = stream.between(0.50, 0.58)
    if p.sex == "female":
        torso = np.maximum(disc(x, y + 0.3, 0.84, 1.2, soft=0.04), disc(x, y - 0.55, 0.66, 0.42))
    else:
        torso = np.maximum(disc(x, y + 0.3, 0.94, 1.3, soft=0.04), disc(x, y - 0.5, 1.1, 0.45))
    picture = blend(picture, torso, flesh)
    lungs = body.lung(-1) + body.lung(1)
    picture = blend(picture, lungs * 0.92, LUNG)
    ribs = wave((Y - y) * 3.6 + 0.45 * np.abs(X - x))
    picture = picture + lungs * (0.045 * ribs + 0.08 * texture(hills, 18))
    picture = blend(picture, disc(x, y, 0.12, 1.3, soft=0.35), BONE)
    for side in (-1, 1):  # clavicles
        slope = Y - y + 0.56 + 0.22 * side * (X - x)
        picture = picture + 0.2 * line(slope, 0.06) * fade((0.62 - np.abs(X - x)) * 8)
    wide = stream.between(0.25, 0.31)
    picture = blend(picture, disc(x + 0.1, y + 0.3, wide, 0.27, turn=0.12, soft=0.12), HEART)
    if p.sex == "female":
        picture = _breasts(picture, body)
    return picture


def _breasts(picture: Plane, body: _Body) -> Plane:
    for side in (-1, 1):
        far = distance(body.x + side * 0.5, body.y + 0.3, 0.36, 0.34)
        lower = fade((Y - body.y - 0.1) * 3.0)
        rim = fade(1.0 - np.abs(far - 0.94) * 9.0) * fade((Y - body.y - 0.3) * 6.0)
        picture = picture + within(far, 0.06) * lower * 0.2 + rim * 0.2
    return picture


def _aortic_knob(picture: Plane, body: _Body) -> Plane:
    far = distance(body.x + 0.17, body.y - 0.38, 0.15, 0.16)
    picture = blend(picture, within(far, 0.12), 0.62)
    return blend(picture, fade(1.0 - np.abs(far - 0.85) * 4.5), 1.0)


def _pacemaker(picture: Plane, body: _Body) -> Plane:
    across, down = np.abs(X - body.x - 0.6), np.abs(Y - body.y + 0.62)
    box = fade((0.14 - np.maximum(across, down)) * 25.0)
    wire = line(X - body.x - 0.16 - 0.5 * (Y - body.y - 0.25) * (Y - body.y - 0.25), 0.035)
    wire = wire * fade((Y - body.y + 0.6) * 20.0) * fade((body.y + 0.35 - Y) * 20.0)
    return blend(blend(picture, wire, 1.0), box, 1.0)


def _nodule(picture: Plane, body: _Body, side: int, seed: int) -> Plane:
    """A round, sharp, bright coin in the lung."""
    stream = Stream(seed, "nodule")
    x, y = body.x + side * stream.between(0.38, 0.5), body.y + stream.between(-0.4, 0.1)
    radius = stream.between(0.145, 0.185)
    return blend(picture, disc(x, y, radius, radius, soft=0.15), stream.between(0.82, 0.95))


def _effusion(picture: Plane, body: _Body, side: int, seed: int) -> Plane:
    """The lower lung is white, up to a line that climbs towards the ribs."""
    level = Stream(seed, "pleural effusion").between(-0.02, 0.2)
    outward = fade((side * (X - body.x) - 0.25) * 2.2)
    fluid = fade((Y - body.y - level + 0.3 * outward) * 7.0)
    below = fade((body.y + 0.72 - Y) * 6.0)
    lung = body.lung(side, soft=0.06, grow=1.1)
    return blend(picture, lung * fluid * below, np.maximum(picture, np.float32(0.82)))


def _cardiomegaly(picture: Plane, body: _Body, side: int, seed: int) -> Plane:
    """The heart is much wider than half the chest."""
    del side
    stream = Stream(seed, "cardiomegaly")
    wide, high = stream.between(0.48, 0.58), stream.between(0.36, 0.42)
    heart = disc(body.x + 0.1, body.y + 0.24, wide, high, turn=0.1, soft=0.07)
    return blend(picture, heart, np.maximum(picture, np.float32(HEART + 0.06)))


def _pneumothorax(picture: Plane, body: _Body, side: int, seed: int) -> Plane:
    """The outer upper lung is black and without ribs; a bright line bounds what is left of it."""
    stream = Stream(seed, "pneumothorax")
    depth = stream.between(0.0, 0.06)
    rest = distance(body.x + side * (0.2 - depth), body.y + 0.2, 0.25, 0.58, turn=-side * 0.05)
    space = body.lung(side, soft=0.05) * fade((rest - 1.0) * 8.0) * fade((body.y + 0.35 - Y) * 4.0)
    edge = body.lung(side, soft=0.05) * fade(1.0 - np.abs(rest - 1.0) * 9.0)
    return blend(blend(picture, space, 0.02), edge * 0.7, 0.75)


def _consolidation(picture: Plane, body: _Body, side: int, seed: int) -> Plane:
    """A large, ragged, cloudy patch."""
    stream = Stream(seed, "consolidation")
    x, y = body.x + side * stream.between(0.38, 0.46), body.y + stream.between(-0.4, -0.05)
    far = distance(x, y, stream.between(0.25, 0.3), stream.between(0.28, 0.34))
    ragged = far + 0.9 * texture(stream, 14) + 0.08 * wave(bearing(X - x, Y - y) * 5.0)
    cloud = within(ragged, 0.3) * body.lung(side, soft=0.1, grow=1.08)
    return blend(picture, cloud, 0.68 + 0.35 * texture(stream, 20))


_FINDINGS = {
    "nodule": _nodule,
    "pleural effusion": _effusion,
    "cardiomegaly": _cardiomegaly,
    "pneumothorax": _pneumothorax,
    "consolidation": _consolidation,
}
