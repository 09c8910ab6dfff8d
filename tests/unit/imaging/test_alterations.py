from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration
from medtrust.imaging.alterations import OPERATIONS, alter, operation

PIXELS = np.random.default_rng(3).integers(0, 256, (20, 40, 3), dtype=np.uint8)


def test_every_registered_operation_can_be_imported_and_has_a_version() -> None:
    for name in OPERATIONS:
        assert name.rpartition("@")[2].isdigit()
        assert callable(operation(name))


def test_an_unknown_operation_is_refused_with_near_names() -> None:
    with pytest.raises(ImageError, match="resize@1") as caught:
        alter(PIXELS, Alteration("resize@2"))
    assert caught.value.reason == "alteration-unknown"


@pytest.mark.parametrize(
    "alteration",
    [
        Alteration("resize@1"),
        Alteration("resize@1", (("longest_side", 0),)),
        Alteration("resize@1", (("longest_side", "wide"),)),
        Alteration("fill@1", (("red", 300),)),
    ],
)
def test_parameters_an_operation_cannot_use_are_refused(alteration: Alteration) -> None:
    with pytest.raises(ImageError) as caught:
        alter(PIXELS, alteration)
    assert caught.value.reason == "alteration-parameters"


def test_resize_shrinks_the_longer_side_and_never_enlarges() -> None:
    assert alter(PIXELS, Alteration("resize@1", (("longest_side", 10),))).shape == (5, 10, 3)
    same = alter(PIXELS, Alteration("resize@1", (("longest_side", 400),)))
    assert np.array_equal(same, PIXELS)


def test_resize_of_a_line_keeps_at_least_one_pixel() -> None:
    line = PIXELS[:1]
    assert alter(line, Alteration("resize@1", (("longest_side", 4),))).shape == (1, 4, 3)


def test_fill_keeps_the_size_and_leaves_the_given_pixels_alone() -> None:
    before = PIXELS.copy()
    filled = alter(PIXELS, Alteration("fill@1"))
    assert filled.shape == PIXELS.shape
    assert np.all(filled == 128)
    assert np.array_equal(PIXELS, before)
