"""A weak blur softens edges and keeps everything else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration
from medtrust.imaging.alterations import alter

EDGE = np.zeros((40, 60, 3), dtype=np.uint8)
EDGE[:, 30:] = 200


def blurred(radius: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return alter(EDGE, Alteration("gaussian-blur@1", (("radius", radius),)))


def test_a_larger_radius_makes_a_softer_edge() -> None:
    steps = [int(np.abs(np.diff(blurred(radius)[20, :, 0].astype(int))).max())
             for radius in (0.0, 0.6, 1.4)]  # fmt: skip
    assert steps[0] == 200
    assert steps[0] > steps[1] > steps[2] > 0


def test_the_brightness_of_the_whole_and_the_shape_stay() -> None:
    assert blurred(1.4).shape == EDGE.shape
    assert blurred(1.4).mean() == pytest.approx(EDGE.mean(), abs=1)


def test_an_even_image_stays_as_it_is() -> None:
    even = np.full((20, 20, 3), 77, dtype=np.uint8)
    assert np.array_equal(alter(even, Alteration("gaussian-blur@1", (("radius", 1.0),))), even)


@pytest.mark.parametrize("radius", [-1.0, math.nan])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(ImageError, match="radius is 0 or more"):
        blurred(radius)
