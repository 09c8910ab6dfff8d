"""The region of interest of a phantom: the box around its finding."""

from __future__ import annotations

from functools import lru_cache

from medtrust.imaging.phantom.draw import paint
from medtrust.imaging.phantom.labels import Phantom


@lru_cache(maxsize=16)  # all questions about a phantom are made one after the other
def region(p: Phantom) -> tuple[int, int, int, int] | None:
    """The tight box around where the finding changed the picture, before noise.

    A change of more than 3 % of the full scale counts (`shapes.VISIBLE`); glaucoma is boxed by the
    optic disc that it changes.

    Returns:
        x0, y0, x1, y1 in pixels, half open, inside the image; None for a normal phantom.
    """
    touched = paint(p).touched
    if touched is None:
        return None
    rows, columns = touched.nonzero()
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
