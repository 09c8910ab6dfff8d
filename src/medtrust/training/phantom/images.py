"""The training images in memory, with their labels as classes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.data.phantom.terms import AGE_GROUPS, ALL_FINDINGS, NORMAL, SEXES, SIDES, TONES, VIEWS
from medtrust.imaging.phantom.draw import draw
from medtrust.imaging.phantom.labels import FINDINGS, Phantom, phantom
from medtrust.imaging.phantom.region import region

UNKNOWN_CLASS: Final = -1
"""Class of an image that has no such label; no loss comes from it."""

KINDS: Final = tuple(
    (modality, finding) for modality, found in FINDINGS.items() for finding in (NORMAL, *found)
)
LABELS: Final = {
    "kind": len(KINDS),
    "side": len(SIDES),
    "sex": len(SEXES),
    "age": len(AGE_GROUPS),
    "device": 2,
    "view": len(VIEWS),
    "tone": len(TONES),
}
"""What the tower learns of a whole image, with the number of classes."""

PLACES: Final = len(ALL_FINDINGS) + 1
"""Classes of a patch: nothing, or the finding whose region it lies in."""

_COVERED: Final = 0.3
"""Share of a patch that must lie in the region."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images and what is in them.

    Attributes:
        phantoms: The labels.
        pixels: Shape (n, edge, edge, 3), 0 to 255.
        classes: By label, shape (n,); `UNKNOWN_CLASS` where there is none.
        places: Class of every patch, shape (n, patches).
    """

    phantoms: Sequence[Phantom]
    pixels: NDArray[np.uint8]
    classes: dict[str, NDArray[np.int64]]
    places: NDArray[np.int64]


def pictures(seeds: range, patch: int, *, workers: int = 1) -> Pictures:
    """Draw the phantoms of some seeds.

    Args:
        seeds: One image each.
        patch: Edge of a patch in pixels.
        workers: Processes that draw; the result does not depend on it.
    """
    phantoms = [phantom(seed) for seed in seeds]
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            drawn = list(pool.map(draw, phantoms, chunksize=100))
    else:
        drawn = [draw(one) for one in phantoms]
    pixels = np.stack(drawn)
    rows = [_classes(one) for one in phantoms]
    return Pictures(
        phantoms,
        pixels,
        {name: np.array([row[name] for row in rows]) for name in LABELS},
        np.stack([_places(one, pixels.shape[1], patch) for one in phantoms]),
    )


def _classes(one: Phantom) -> dict[str, int]:
    def place(values: Sequence[str], value: str | None) -> int:
        return UNKNOWN_CLASS if value is None else values.index(value)

    frontal = one.view == "frontal"
    return {
        "kind": KINDS.index((one.modality, one.finding)),
        "side": place(SIDES, one.side),
        "sex": place(SEXES, one.sex),
        "age": place(AGE_GROUPS, one.age_group),
        "device": int(one.device is not None) if frontal else UNKNOWN_CLASS,
        "view": place(VIEWS, one.view),
        "tone": place(TONES, one.tone),
    }


def _places(one: Phantom, edge: int, patch: int) -> NDArray[np.int64]:
    count = edge // patch
    box = region(one)
    if box is None:
        return np.zeros(count * count, np.int64)
    left, top, right, bottom = box
    inside = np.zeros((edge, edge))
    inside[top:bottom, left:right] = 1
    share = inside.reshape(count, patch, count, patch).mean((1, 3)).ravel()
    return np.where(share >= _COVERED, ALL_FINDINGS.index(one.finding) + 1, 0).astype(np.int64)
